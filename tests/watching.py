"""What stands in deploy/monitoring, as the tests read it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "deploy" / "monitoring"
RULES = FOLDER / "enermon.rules.yml"
RULES_TRIED = FOLDER / "enermon.rules.test.yml"
DASHBOARDS = sorted((FOLDER / "grafana" / "dashboards").glob("*.json"))


def rules() -> list[dict[str, Any]]:
    """The rules of all groups, as they are written."""
    groups = yaml.safe_load(RULES.read_text("utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def asked() -> Iterator[tuple[str, str]]:
    """Every expression of a rule or a panel, by what asks it."""
    for rule in rules():
        yield rule["alert"], rule["expr"]
    for file in DASHBOARDS:
        for panel in json.loads(file.read_text("utf-8"))["panels"]:
            for target in panel["targets"]:
                yield f"{file.name}: {panel['title']}", target["expr"].replace("$__rate_interval", "5m")


def metrics_of(expression: str) -> set[str]:
    """The metrics of Enermon that an expression names, without what a histogram or a counter puts behind them."""
    return {re.sub(r"_(bucket|sum|count)$", "", name) for name in re.findall(r"\benermon_\w+", expression)}

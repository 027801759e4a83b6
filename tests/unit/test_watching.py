"""deploy/monitoring: the rules fire and end as they should, and each has its page; the panels ask what can be asked."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.watching import DASHBOARDS, FOLDER, ROOT, RULES, RULES_TRIED, asked, rules

ALERTS = [rule["alert"] for rule in rules()]


def promtool(*arguments: str) -> None:
    """Raises AssertionError with what it says; skips where Debian's package `prometheus` is not installed."""
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is missing: the rules are not tried (Debian: apt-get install prometheus)")
    said = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr


def test_each_rule_fires_and_ends_on_the_series_of_its_test() -> None:
    promtool("test", "rules", str(RULES_TRIED))


def test_the_configuration_of_prometheus_is_one() -> None:
    promtool("check", "config", "--syntax-only", str(FOLDER / "prometheus.yml"))


@pytest.mark.parametrize("alert", ALERTS)
def test_each_alert_is_tried_where_it_fires_and_where_it_has_ended(alert: str) -> None:
    tried = [
        each.get("exp_alerts", [])
        for test in yaml.safe_load(RULES_TRIED.read_text("utf-8"))["tests"]
        for each in test["alert_rule_test"]
        if each["alertname"] == alert
    ]
    assert any(tried)
    assert tried[-1] == []


@pytest.mark.parametrize("rule", rules(), ids=ALERTS)
def test_each_alert_names_a_page_that_names_it(rule: dict[str, dict[str, str]]) -> None:
    page = ROOT / rule["annotations"]["runbook"]
    assert f"`{rule['alert']}`" in page.read_text("utf-8").splitlines()[2]
    assert rule["labels"]["severity"] in ("warning", "critical")


def test_no_page_is_of_an_alert_that_is_gone() -> None:
    pages = {file.relative_to(ROOT).as_posix() for file in (ROOT / "docs/runbook").glob("*.md")}
    assert pages - {"docs/runbook/README.md"} == {rule["annotations"]["runbook"] for rule in rules()}


def test_each_panel_asks_what_prometheus_understands(tmp_path: Path) -> None:
    recorded = [{"record": f"asked:{number}", "expr": expression} for number, (_, expression) in enumerate(asked())]
    file = tmp_path / "asked.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "asked", "rules": recorded}]}), "utf-8")
    promtool("check", "rules", str(file))


@pytest.mark.parametrize("file", DASHBOARDS, ids=lambda file: file.name)
def test_the_panels_ask_the_source_that_is_provisioned(file: Path) -> None:
    given = yaml.safe_load((FOLDER / "grafana/provisioning/datasources/prometheus.yml").read_text("utf-8"))
    board = json.loads(file.read_text("utf-8"))
    uids = {target["datasource"]["uid"] for panel in board["panels"] for target in panel["targets"]}
    assert uids == {source["uid"] for source in given["datasources"]}
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])


def test_the_rules_are_those_that_prometheus_is_told_of() -> None:
    assert yaml.safe_load((FOLDER / "prometheus.yml").read_text("utf-8"))["rule_files"] == [RULES.name]

"""The shipped rules of alerts: rules.toml, or an operator's own file of that name, which is then read instead."""

import re
import tomllib
from pathlib import Path
from typing import Any

from services.alerts.rules.body import parse
from services.alerts.rules.comparable import check_comparable
from services.alerts.rules.fault import RuleError
from services.alerts.rules.rule import Rule
from services.core.data.divisions import divisions
from services.core.data.loader import DataFileError, table_file
from services.judging.data.tables import Tables

NAME = "rules.toml"
_LINE = re.compile(r"line (\d+)")


def load_rules(tables: Tables, override: Path | None = None) -> tuple[Rule, ...]:
    """The rules in the order of the file; `override` is the folder with an operator's own tables.

    Raises DataFileError at the first fault, naming line, field and what is wrong.
    """
    file = table_file(NAME, override)
    text = file.read_text("utf-8-sig")
    try:
        whole = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = _LINE.search(str(error))
        raise DataFileError(file, int(at[1]) if at else 1, "rule", str(error)) from None
    for name in whole:
        if name != "rule":
            raise DataFileError(file, 1, name, "is not known; the file is a list of [[rule]]")
    starts = [number for number, line in enumerate(text.splitlines(), start=1) if line.strip() == "[[rule]]"]
    bodies: list[dict[str, Any]] = whole.get("rule", [])
    if not isinstance(bodies, list) or len(starts) != len(bodies):
        raise DataFileError(file, 1, "rule", "each rule begins with a line [[rule]]")
    found: dict[str, Rule] = {}
    for line, body in zip(starts, bodies, strict=True):
        try:
            rule = parse(body)
            check_known(rule, tables)
        except RuleError as error:
            named = f"{body.get('slug', 'rule')}.{error.path}"
            raise DataFileError(file, line, named, error.problem.en) from None
        if rule.slug in found:
            raise DataFileError(file, line, "slug", f"{rule.slug} stands twice")
        found[rule.slug] = rule
    return tuple(found.values())


def check_known(rule: Rule, tables: Tables) -> None:
    """Raise RuleError where a rule could never speak of anything.

    It names an area or a process that is not known, or compares with what its indicator and subject do not have.
    """
    for code in sorted(rule.scope.areas - {division.code for division in divisions()}):
        raise RuleError("scope.areas", "unknown_area", given=code)
    for code in sorted(rule.scope.processes - tables.process.keys()):
        raise RuleError("scope.processes", "unknown_process", given=code)
    check_comparable(rule, tables)

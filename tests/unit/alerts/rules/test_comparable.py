"""A rule compared with what can never exist for its indicator, subject and scope is refused, with what is possible."""

from typing import Any

import pytest

from services.alerts.rules.body import parse
from services.alerts.rules.fault import RuleError
from services.alerts.rules.shipped import check_known
from services.judging.data.tables import load_tables
from services.judging.indicators.standards import listed
from tests.unit.alerts.rules.rules import body

TABLES = load_tables()
TARGET: dict[str, Any] = {"compare": {"target": True}}
ENERGY = "unit_product_energy"

IMPOSSIBLE: list[tuple[dict[str, Any], str, str]] = [
    ({"compare": {"benchmark": "baseline"}}, "compare.benchmark", "limit_grade 1, 2, 3 (unit), target (unit, region"),
    ({"indicator": "wue", "compare": {"limit_grade": 3}}, "compare.limit_grade", "wue can have: op and number"),
    (
        {"indicator": "coal_per_kwh_supplied", "compare": {"benchmark": "benchmark"}},
        "compare.benchmark",
        "target (league",
    ),
    (TARGET | {"indicator": "wue"}, "compare.target", "wue can have: op and number"),
    (TARGET | {"indicator": ENERGY}, "compare.target", "benchmark or baseline (unit)"),
    (TARGET | {"subject": "enterprise"}, "compare.target", "no target for subject enterprise"),
    (TARGET | {"indicator": "completeness", "subject": "area"}, "compare.target", "can have: op and number"),
    (TARGET | {"indicator": "coal_share", "subject": "banner"}, "compare.target", "target (league, region, area)"),
    (
        TARGET | {"indicator": "coal_share", "subject": "league", "scope": {"areas": ["150100"]}},
        "compare.target",
        "for subject league in its scope",
    ),
    (
        TARGET | {"indicator": "park_renewable_share", "subject": "park", "scope": {"park_kinds": ["ordinary"]}},
        "compare.target",
        "target (park)",
    ),
    (
        {"indicator": ENERGY, "compare": {"limit_grade": 2}, "scope": {"processes": ["electric_arc_furnace_50"]}},
        "scope.processes",
        "these do: blast_furnace",
    ),
    (
        {"indicator": ENERGY, "compare": {"benchmark": "baseline"}, "scope": {"processes": ["coal_power"]}},
        "scope.processes",
        "none of these has a benchmark",
    ),
]

POSSIBLE: list[dict[str, Any]] = [
    TARGET,
    TARGET | {"scope": {"areas": ["150100"]}},
    TARGET | {"subject": "region"},
    TARGET | {"indicator": "coal_share", "subject": "league", "scope": {"areas": ["150000"]}},
    TARGET | {"indicator": "park_renewable_share", "subject": "park"},
    TARGET | {"indicator": ENERGY, "subject": "league", "scope": {"processes": ["ferrosilicon"]}},
    {"compare": {"limit_grade": 1}},
    {"indicator": "wue"},
    {"indicator": ENERGY, "compare": {"benchmark": "baseline"}, "scope": {"processes": ["ferrosilicon"]}},
]


def refused_at(**given: Any) -> str | None:
    """The field for which the rule is refused; None where it is taken."""
    try:
        check_known(parse(body(**given)), TABLES)
    except RuleError as error:
        return error.path
    return None


@pytest.mark.parametrize(("given", "path", "problem"), IMPOSSIBLE)
def test_what_can_never_exist_is_refused_with_what_is_possible(given: dict[str, Any], path: str, problem: str) -> None:
    with pytest.raises(RuleError) as told:
        check_known(parse(body(**given)), TABLES)
    assert told.value.path == path
    assert problem in told.value.problem.en
    assert not told.value.problem.zh.isascii()


@pytest.mark.parametrize("given", POSSIBLE)
def test_what_can_exist_is_taken(given: dict[str, Any]) -> None:
    assert refused_at(**given) is None


def test_processes_with_levels_are_those_that_are_placed_by_them() -> None:
    rule = {"indicator": ENERGY, "compare": {"benchmark": "baseline"}}
    refused = {process: refused_at(**rule, scope={"processes": [process]}) for process in TABLES.process}
    placed = {process for process, indicator in listed(TABLES).items() if indicator.slug == ENERGY}
    assert refused == {process: None if process in placed else "scope.processes" for process in TABLES.process}
    assert placed

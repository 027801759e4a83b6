"""A rule is read strictly: what is wrong is named by its path, with what is allowed."""

import re
from fractions import Fraction
from typing import Any

import pytest

from services.alerts.rules.body import body_of, parse
from services.alerts.rules.fault import RuleError
from services.alerts.rules.rule import Op, RulePeriod, Severity
from services.judging.levels import ProjectKind
from tests.unit.alerts.rules.rules import body

HALF_HOUR_S = 1800


def test_a_rule_is_read_with_all_its_fields() -> None:
    rule = parse(
        body(
            running=True,
            scope={"areas": ["150600"], "unit_status": ["new"], "least_racks": 3000},
            hold_s=HALF_HOUR_S,
            clear={"margin": 0.01},
            coverage_least=0.95,
            repeat_s=86_400,
        )
    )
    assert (rule.period, rule.running, rule.severity) == (RulePeriod.DAY, True, Severity.WARNING)
    assert (rule.compare.op, rule.compare.number) == (Op.ABOVE, Fraction("1.3"))
    assert rule.scope.unit_status == {ProjectKind.NEW}
    assert (rule.hold_s, rule.coverage_least, rule.repeat_s) == (HALF_HOUR_S, 0.95, 86_400)
    assert rule.clear is not None
    assert rule.clear.margin == Fraction(1, 100)
    assert parse(body_of(rule)) == rule


@pytest.mark.parametrize(
    "given",
    [
        {"indicator": "completeness", "compare": {"op": "<", "number": 90}},
        {"indicator": "gateway_silence_s", "subject": "gateway", "period": "now"},
    ],
)
def test_a_rule_holds_others_back_only_where_it_says_so(given: dict[str, Any]) -> None:
    assert not parse(body(**given)).inhibits
    rule = parse(body(inhibits=True, **given))
    assert rule.inhibits
    assert parse(body_of(rule)) == rule


def test_what_is_left_out_has_its_default() -> None:
    rule = parse(body())
    assert (rule.running, rule.hold_s, rule.clear, rule.coverage_least) == (False, 0, None, None)
    assert (rule.reopen_window_s, rule.repeat_s, rule.scope.areas) == (86_400, None, frozenset())


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"severity": None}, "severity", "is missing"),
    ({"colour": "red"}, "colour", "is not known; the fields are"),
    ({"": 1}, '""', "is not known; the fields are"),
    ({"slug": "PUE high"}, "slug", "small letters"),
    ({"compare": {"op": ">", "number": 10**400}}, "compare.number", "must be a number"),
    ({"compare": {"target": 1}}, "compare.target", "must be true"),
    ({"indicator": "pew"}, "indicator", "'pew' is not one of: pue"),
    ({"period": "week"}, "period", "'week' is not one of: hour, day"),
    ({"period": "now"}, "period", "is formed over time"),
    ({"period": "rolling_12_months", "running": True}, "running", "leave it out"),
    ({"running": "yes"}, "running", "must be true or false"),
    ({"inhibits": True}, "inhibits", "only rules of completeness and gateway_silence_s"),
    ({"inhibits": "yes"}, "inhibits", "must be true or false"),
    ({"hold_s": -1}, "hold_s", "must be a whole number from 0"),
    ({"hold_s": True}, "hold_s", "must be a whole number"),
    ({"hold_s": 1.5}, "hold_s", "must be a whole number"),
    ({"coverage_least": 95}, "coverage_least", "from 0 to 1"),
    ({"compare": {}}, "compare", "exactly one of: number, benchmark"),
    ({"compare": {"op": ">"}}, "compare", "exactly one of"),
    ({"compare": {"number": 1.3}}, "compare.op", "is missing"),
    ({"compare": {"op": "=>", "number": 1.3}}, "compare.op", "is not one of: >, >="),
    ({"compare": {"op": ">", "number": "1.3"}}, "compare.number", "must be a number"),
    ({"compare": {"op": ">", "number": float("nan")}}, "compare.number", "must be a number"),
    ({"compare": {"op": ">", "number": 1.3, "high": 2}}, "compare.high", "is not known"),
    ({"compare": {"op": "range", "number": 2, "high": 1}}, "compare.high", "greater than number"),
    ({"compare": {"op": ">", "number": 1.3, "target": True}}, "compare", "exactly one of"),
    ({"compare": {"target": False}}, "compare.target", "must be true"),
    ({"compare": {"benchmark": "best"}}, "compare.benchmark", "is not one of: benchmark, baseline"),
    ({"compare": {"limit_grade": 4}}, "compare.limit_grade", "from 1 to 3"),
    ({"compare": {"level": ["I"]}}, "compare.level", "no warning levels"),
    ({"compare": {"target": True}, "period": "hour"}, "period", "do not speak of hours"),
    ({"compare": {"limit_grade": 3}, "subject": "banner"}, "compare.limit_grade", "subject must be unit"),
    ({"clear": {"number": 1.4}}, "clear.number", "lies on the side of the breach"),
    ({"clear": {"margin": -1}}, "clear.margin", "must not be below zero"),
    ({"clear": {"margin": 1, "number": 1}}, "clear", "exactly one of"),
    ({"clear": {"number": 1}, "compare": {"target": True}}, "clear.number", "use margin_percent"),
    ({"subject": "gateway"}, "subject", "pue is an indicator of: unit, enterprise"),
    ({"scope": {"areas": ["1506"]}}, "scope.areas", "not a GB/T 2260 code"),
    ({"scope": {"areas": "150600"}}, "scope.areas", "must be a list"),
    ({"scope": {"areas": []}}, "scope.areas", "must be a list of 1 to"),
    ({"scope": {"unit_status": ["old"]}}, "scope.unit_status", "'old' is not one of: existing, new"),
    ({"scope": {"unit_status": ["new"]}, "subject": "banner"}, "scope.unit_status", "these do: areas"),
    ({"scope": {"colour": "red"}}, "scope.colour", "is not known"),
    ({"title": "PUE"}, "title", "must be a table of fields"),
    ({"title": {"zh": "偏高"}}, "title.en", "is missing"),
    ({"title": {"zh": "偏高", "en": " "}}, "title.en", "a text that is not empty"),
    ({"text": {"zh": "{wert}", "en": "x"}}, "text.zh", "{wert} is not one of the placeholders: {value}"),
    ({"text": {"zh": "{value.real}", "en": "x"}}, "text.zh", "placeholders"),
    ({"text": {"zh": "{value:>99999}", "en": "x"}}, "text.zh", "placeholders"),
    ({"text": {"zh": "{value", "en": "x"}}, "text.zh", "write a brace itself twice"),
    ({"text": {"zh": "x" * 2001, "en": "x"}}, "text.zh", "at most 2000"),
]


@pytest.mark.parametrize(("given", "path", "problem"), WRONG)
def test_a_fault_is_named_with_its_path_and_what_is_allowed(given: dict[str, Any], path: str, problem: str) -> None:
    with pytest.raises(RuleError) as told:
        parse(body(**given))
    assert told.value.path == path
    assert problem in told.value.problem.en
    assert str(told.value) == f"{path}: {told.value.problem.en}"
    assert re.search("[\u4e00-\u9fff]", told.value.problem.zh)


def test_units_of_different_processes_are_never_put_together() -> None:
    of_banner: dict[str, Any] = {"indicator": "unit_product_energy", "subject": "banner"}
    with pytest.raises(RuleError, match=r"scope.processes: .* name exactly one"):
        parse(body(**of_banner))
    assert parse(body(scope={"processes": ["ferrosilicon"]}, **of_banner)).scope.processes == {"ferrosilicon"}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"period": "day"}, "period: gateway_silence_s goes with now"),
        ({"subject": "unit"}, "subject: gateway_silence_s is known of: gateway"),
        ({"compare": {"target": True}}, "compare: gateway_silence_s is compared by number"),
        ({"running": True}, "running: gateway_silence_s goes with false"),
        ({"scope": {"processes": ["ferrosilicon"]}}, "scope.processes: does not narrow"),
    ],
)
def test_a_further_source_has_its_own_period_subjects_and_comparison(given: dict[str, Any], told: str) -> None:
    silence = {"indicator": "gateway_silence_s", "subject": "gateway", "period": "now"}
    with pytest.raises(RuleError, match=told):
        parse(body(**silence | given))


def test_dual_control_can_speak_of_the_forecast_of_the_running_year() -> None:
    of_area = {"indicator": "dual_control_intensity", "subject": "area", "compare": {"level": ["I"]}}
    assert [parse(body(period="year", running=running, **of_area)).running for running in (True, False)] == [
        True,
        False,
    ]


def test_of_several_faults_one_is_told_and_what_is_not_known_last() -> None:
    wrong = body(colour="red", severity="bad", compare={"op": "=", "number": 1}, scope={"areas": ["1506"]})
    steps: list[tuple[str, dict[str, Any]]] = [
        ("compare.op", {"compare": {"op": ">", "number": 1}}),
        ("scope.areas", {"scope": {"areas": ["150600"]}}),
        ("severity", {"severity": "notice"}),
        ("colour", {}),
    ]
    for path, mended in steps:
        with pytest.raises(RuleError) as told:
            parse(wrong)
        assert told.value.path == path
        wrong |= mended


def test_null_counts_as_left_out() -> None:
    nothing = dict.fromkeys(["scope", "clear", "hold_s", "running", "coverage_least", "repeat_s", "inhibits"])
    assert parse(body() | nothing | {"compare": {"op": ">", "number": 1.3, "target": None}}) == parse(body())


def test_a_body_that_is_no_table_is_refused() -> None:
    with pytest.raises(RuleError, match="rule: must be a table"):
        parse([])  # type: ignore[arg-type]


def test_words_are_filled_in_each_language() -> None:
    filled = parse(body()).text.filled(
        zh={"subject": "数据中心", "value": "1.42", "limit": "1.3"},
        en={"subject": "DC", "value": "1.42", "limit": "1.3"},
    )
    assert (filled.zh, filled.en) == ("数据中心 的 PUE 为 1.42，限值 1.3", "PUE of DC is 1.42, limit 1.3")

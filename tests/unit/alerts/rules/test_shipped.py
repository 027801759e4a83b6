"""The shipped rules: each with its source, in both languages, on the page, and naming rows that exist."""

import re
import tomllib
from pathlib import Path

import pytest

from services.alerts.rules.body import body_of, parse
from services.alerts.rules.compatibility import SOURCES, Compared
from services.alerts.rules.rule import Rule, RulePeriod, RuleSubject, Severity
from services.alerts.rules.shipped import NAME, load_rules
from services.core.data.loader import DataFileError
from services.judging.data.tables import load_tables

TABLES = load_tables()
RULES = {rule.slug: rule for rule in load_rules(TABLES)}
PAGE = (Path(__file__).parents[4] / "docs" / "alerts.md").read_text("utf-8")
SHIPPED = PAGE[PAGE.index("### The shipped rules") : PAGE.index("### Trying a rule")]
each_rule = pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.slug)


@each_rule
def test_every_shipped_rule_stands_on_the_page_with_severity_source_and_place(rule: Rule) -> None:
    (row,) = re.findall(rf"^\| `{rule.slug}` \|.*$", SHIPPED, re.MULTILINE)
    assert row.endswith(f"| {rule.severity} | {rule.source}: {rule.place} |")


def test_the_page_names_no_rule_that_is_gone() -> None:
    assert re.findall(r"^\| `(\w+)` \|", SHIPPED, re.MULTILINE) == list(RULES)


@each_rule
def test_every_rule_speaks_both_languages(rule: Rule) -> None:
    for words in (rule.title, rule.text):
        assert words.en.isascii()
        assert not words.zh.isascii()
    assert "{subject}" in rule.text.zh
    assert "{subject}" in rule.text.en


@each_rule
def test_rows_that_a_place_names_are_in_the_plans(rule: Rule) -> None:
    for code in re.findall(r"\b(?:I[MA]\d?|O[RA]\d?)-\d+\b", rule.place):
        assert code in TABLES.plans.by_code, code


@each_rule
def test_a_body_read_back_is_the_same_rule(rule: Rule) -> None:
    assert parse(body_of(rule)) == rule


def test_t12_the_three_targets_for_pue_have_rules_of_their_own() -> None:
    new, existing, fleet = RULES["pue_new_large"], RULES["pue_existing"], RULES["pue_fleet_average"]
    assert {rule.compare.kind for rule in (new, existing, fleet)} == {Compared.TARGET}
    assert (new.subject, existing.subject, fleet.subject) == (RuleSubject.UNIT, RuleSubject.UNIT, RuleSubject.REGION)
    assert not new.scope.unit_status & existing.scope.unit_status
    assert fleet.scope.least_racks == TABLES.parameter("data_centre_large_racks").value


def test_below_the_baseline_is_severe_and_below_the_benchmark_severe_only_for_new_units() -> None:
    for slug in ("unit_energy", "aluminium_power"):
        severities = [RULES[f"{slug}_below_{what}"].severity for what in ("baseline", "benchmark", "benchmark_new")]
        assert severities == [Severity.SEVERE, Severity.NOTICE, Severity.SEVERE]


def test_completeness_is_held_against_the_share_of_the_technical_rules() -> None:
    least = TABLES.parameter("coverage_least").value
    for slug in ("completeness_unit", "completeness_banner"):
        assert RULES[slug].compare.number == least * 100


def test_every_further_source_has_a_shipped_rule_and_stands_on_the_page() -> None:
    assert {rule.indicator for rule in RULES.values()} > set(SOURCES)
    for source in SOURCES:
        assert re.search(rf"^\| `{source}` \|", PAGE, re.MULTILINE), source


def test_every_field_of_a_rule_is_explained() -> None:
    for field in Rule.__dataclass_fields__:
        assert re.search(rf"^\| .*`{field}`", PAGE, re.MULTILINE), field


def test_the_rule_of_the_page_is_one() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    (body,) = tomllib.loads(example)["rule"]
    assert parse(body).period is RulePeriod.DAY


def test_an_operators_own_file_is_read_instead(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / NAME).write_text(example, "utf-8")
    assert [rule.slug for rule in load_rules(TABLES, tmp_path)] == ["ferrosilicon_day"]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (
            'severity = "warning"',
            'severity = "grave"',
            r"line 1, field ferrosilicon_day.severity: 'grave' is not one of",
        ),
        (
            '["ferrosilicon"]',
            '["ferrosilicom"]',
            "field ferrosilicon_day.scope.processes: ferrosilicom is not a process",
        ),
        ('["150600"]', '["150699"]', "field ferrosilicon_day.scope.areas: 150699 is not the code of an area"),
        ("hold_s = 172800", "hold_s = ", "line 8, field rule"),
        ("[[rule]]", "[[rules]]", "field rules: is not known"),
    ],
)
def test_a_faulty_file_is_refused_with_line_and_field(tmp_path: Path, before: str, after: str, told: str) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / NAME).write_text(example.replace(before, after), "utf-8")
    with pytest.raises(DataFileError, match=told):
        load_rules(TABLES, tmp_path)


def test_a_rule_that_stands_twice_is_refused(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / NAME).write_text(example + example, "utf-8")
    with pytest.raises(DataFileError, match="slug: ferrosilicon_day stands twice"):
        load_rules(TABLES, tmp_path)

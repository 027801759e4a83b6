"""Every code that the API answers has its words, in Chinese and in English."""

from enum import StrEnum
from typing import get_args

import pytest

from services.alerts.state.handling import Action, ActorKind, Status
from services.alerts.state.observation import SubjectKind
from services.api.words import enumerations, kind_of, words_of_all
from services.core.meter import Flow, Mark, Quality
from services.core.reason import REASONS
from services.core.words import WORDS
from services.ingest.message import MessageCode, ReadingCode
from services.judging.data.tables import load_tables
from services.judging.indicators.listing import BY_SLUG
from tests.integration.served import document
from tests.unit.api.test_docs import problem_kinds

DESCRIPTION = document()
ALL = words_of_all(load_tables())


def test_every_enumeration_of_the_api_says_which_words_name_its_codes() -> None:
    found = list(enumerations(DESCRIPTION))
    assert [codes for schema, codes in found if "x-words" not in schema] == []
    assert {
        (schema["x-words"], code) for schema, codes in found for code in codes if code not in ALL[schema["x-words"]]
    } == set()
    assert len(found) > 100


@pytest.mark.parametrize(
    ("codes", "kind"),
    [
        (["notice", "warning", "severe"], "severity"),
        (["firing", "resolved"], "alert_state"),
        (["ok", "breach", "provisional", "cannot_judge"], "verdict"),
        (["day", "month", "total"], "bucket"),
        (["no", "such"], None),
    ],
)
def test_an_enumeration_has_the_words_of_the_smallest_kind_that_knows_its_codes(codes: list[str], kind: str) -> None:
    assert kind_of(frozenset(codes)) == kind


def test_a_kind_that_other_kinds_fit_as_well_is_not_guessed() -> None:
    assert kind_of(frozenset({"refuse", "skip"})) is None


@pytest.mark.parametrize("kind", [kind for kind in WORDS if kind != "unit_of_measure"])
def test_words_are_in_both_languages(kind: str) -> None:
    assert [code for code, text in WORDS[kind].items() if not text.zh or not text.en or not text.en.isascii()] == []


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        ("step", Action),
        ("handling", Status),
        ("actor", ActorKind),
        ("flow", Flow),
    ],
)
def test_a_kind_has_the_codes_of_its_enumeration_and_no_other(kind: str, codes: type[StrEnum]) -> None:
    assert set(WORDS[kind]) == set(codes)


def test_marks_and_bits_of_quality_have_words() -> None:
    assert set(WORDS["mark"]) == {"good"} | {mark.name.lower() for mark in Mark}
    assert set(WORDS["booked_quality"]) == {(bit.name or "").lower() for bit in Quality}


def test_subjects_of_alerts_and_codes_of_rejection_have_words() -> None:
    assert set(WORDS["subject"]) == set(get_args(SubjectKind))
    assert set(WORDS["rejection"]) == {*get_args(MessageCode), *get_args(ReadingCode)}


def test_errors_are_called_in_words_as_they_are_titled() -> None:
    titles: dict[str, set[str]] = {}
    for problem in problem_kinds():
        titles.setdefault(problem.code, set()).add(problem.title)
    assert WORDS["problem"].keys() == titles.keys()
    assert {
        code: text.en for code, text in WORDS["problem"].items() if len(titles[code]) == 1 and {text.en} != titles[code]
    } == {}


def test_units_of_what_is_judged_have_words() -> None:
    tables = load_tables()
    units = {row.unit for row in tables.plans.targets} | {row.unit for row in tables.parameters}
    units |= {row.unit for row in tables.limits} | {row.unit for row in tables.benchmarks}
    units |= {row.unit for row in tables.statistic_kinds} | {row.unit for row in tables.carriers}
    units |= {unit for each in BY_SLUG.values() for unit in (each.unit, each.numerator_unit, each.denominator_unit)}
    assert {unit for unit in units if "{" not in unit} - WORDS["unit_of_measure"].keys() - {""} == set()


def test_those_of_whom_plans_speak_have_words() -> None:
    assert {row.subject for row in load_tables().plans.targets} - {""} == WORDS["target_subject"].keys()


def test_the_words_hold_reasons_and_the_names_of_tables_too() -> None:
    assert ALL["verdict_reason"] == REASONS["verdict"]  # type: ignore[index]
    assert ALL["carrier"]["raw_coal"] == ("raw coal", "原煤") or ALL["carrier"]["raw_coal"].zh == "原煤"
    assert ALL["metric"].keys() >= {"co2_total"}

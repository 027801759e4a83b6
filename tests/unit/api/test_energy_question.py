"""A question is checked before the database is asked."""

from datetime import UTC, datetime

import pytest

from services.api.energy.ask import BalanceQuery, By, EnergyQuery, asked, asked_balance, group_names
from services.api.errors import Refused
from services.core.calendar import SHANGHAI
from services.core.frame import frame_of
from services.core.meter import Flow

NOW = datetime(2026, 3, 2, 10, 7, tzinfo=SHANGHAI)


def refusal(**given: object) -> str:
    """The code with which a question is refused."""
    with pytest.raises(Refused) as refused:
        asked(EnergyQuery.model_validate(given), now=NOW)
    return refused.value.kind.code


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"start": "2026-03-02", "end": "2026-03-01"}, "start_after_end"),
        ({"start": "2026-03-02", "end": "2026-03-02"}, "start_after_end"),
        ({"start": "2026-01-01", "bucket": "15m"}, "range_too_long"),
        ({"start": "2024-01-01", "bucket": "hour"}, "range_too_long"),
        ({"start": "2026-03-02T00:05:00+08:00"}, "not_on_quarter"),
        ({"scope": "planet:1"}, "invalid_scope"),
        ({"by": "colour"}, "invalid_by"),
        ({"by": "league,banner"}, "invalid_by"),
        ({"scope": "park:P1", "by": "area"}, "invalid_by"),
    ],
)
def test_question_that_makes_no_sense_is_refused_by_name(given: dict[str, object], code: str) -> None:
    assert refusal(**given) == code


def test_question_without_a_range_is_about_today() -> None:
    question = asked(EnergyQuery.model_validate({}), now=NOW)
    assert question.start == datetime(2026, 3, 2, tzinfo=SHANGHAI)
    assert question.end == datetime(2026, 3, 2, 10, 15, tzinfo=SHANGHAI)
    assert (question.by, question.flows) == (frozenset({By.CARRIER}), (Flow.INPUT,))


def test_day_stands_for_its_first_moment_in_shanghai() -> None:
    question = asked(EnergyQuery.model_validate({"start": "2026-03-01", "end": "2026-03-01T16:00:00Z"}), now=NOW)
    assert question.start.astimezone(UTC) == datetime(2026, 2, 28, 16, tzinfo=UTC)
    assert question.end == datetime(2026, 3, 2, tzinfo=SHANGHAI)


def test_buckets_of_months_are_cut_at_the_range() -> None:
    question = asked(
        EnergyQuery.model_validate({"start": "2026-01-31", "end": "2026-03-02", "bucket": "month"}), now=NOW
    )
    cells = frame_of(question.start, question.end, question.bucket).cells
    days = [(start.day, start.month, end.day, end.month) for start, end in cells]
    assert days == [(31, 1, 1, 2), (1, 2, 1, 3), (1, 3, 2, 3)]


def test_balance_is_about_what_crosses_the_boundary() -> None:
    question = asked_balance(BalanceQuery.model_validate({"by": "league,enterprise"}), now=NOW)
    assert set(question.flows) == {Flow.INPUT, Flow.OUTPUT, Flow.FEEDSTOCK, Flow.RENEWABLE}
    assert group_names(question.by) == ["area", "enterprise"]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"scope": "meter:M-1"}, "invalid_scope"),
        ({"by": "meter"}, "invalid_by"),
        ({"by": "area,banner"}, "invalid_by"),
        ({"scope": "park:P1", "by": "area"}, "invalid_by"),
        ({"start": "2026-03-02", "end": "2026-03-02"}, "start_after_end"),
    ],
)
def test_balance_that_makes_no_sense_is_refused_by_name(given: dict[str, object], code: str) -> None:
    with pytest.raises(Refused) as refused:
        asked_balance(BalanceQuery.model_validate(given), now=NOW)
    assert refused.value.kind.code == code

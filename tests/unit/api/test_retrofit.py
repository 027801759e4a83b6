"""Until when a listed unit must be retrofitted."""

from datetime import date

import pytest

from services.api.registry.retrofit import latest_due, retrofit_faults

LISTED = date(2025, 3, 1)


@pytest.mark.parametrize(
    ("listed_on", "due_on"),
    [(None, None), (LISTED, None), (LISTED, date(2025, 3, 2)), (LISTED, date(2028, 3, 1))],
)
def test_retrofit_within_three_years_of_its_listing_is_right(listed_on: date | None, due_on: date | None) -> None:
    assert retrofit_faults(listed_on, due_on, longest_years=3) == []


@pytest.mark.parametrize(
    ("listed_on", "due_on", "code"),
    [
        (None, date(2028, 1, 1), "retrofit_not_listed"),
        (LISTED, LISTED, "retrofit_due_too_early"),
        (LISTED, date(2028, 3, 2), "retrofit_due_too_late"),
    ],
)
def test_days_that_do_not_fit_are_refused(listed_on: date | None, due_on: date, code: str) -> None:
    assert [(f.field, f.code) for f in retrofit_faults(listed_on, due_on, longest_years=3)] == [
        ("retrofit_due_on", code)
    ]


def test_reason_names_the_last_day() -> None:
    fault = retrofit_faults(LISTED, date(2030, 1, 1), longest_years=3)[0]
    assert fault.reason == "must be 2028-03-01 at the latest, 3 years after retrofit_listed_on 2025-03-01"


def test_listing_on_a_leap_day_ends_on_the_last_of_february() -> None:
    assert latest_due(date(2024, 2, 29), longest_years=3) == date(2027, 2, 28)

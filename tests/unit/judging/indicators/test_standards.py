"""What holds for the units of a process, and since when a unit of it is a new one."""

from dataclasses import dataclass
from datetime import date

import pytest

from services.judging.data.tables import Tables, load_tables
from services.judging.indicators.standards import standard_of
from services.judging.levels import ProjectKind


@dataclass(frozen=True)
class Built:
    commissioned_on: date | None
    status: str = "existing"


@pytest.fixture(scope="module")
def tables() -> Tables:
    return load_tables()


@pytest.mark.parametrize(
    ("process", "last_existing", "first_new"),
    [
        # the first edition of the national list
        ("methanol_bituminous_coal", date(2021, 12, 31), date(2022, 1, 1)),
        ("ferrosilicon", date(2021, 12, 31), date(2022, 1, 1)),
        # the plan that speaks of new data centres
        ("data_centre", date(2022, 5, 24), date(2022, 5, 25)),
    ],
)
@pytest.mark.parametrize("day", [date(2023, 7, 3), date(2023, 7, 4), date(2026, 11, 28)])
def test_a_unit_once_new_is_new_whichever_edition_is_in_force(
    tables: Tables, day: date, process: str, last_existing: date, first_new: date
) -> None:
    standard = standard_of(tables, process, day)
    assert standard is not None
    assert standard.kind_of(Built(last_existing)) is ProjectKind.EXISTING
    assert standard.kind_of(Built(first_new)) is ProjectKind.NEW
    assert standard.kind_of(Built(None)) is ProjectKind.EXISTING


def test_the_benchmark_a_new_unit_must_reach_is_that_of_the_edition_in_force(tables: Tables) -> None:
    standard = standard_of(tables, "ferrosilicon", date(2026, 11, 28))
    assert standard is not None
    assert standard.levels is not None
    assert (standard.new_from, standard.levels.edition) == (date(2022, 1, 1), "2023")

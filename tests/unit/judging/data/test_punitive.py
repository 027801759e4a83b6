"""Punitive prices of electricity by class, process and year (内发改价费字〔2021〕115号)."""

from datetime import date

import pytest

from services.judging.data.tables import load_tables
from services.judging.data.tariffs import punitive_price

ROWS = load_tables().tariff_punitive


@pytest.mark.parametrize(
    ("capacity_class", "process", "year", "price", "computed", "carried"),
    [
        ("restricted", "ferrosilicon", 2021, "0.10", False, False),
        ("restricted", "ferrosilicon", 2022, "0.13", True, False),
        ("restricted", "cement_clinker", 2023, "0.15", True, False),
        ("eliminated", None, 2021, "0.30", False, False),
        ("eliminated", "calcium_carbide", 2022, "0.39", True, False),
        ("eliminated", "cement", 2021, "0.40", False, False),
        ("eliminated", "cement_clinker", 2022, "0.52", True, False),
        ("eliminated", "blast_furnace", 2021, "0.50", False, False),
        ("eliminated", "converter", 2023, "0.75", True, False),
        ("eliminated", "converter", 2026, "0.75", True, True),
    ],
)
def test_price_is_that_of_class_process_and_year(
    capacity_class: str, process: str | None, year: int, price: str, computed: bool, carried: bool
) -> None:
    found = punitive_price(ROWS, capacity_class, process, date(year, 1, 1))
    assert found is not None
    assert (str(found[0].value), found[0].computed, found[1]) == (price, computed, carried)


def test_no_other_class_pays_it_and_nobody_did_before() -> None:
    assert punitive_price(ROWS, "permitted", "cement", date(2022, 1, 1)) is None
    assert punitive_price(ROWS, None, "cement", date(2022, 1, 1)) is None
    assert punitive_price(ROWS, "restricted", "cement", date(2020, 1, 1)) is None


def test_prices_are_unverified_and_those_of_later_years_follow_from_the_first() -> None:
    first = {(row.capacity_class, row.processes): row.value for row in ROWS if row.valid_from.year == 2021}
    for row in ROWS:
        rise = {2021: 100, 2022: 130, 2023: 150}[row.valid_from.year]
        assert row.value * 100 == first[row.capacity_class, row.processes] * rise
        assert not row.verified

"""How an answer names the coefficients it used."""

from datetime import date
from fractions import Fraction

from services.energy.factors import Applied, Factor
from services.energy.heat_value import HeatValue
from services.judging.data.coefficients_used import MOST_NAMED, coefficients_used
from services.judging.data.tables import load_tables

TABLES = load_tables()


def applied(number: int, month: date | None = date(2026, 3, 1)) -> dict[str, Applied]:
    heat_value = HeatValue(
        heat_value_id=number,
        enterprise=f"E{number:03}",
        carrier="lignite",
        month=month,
        version=1,
        ncv_mj=Fraction(14),
        laboratory="lab",
        report=f"R-{number}",
    )
    day = heat_value.month or date(2026, 1, 1)
    return {
        heat_value.code: Applied(Factor(heat_value.code, "lignite", Fraction(1), day, heat_value=heat_value), False)
    }


def test_each_coefficient_says_where_it_comes_from() -> None:
    table = TABLES.factors.calorific.of("coke", 2026)
    assert table is not None
    found = coefficients_used(TABLES, {"kgce.coke": table} | applied(1) | applied(2, None))
    origins = {code: row["origin"] for code, row in found.items()}
    assert origins == {
        "kgce.coke": "table",
        "heat_value.E001.lignite.2026-03.v1": "measured",
        "heat_value.E002.lignite.own.v1": "own",
    }
    row = found["heat_value.E001.lignite.2026-03.v1"]
    assert (row["value"], row["unit"], row["source"], row["place"]) == (14.0, "MJ/kg", "lab", "R-1")


def test_more_heat_values_than_an_answer_should_hold_are_counted() -> None:
    used = {code: each for number in range(MOST_NAMED + 1) for code, each in applied(number).items()}
    found = coefficients_used(TABLES, used)
    assert list(found) == ["heat_value.lignite.measured"]
    row = found["heat_value.lignite.measured"]
    assert row["source"] == f"{MOST_NAMED + 1} heat values of {MOST_NAMED + 1} enterprises"
    assert (row["value"], row["place"]) == (None, "GET /api/v1/heat-values?carrier=lignite")

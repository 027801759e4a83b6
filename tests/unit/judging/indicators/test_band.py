"""Between what a value lies until heat values are measured."""

import itertools
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.meter import PICO, Flow
from services.energy.amount import Amount
from services.energy.heat_value import ByHeatValue, Fuel, HeatValue, ValuedBy
from services.judging.indicators.band import extremes, with_band
from services.judging.indicators.kinds import Ratio
from services.judging.indicators.listing import BY_SLUG
from services.judging.indicators.ratio import ratio_of, ratio_of_all
from services.judging.indicators.terms import Measured
from tests.unit.judging.indicators.factories import FACTORS, MONTH_S, NEEDED, YEAR

# raw coal from a half to twice its 714.3 kgce/t, biomass from 0.8 to 1.2 of its 500
RANGED = replace(
    FACTORS,
    fuels={
        "raw_coal": Fuel(Fraction(1000), "MJ/kg", (Fraction("357.15"), Fraction("1428.6"))),
        "biomass": Fuel(Fraction(1000), "MJ/kg", (Fraction(400), Fraction(600))),
    },
)
MEASURED = HeatValue(
    heat_value_id=1,
    enterprise="E",
    carrier="raw_coal",
    month=date(2024, 1, 1),
    version=1,
    ncv_mj=Fraction("20.93441868"),
    laboratory="lab",
    report="1",
)
BY_MEASUREMENT = ByHeatValue(YEAR, MEASURED)


def formed(slug: str, amounts: Mapping[tuple[str, str], int | dict[ValuedBy, int]]) -> Ratio:
    """An indicator of amounts in the unit of their carrier, with its band."""
    found = {
        (carrier, Flow(flow)): Amount(
            {by: each * PICO for by, each in (of if isinstance(of, dict) else {YEAR: of}).items()}, MONTH_S, MONTH_S
        )
        for (carrier, flow), of in amounts.items()
    }
    measured, indicator = Measured(found, RANGED), BY_SLUG[slug]
    ratio = ratio_of(indicator, *indicator.parts(measured), needed=NEEDED, metered=1.0)
    return with_band(indicator, ratio, measured, RANGED)


def test_a_unit_s_energy_lies_between_the_ends_of_the_range_of_its_coal() -> None:
    found = formed("unit_product_energy", {("raw_coal", "input"): 10, ("coke", "input"): 1, ("product", "product"): 10})
    assert found.value == Fraction("714.3") + Fraction("97.14")
    assert found.band is not None
    assert found.band.carriers == ("raw_coal",)
    assert found.band.values == (Fraction("357.15") + Fraction("97.14"), Fraction("1428.6") + Fraction("97.14"))
    assert found.band.words == "454.29..1525.74; raw_coal"


def test_what_is_measured_has_no_band_and_what_is_measured_in_part_a_narrower_one() -> None:
    product = ("product", "product")
    whole = formed("unit_product_energy", {("raw_coal", "input"): {BY_MEASUREMENT: 10}, product: 10})
    assert (whole.band, whole.value) == (None, Fraction("714.3"))
    part = formed("unit_product_energy", {("raw_coal", "input"): {BY_MEASUREMENT: 5, YEAR: 5}, product: 10})
    assert part.value == Fraction("714.3")
    assert part.band is not None
    assert part.band.values == (Fraction("714.3") * 3 / 4, Fraction("714.3") * 3 / 2)


def test_a_carrier_with_no_range_and_an_indicator_without_coal_have_no_band() -> None:
    assert formed("unit_product_energy", {("coke", "input"): 1, ("product", "product"): 1}).band is None
    electricity = {("electricity", "input"): 3, ("electricity", "it_load"): 2}
    assert formed("pue", electricity).band is None
    assert formed("unit_product_energy", {("raw_coal", "input"): 0, ("product", "product"): 1}).band is None


def test_carriers_that_pull_apart_are_taken_at_the_ends_that_are_worst_together() -> None:
    # the share of biomass is least where biomass holds little and coal much
    amounts = {("biomass", "input"): 100, ("raw_coal", "input"): 100, ("electricity", "input"): 100_000}
    found = formed("non_fossil_share", amounts)
    assert found.band is not None
    electricity = Fraction(30)
    low = 100 * Fraction(40) / (40 + Fraction("142.86") + electricity)
    high = 100 * Fraction(60) / (60 + Fraction("35.715") + electricity)
    assert found.band.values == (low, high)


def test_nothing_bounds_a_share_of_what_may_be_nothing() -> None:
    amounts = {("raw_coal", "input"): 10, ("coke", "output"): 6, ("electricity", "renewable"): 5000}
    found = formed("non_fossil_share", amounts)
    assert found.value is not None
    assert found.band is not None
    assert found.band.values is None
    assert found.band.words == "raw_coal"


def test_units_put_together_have_each_its_own_band() -> None:
    first = formed("unit_product_energy", {("raw_coal", "input"): 10, ("product", "product"): 10})
    second = formed("unit_product_energy", {("raw_coal", "input"): {BY_MEASUREMENT: 10}, ("product", "product"): 10})
    both = ratio_of_all(BY_SLUG["unit_product_energy"], {"a": first, "b": second}, needed=NEEDED)
    assert both.value == Fraction("714.3")
    assert both.band is not None
    assert both.band.values == (Fraction("714.3") * 3 / 4, Fraction("714.3") * 3 / 2)


@given(
    numerator=st.lists(st.integers(-50, 50), min_size=3, max_size=3),
    denominator=st.lists(st.integers(1, 50), min_size=3, max_size=3),
    ranges=st.lists(st.tuples(st.integers(1, 5), st.integers(6, 20)), min_size=3, max_size=3),
)
def test_turning_one_end_at_a_time_finds_what_all_corners_show(
    numerator: list[int], denominator: list[int], ranges: list[tuple[int, int]]
) -> None:
    carriers = ["a", "b", "c"]

    def value(ends: Mapping[str, bool]) -> Fraction:
        at = [ranges[number][ends[carrier]] for number, carrier in enumerate(carriers)]
        return Fraction(
            7 + sum(n * x for n, x in zip(numerator, at, strict=True)),
            1 + sum(d * x for d, x in zip(denominator, at, strict=True)),
        )

    corners = [value(dict(zip(carriers, turned, strict=True))) for turned in itertools.product([False, True], repeat=3)]
    found = extremes(value, carriers)
    assert found is not None
    low, high = found
    assert (value(low), value(high)) == (min(corners), max(corners))


@pytest.mark.parametrize("slug", ["unit_product_energy", "coal_share"])
def test_the_value_lies_within_its_band(slug: str) -> None:
    amounts = {("raw_coal", "input"): 10, ("electricity", "input"): 1000, ("product", "product"): 3}
    found = formed(slug, amounts)
    assert found.value is not None
    assert found.band is not None
    assert found.band.values is not None
    assert found.band.values[0] < found.value < found.band.values[1]

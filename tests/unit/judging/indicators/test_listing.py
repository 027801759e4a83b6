"""Each indicator by a worked example: the sums are small enough to be done by hand in the comment."""

from fractions import Fraction

import pytest

from services.core.meter import PICO, Flow
from services.energy.amount import Amount
from services.judging.indicators import listing
from services.judging.indicators.listing import BY_SLUG
from tests.unit.judging.indicators.factories import MONTH_S, YEAR, amount, measured, ratio, value


def test_pue_counts_renewable_electricity_too() -> None:
    # (900 + 360 kWh) / 1000 kWh = 1.26
    centre = {("electricity", "input"): "900", ("electricity", "renewable"): "360", ("electricity", "it_load"): "1000"}
    assert value("pue", measured(centre)) == pytest.approx(1.26)


def test_what_a_data_centre_sells_it_does_not_use() -> None:
    # bought 1000, of its own panels 500, of which 200 go out: (1500 - 200) / 1000, not 1.5
    centre = {
        ("electricity", "input"): "1000",
        ("electricity", "renewable"): "500",
        ("electricity", "output"): "200",
        ("electricity", "it_load"): "1000",
    }
    assert value("pue", measured(centre)) == pytest.approx(1.3)


def test_what_a_generator_burns_does_not_make_the_pue_better() -> None:
    # 0.1229 t of diesel x 1457.1 = 179.07759 kgce = 1457.1 kWh of heat; (1200 + 1457.1) / 1500
    centre = {
        ("electricity", "input"): "1200",
        ("diesel", "input"): "0.1229",
        ("electricity", "it_load"): "1500",
    }
    found = ratio("pue", measured(centre))
    assert found.value == Fraction("2657.1") / 1500
    assert set(found.numerator.used) == {"calorific-diesel", "calorific-electricity"}
    # heat that is put to use elsewhere is taken off nowhere
    selling_heat = {
        ("electricity", "input"): "1200",
        ("heat", "output"): "5",
        ("electricity", "it_load"): "1000",
    }
    assert value("pue", measured(selling_heat)) == pytest.approx(1.2)


def test_pue_just_below_one_does_not_read_as_one() -> None:
    found = ratio("pue", measured({("electricity", "input"): "999.96", ("electricity", "it_load"): "1000"}))
    assert found.reasons == (("below_possible", "0.99996"),)


def test_pue_below_one_cannot_be_and_is_no_number() -> None:
    # 950 / 1000 kWh = 0.95: more reaches the equipment than comes in
    found = ratio("pue", measured({("electricity", "input"): "950", ("electricity", "it_load"): "1000"}))
    assert found.value is None
    assert found.reasons == (("below_possible", "0.95"),)


def test_wue_is_litres_per_kwh() -> None:
    # 1.8 m3 = 1800 l; 1800 l / 1000 kWh = 1.8 l/kWh
    assert value("wue", measured({("water", "input"): "1.8", ("electricity", "it_load"): "1000"})) == pytest.approx(1.8)


def test_unit_product_energy_of_coke_subtracts_coke_and_gas_sold() -> None:
    # 1330 t x 900 + 40 000 kWh x 0.1229 - 1000 t x 971.4 - 150 000 m3 x 0.6 kgce
    # = 1 197 000 + 4 916 - 971 400 - 90 000 = 140 516 kgce; / 1000 t = 140.516 kgce/t
    ovens = {
        ("washed_coal", "input"): "1330",
        ("electricity", "input"): "40000",
        ("coke", "output"): "1000",
        ("coke_oven_gas", "output"): "150000",
        ("product", "product"): "1000",
    }
    assert value("unit_product_energy", measured(ovens)) == pytest.approx(140.516)


def test_t05_unit_product_energy_of_a_converter_is_negative() -> None:
    # 50 kWh x 0.1229 - 70 m3 x 0.2714 = 6.145 - 18.998 = -12.853 kgce for a tonne
    converter = {
        ("electricity", "input"): "50",
        ("converter_gas", "output"): "70",
        ("product", "product"): "1",
    }
    assert value("unit_product_energy", measured(converter)) == pytest.approx(-12.853)


def test_unit_product_energy_counts_coal_used_as_feedstock() -> None:
    # the standard of coal-to-methanol counts it: (1.5 + 0.7) t x 714.3 = 1571.46 kgce for a tonne
    plant = {("raw_coal", "feedstock"): "1.5", ("raw_coal", "input"): "0.7", ("product", "product"): "1"}
    assert value("unit_product_energy", measured(plant)) == pytest.approx(1571.46)


def test_unit_product_energy_by_reported_output() -> None:
    # 714.3 kgce / 5 t = 142.86
    assert value(
        "unit_product_energy", measured({("raw_coal", "input"): "1"}, reported={"output": "5"})
    ) == pytest.approx(142.86)


def test_a_product_metered_in_another_unit_than_the_benchmark_counts_is_not_taken() -> None:
    # glass counts in weight cases; tonnes from the meter would be off by 20
    works = measured({("raw_coal", "input"): "1", ("product", "product"): "9"}, product_carriers=[])
    assert ratio("unit_product_energy", works).reasons == (("not_measured", "product"),)


def test_unit_product_electricity() -> None:
    # (1000 + 200 - 300 kWh) / 3 t = 300 kWh/t
    line = {
        ("electricity", "input"): "1000",
        ("electricity", "renewable"): "200",
        ("electricity", "output"): "300",
        ("product", "product"): "3",
    }
    assert value("unit_product_electricity", measured(line)) == pytest.approx(300)


POTLINE = {
    ("electricity", "input"): "13400",
    ("natural_gas", "input"): "35",
    ("product", "product"): "1",
}


def test_comprehensive_ac_power_is_electricity_over_the_boundary_alone() -> None:
    # 13 400 kWh and 35 m3 of gas for a tonne: the gas does not count
    assert value("aluminium_comprehensive_ac_power", measured(POTLINE)) == pytest.approx(13_400)


def test_ac_power_of_molten_aluminium_is_what_goes_into_the_rectifiers() -> None:
    potline = POTLINE | {("electricity", "rectifier"): "12950", ("electricity", "sub"): "300"}
    assert value("aluminium_ac_power", measured(potline)) == pytest.approx(12_950)
    assert value("aluminium_comprehensive_ac_power", measured(potline)) == pytest.approx(13_400)


def test_without_meters_of_the_rectifiers_the_ac_power_cannot_be_told() -> None:
    found = ratio("aluminium_ac_power", measured(POTLINE))
    assert (found.value, found.reasons) == (None, (("rectifier_not_metered", "electricity rectifier"),))
    silent = ratio("aluminium_ac_power", measured(POTLINE | {("electricity", "rectifier"): None}))
    assert silent.reasons == (("no_readings", "electricity rectifier"),)


def test_coal_per_kwh_supplied_leaves_heat_and_bought_electricity_out() -> None:
    # 440 t x 714.3 kgce = 314 292 kgce; heat 500 GJ x 34.12 = 17 060; (314 292 - 17 060) x 1000 g
    # / (1 000 000 - 10 000 kWh) = 300.236 gce/kWh
    plant = {
        ("raw_coal", "input"): "440",
        ("heat", "output"): "500",
        ("electricity", "output"): "1000000",
        ("electricity", "input"): "10000",
    }
    assert value("coal_per_kwh_supplied", measured(plant)) == pytest.approx(297_232_000 / 990_000)


def test_energy_per_floor_area() -> None:
    # (100 000 kWh x 0.1229 + 100 GJ x 34.12) = 15 702 kgce / 600 m2 = 26.17
    house = measured({("electricity", "input"): "100000", ("heat", "input"): "100"}, reported={"floor_area": "600"})
    assert value("energy_per_floor_area", house) == pytest.approx(26.17)


def test_energy_per_person() -> None:
    # 12 290 kgce / 25 persons = 491.6
    house = measured({("electricity", "input"): "100000"}, reported={"head_count": "25"})
    assert value("energy_per_person", house) == pytest.approx(491.6)


def test_energy_intensity_takes_the_reported_total_before_the_metered_part() -> None:
    # 12 000 tce / 10 000 (10k CNY) = 1.2
    area = measured({("raw_coal", "input"): "1"}, reported={"energy_consumption": "12000", "gdp": "10000"})
    assert value("energy_intensity_gdp", area) == pytest.approx(1.2)


def test_energy_intensity_of_metered_energy_is_equivalent() -> None:
    # 10 000 kWh x 0.3 kgce (equivalent, not 0.1229) = 3 tce / 2 = 1.5
    area = measured({("electricity", "input"): "10000"}, reported={"gdp": "2"})
    assert value("energy_intensity_gdp", area) == pytest.approx(1.5)


def test_energy_intensity_of_industry() -> None:
    # 400 tce / 200 = 2
    area = measured({}, reported={"industrial_energy": "400", "industrial_value_added": "200"})
    assert value("energy_intensity_iva", area) == pytest.approx(2)


def test_carbon_intensity() -> None:
    # (10 t x 1900.3 - 1 t coke sold x 2860 + 1000 kWh x 0.6479) kg = 16.7909 t / 10 = 1.67909
    area = {("raw_coal", "input"): "10", ("coke", "output"): "1", ("electricity", "input"): "1000"}
    assert value("carbon_intensity_gdp", measured(area, reported={"gdp": "10"})) == pytest.approx(1.67909)


def test_t18_coal_share_nets_coke_sold_and_coke_bought() -> None:
    # coal 1000 t x 0.7143 - coke sold 300 t x 0.9714 = 422.88 tce; electricity 100 000 kWh x 0.3 = 30 tce
    # 422.88 / 452.88 = 93.3757 %
    area = {("raw_coal", "input"): "1000", ("coke", "output"): "300", ("electricity", "input"): "100000"}
    assert value("coal_share", measured(area)) == pytest.approx(93.37573, abs=1e-5)


def test_t18_non_fossil_share_is_of_energy_consumption() -> None:
    # renewable 200 000 kWh x 0.3 = 60 tce; coal 200 t x 0.7143 = 142.86; 60 / 202.86 = 29.577 %
    area = {("electricity", "renewable"): "200000", ("raw_coal", "input"): "200"}
    assert value("non_fossil_share", measured(area)) == pytest.approx(29.57705, abs=1e-5)


def test_t18_non_fossil_capacity_share_is_of_capacity() -> None:
    # 38 / 100 MW
    area = measured({}, reported={"capacity_total": "100", "capacity_non_fossil": "38"})
    assert value("non_fossil_capacity_share", area) == pytest.approx(38)


def test_t18_renewable_electricity_share_is_of_electricity() -> None:
    # 200 / (600 + 200) kWh = 25 %, whatever coal is burnt
    area = {("electricity", "renewable"): "200", ("electricity", "input"): "600", ("raw_coal", "input"): "1000"}
    assert value("renewable_electricity_share", measured(area)) == pytest.approx(25)


def test_t18_park_renewable_share_is_of_the_parks_electricity() -> None:
    # 510 / (490 + 510) kWh = 51 %
    park = {("electricity", "renewable"): "510", ("electricity", "input"): "490"}
    assert value("park_renewable_share", measured(park)) == pytest.approx(51)


SUNNY = {
    ("electricity", "renewable"): "1000",
    ("electricity", "input"): "200",
    ("electricity", "output"): "900",
    ("raw_coal", "input"): "1",
}
SUNNY_SELLS = {("electricity", Flow.OUTPUT): amount("900")}


def test_renewable_power_that_left_is_not_consumed() -> None:
    # 1000 - 900 of its own and 200 bought: 100 / 300, not 1000 / 1200
    park = measured(SUNNY, beside_renewable=SUNNY_SELLS)
    assert value("park_renewable_share", park) == pytest.approx(100 / 3)
    assert value("renewable_electricity_share", park) == pytest.approx(100 / 3)
    # 0.7143 tce of coal + 300 kWh x 0.3 = 0.09; non-fossil 100 kWh x 0.3 = 0.03
    assert value("non_fossil_share", park) == pytest.approx(100 * 0.03 / 0.8043)
    assert value("coal_share", park) == pytest.approx(100 * 0.7143 / 0.8043)


def test_what_others_sell_is_not_taken_off_the_renewable() -> None:
    # the plant that sells it burns coal for it
    assert value("renewable_electricity_share", measured(SUNNY)) == pytest.approx(1000 / 12)


@pytest.mark.parametrize(
    ("amounts", "reason"),
    [
        # 714.3 kgce of coal, 3000 sold as electricity; gas of 2660 keeps the consumption above zero
        (
            {("raw_coal", "input"): "1", ("electricity", "output"): "10000", ("natural_gas", "input"): "2000"},
            "below_possible",
        ),
        # 1428.6 kgce of coal, and 133 of gas that leaves
        ({("raw_coal", "input"): "2", ("natural_gas", "output"): "100"}, "above_possible"),
    ],
)
def test_a_share_outside_0_to_100_percent_is_none(amounts: dict[tuple[str, str], str], reason: str) -> None:
    found = ratio("coal_share", measured(amounts))
    assert (found.value, [code for code, _ in found.reasons]) == (None, [reason])


def test_a_capacity_share_above_100_percent_is_none() -> None:
    reported = {"capacity_non_fossil": "3", "capacity_total": "2"}
    found = ratio("non_fossil_capacity_share", measured({}, reported=reported))
    assert (found.value, found.reasons) == (None, (("above_possible", "150"),))


def test_a_park_without_a_meter_for_renewable_electricity_has_none() -> None:
    assert value("park_renewable_share", measured({("electricity", "input"): "490"})) == 0


def test_completeness_counts_time_of_meters_and_is_not_kept_back_by_low_coverage() -> None:
    # one meter whole, one for half of the month: 75 %
    found = ratio(
        "completeness",
        measured({("electricity", "input"): amount("1"), ("water", "input"): amount("1", coverage="1/2")}),
    )
    assert found.reasons == ()
    assert found.value == 75


def test_low_coverage_of_one_carrier_keeps_from_judging_though_the_others_are_whole() -> None:
    ovens = {
        ("washed_coal", "input"): amount("1330", coverage="0.85"),
        ("electricity", "input"): amount("40000"),
        ("product", "product"): amount("1000"),
    }
    found = ratio("unit_product_energy", measured(dict(ovens)))
    assert found.coverage == pytest.approx(0.85)
    assert found.reasons == (("low_coverage", "0.8500"),)
    assert found.value is not None


def test_a_silent_meter_is_missing_and_not_zero() -> None:
    found = ratio("pue", measured({("electricity", "input"): None, ("electricity", "it_load"): "10"}))
    assert found.value is None
    assert ("no_readings", "electricity input") in found.reasons


def test_nothing_made_cannot_be_divided_by() -> None:
    found = ratio("unit_product_energy", measured({("raw_coal", "input"): "1", ("product", "product"): "0"}))
    assert found.reasons == (("zero_denominator", "unit_product_energy"),)
    assert found.value is None


def test_a_year_without_coefficient_is_told() -> None:
    works = measured({("raw_coal", "input"): amount("1", year=2001), ("product", "product"): "1"})
    assert ratio("unit_product_energy", works).reasons == (("coefficient_missing", "raw_coal 2001"),)


def test_nothing_of_a_carrier_needs_no_coefficient() -> None:
    by_year = Amount({2001: 0, YEAR: 10 * PICO}, MONTH_S, MONTH_S)
    works = measured({("raw_coal", "input"): by_year, ("product", "product"): "714.3"}, product_carriers=["product"])
    # 10 t x 714.3 kg
    assert value("unit_product_energy", works) == 10


def test_the_rows_used_are_those_of_the_carriers_that_entered() -> None:
    ovens = {("raw_coal", "input"): "1", ("electricity", "input"): "1", ("product", "product"): "1"}
    found = ratio("unit_product_energy", measured(ovens))
    assert set(found.numerator.used) == {"calorific-raw_coal", "calorific-electricity"}


def test_slugs_are_unique_and_every_entry_is_whole() -> None:
    assert len(BY_SLUG) == len(listing._LISTED)
    for indicator in BY_SLUG.values():
        for text in (indicator.name_zh, indicator.name_en, indicator.formula, indicator.formula_zh, indicator.source):
            assert text.strip(), indicator.slug


def test_coal_burnt_for_electricity_sold_outside_is_not_the_areas_own() -> None:
    # coal 400 t x 0.7143 = 285.72 tce; electricity sold 700 000 - bought 100 000 kWh = 600 000 x 0.3 = 180 tce
    # consumption 285.72 - 180 + 50 (renewable 166 666.67 kWh: 50 tce) = 155.72; coal 105.72; 67.8911 %
    area = {
        ("raw_coal", "input"): "400",
        ("electricity", "output"): "700000",
        ("electricity", "input"): "100000",
        ("electricity", "renewable"): "500000/3",
    }
    assert value("coal_share", measured(area)) == pytest.approx(100 * 105.72 / 155.72)


def test_a_ratio_of_which_one_side_lacks_hours_is_not_judged() -> None:
    # an hour in which one of twelve totals is missing: 1.3 would read 1.19
    hour = {("electricity", "input"): amount("119.17", coverage="11/12"), ("electricity", "it_load"): amount("100")}
    found = ratio("pue", measured(hour))
    assert found.reasons == (("uneven_coverage", "0.9167 / 1.0000"),)
    both = {
        ("electricity", "input"): amount("119.17", coverage="11/12"),
        ("electricity", "it_load"): amount("91.67", coverage="11/12"),
    }
    assert value("pue", measured(both)) == pytest.approx(1.3, rel=1e-3)

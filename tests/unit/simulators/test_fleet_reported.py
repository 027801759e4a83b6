"""What the simulated region reports, and what is approved and listed of its units."""

from collections import Counter

import pytest

from simulators.fleet.region import Region, build_region
from simulators.fleet.reported import load_areas
from simulators.fleet.review import tce_a_year
from simulators.registry import Unit

ORDOS_BANNERS = {f"1506{number:02}" for number in (2, 3, *range(21, 28))}
YEARS = range(2020, 2026)


@pytest.fixture(scope="module")
def region() -> Region:
    return build_region(seed=1, enterprises=74, this_year=2026)


@pytest.fixture(scope="module")
def values(region: Region) -> dict[tuple[str, str, int], float]:
    return {(each.owner, each.kind, int(each.period)): each.value for each in region.registry.statistics}


def used(region: Region, unit: Unit, *, calorific: bool = False) -> float:
    meters = [m for group in region.meters_by_gateway.values() for m in group if m.meter.unit_code == unit.code]
    return tce_a_year(meters, calorific=calorific)


def intensity(values: dict[tuple[str, str, int], float], area: str, year: int) -> float:
    return values[f"area:{area}", "energy_consumption", year] / values[f"area:{area}", "gdp", year]


def test_region_leagues_and_banners_of_ordos_report() -> None:
    codes = {area.area_code for area in load_areas()}
    assert len([code for code in codes if code.endswith("00")]) == 13
    assert {code for code in codes if not code.endswith("00")} == ORDOS_BANNERS


def test_whole_is_the_sum_of_its_parts(values: dict[tuple[str, str, int], float]) -> None:
    leagues = [area.area_code for area in load_areas() if area.area_code.endswith("00") and area.area_code != "150000"]
    summed = ("gdp", "energy_consumption", "feedstock_energy", "renewable_consumption", "listed_energy", "co2_energy")
    for kind in summed:
        for year in YEARS:
            banners = sum(values[f"area:{code}", kind, year] for code in ORDOS_BANNERS)
            assert values["area:150600", kind, year] == banners
            assert values["area:150000", kind, year] == sum(values[f"area:{code}", kind, year] for code in leagues)


def test_coal_and_oil_are_a_part_of_the_energy_and_their_carbon_is_reported(
    values: dict[tuple[str, str, int], float],
) -> None:
    for area in load_areas():
        owner = f"area:{area.area_code}"
        for year in YEARS:
            of = {kind: values[owner, f"{kind}_consumption", year] for kind in ("energy", "coal", "oil", "renewable")}
            assert 0 < of["oil"] < of["coal"]
            assert of["coal"] + of["oil"] + of["renewable"] < of["energy"]
            assert 0.5 < values[owner, "co2_energy", year] / of["energy"] < 2.7


def test_some_areas_are_ahead_some_behind_and_in_some_the_intensity_rose(
    values: dict[tuple[str, str, int], float],
) -> None:
    reached = {
        area.area_code: 100 * (1 - intensity(values, area.area_code, 2025) / intensity(values, area.area_code, 2020))
        for area in load_areas()
    }
    planned = {area.area_code: area.planned_reduction for area in load_areas()}
    assert reached["150100"] == pytest.approx(14.6, abs=0.01)
    assert {code for code, value in reached.items() if value < 0} == {"152200", "150603"}
    assert Counter(value >= planned[code] for code, value in reached.items()) == {True: 11, False: 11}
    for rose_at_last in ("150300", "152900"):
        assert intensity(values, rose_at_last, 2025) > intensity(values, rose_at_last, 2024)


def test_money_is_at_prices_of_2020_and_nothing_else_has_a_price_base(region: Region) -> None:
    for each in region.registry.statistics:
        assert each.price_base == (2020 if each.kind in ("gdp", "industrial_value_added") else None)


def test_every_reported_number_says_that_it_is_simulated(region: Region) -> None:
    assert all("simulated" in each.note for each in region.registry.statistics)


def test_no_number_is_reported_twice(region: Region) -> None:
    keys = Counter((each.owner, each.kind, each.period) for each in region.registry.statistics)
    assert set(keys.values()) == {1}
    assert len(keys) == 1764


def test_plans_reach_2026_and_what_is_measured_does_not_pass_this_year(region: Region) -> None:
    plans = {int(each.period) for each in region.registry.statistics if each.kind.endswith("_plan")}
    assert plans == set(range(2021, 2027))
    early = build_region(seed=1, enterprises=74, this_year=2023).registry.statistics
    assert max(int(each.period) for each in early if not each.kind.endswith("_plan")) == 2023


def test_non_fossil_capacity_is_more_than_half_at_the_end(values: dict[tuple[str, str, int], float]) -> None:
    shares = [
        values["area:150000", "capacity_non_fossil", y] / values["area:150000", "capacity_total", y] for y in YEARS
    ]
    assert shares[0] == pytest.approx(0.36, abs=0.005)
    assert shares[-1] == pytest.approx(0.596, abs=0.001)


def test_energy_of_public_institutions_lies_around_the_plan(
    region: Region, values: dict[tuple[str, str, int], float]
) -> None:
    institutions = [e.credit_code for e in region.registry.enterprises if e.trade == "public_institution"]
    assert len(institutions) == 11
    for code in institutions:
        kgce = 1000 * sum(used(region, u, calorific=True) for u in region.registry.units if u.credit_code == code)
        assert 24.5 < kgce / values[f"enterprise:{code}", "floor_area", 2025] < 31.5
        assert 425 < kgce / values[f"enterprise:{code}", "head_count", 2025] < 535


def test_another_seed_reports_other_numbers_and_the_same_seed_the_same() -> None:
    first, again, other = (build_region(seed=seed, enterprises=5).registry.statistics for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_some_units_use_more_than_is_approved(region: Region) -> None:
    exceeding = {
        unit.code
        for unit in region.registry.units
        if unit.approved_energy_tce and used(region, unit) > unit.approved_energy_tce
    }
    assert exceeding == {"150981-0004-U1", "150303-0005-U1", "150622-0016-U1"}
    clearest = next(unit for unit in region.registry.units if unit.code == "150981-0004-U1")
    assert clearest.approved_energy_tce is not None
    assert used(region, clearest) / clearest.approved_energy_tce == pytest.approx(1 / 0.78, abs=0.01)


def test_units_are_being_built_and_planned_without_meters(region: Region) -> None:
    ahead = [unit for unit in region.registry.units if unit.status != "existing"]
    assert Counter(unit.status for unit in ahead) == {"building": 3, "planned": 3}
    metered = {meter.unit_code for meter in region.registry.meters}
    for unit in ahead:
        assert unit.code not in metered
        assert unit.design_energy_tce
        assert (unit.approved_energy_tce is None) == (unit.status == "planned")
    assert [unit.code for unit in ahead if (unit.design_energy_tce or 0) < 50_000] == ["152921-0013-U9"]


def test_four_units_are_new(region: Region) -> None:
    new = [unit.code for unit in region.registry.units if unit.commissioned_on >= "2022-01-01"]
    assert new == ["150627-0002-U1", "150626-0039-U1", "150624-0040-U1", "150902-0067-U1"]


def test_retrofits_are_listed_with_a_date_near_passed_and_open(region: Region) -> None:
    listed = {u.code: (u.retrofit_listed_on, u.retrofit_due_on) for u in region.registry.units if u.retrofit_listed_on}
    assert listed == {
        "150302-0018-U1": ("2024-03-01", "2027-01-31"),
        "150924-0065-U1": ("2023-07-01", "2026-06-30"),
        "150422-0032-U1": ("2025-01-01", ""),
    }


def test_one_unit_is_of_the_restricted_class(region: Region) -> None:
    assert [u.code for u in region.registry.units if u.capacity_class == "restricted"] == ["150223-0030-U1"]


def test_data_centres_have_racks_and_a_measuring_category(region: Region) -> None:
    halls = [u for u in region.registry.units if u.process == "data_centre" and u.status == "existing"]
    assert len(halls) == 5
    assert {unit.measuring_category for unit in halls} == {1, 2, 3}
    # 14 000 kW of IT load at scale 0.8, 2.5 kW a rack
    assert next(unit.standard_racks for unit in halls if unit.code == "150627-0002-U1") == 4480

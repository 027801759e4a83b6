from collections import Counter

import pytest

from simulators.credit_code import is_valid
from simulators.fleet.model import UNITS, load_models
from simulators.fleet.region import Region, build_region
from simulators.fleet.sites import load_sites

TRADES_OF_THE_PLANS = {
    "coke",
    "ferroalloy",
    "aluminium",
    "cement",
    "calcium_carbide",
    "methanol",
    "steel",
    "thermal_power",
    "data_centre",
    "public_institution",
}


@pytest.fixture(scope="module")
def region() -> Region:
    return build_region(seed=1, enterprises=74, valid_from="2026-01-01")


def test_at_least_60_enterprises_over_all_12_leagues(region: Region) -> None:
    leagues = {enterprise.area_code[:4] for enterprise in region.registry.enterprises}
    assert len(region.registry.enterprises) >= 60
    assert len(leagues) == 12


def test_all_trades_of_the_plans_are_there(region: Region) -> None:
    assert {enterprise.trade for enterprise in region.registry.enterprises} >= TRADES_OF_THE_PLANS


def test_parks_of_all_kinds_and_enterprises_outside(region: Region) -> None:
    kinds = {park.code: park.kind for park in region.registry.parks}
    inside = Counter(kinds[e.park_code] for e in region.registry.enterprises if e.park_code)
    assert set(inside) == {"ordinary", "low_carbon", "zero_carbon"}
    assert any(not enterprise.park_code for enterprise in region.registry.enterprises)
    named = {park.name_zh: park.kind for park in region.registry.parks}
    assert named["鄂托克经济开发区"] == "low_carbon"
    assert named["蒙苏经济开发区"] == "zero_carbon"


def test_a_park_lies_in_the_league_of_its_enterprises(region: Region) -> None:
    areas = {park.code: park.area_code for park in region.registry.parks}
    for enterprise in region.registry.enterprises:
        if enterprise.park_code:
            assert areas[enterprise.park_code][:4] == enterprise.area_code[:4]


def test_every_enterprise_has_a_valid_credit_code_of_its_own(region: Region) -> None:
    codes = [enterprise.credit_code for enterprise in region.registry.enterprises]
    assert all(is_valid(code) for code in codes)
    assert len(set(codes)) == len(codes)


def test_4_to_10_meters_an_enterprise(region: Region) -> None:
    assert {len(meters) for meters in region.meters_by_gateway.values()} <= set(range(4, 11))


def test_meters_of_all_kinds_most_of_them_counters(region: Region) -> None:
    kinds = Counter(meter.kind for meter in region.registry.meters)
    assert kinds["counter"] > kinds["interval"] > 0
    assert kinds["gauge"] > 0
    assert any(meter.multiplier > 100 for meter in region.registry.meters)


def test_a_park_decides_the_share_of_renewable_electricity(region: Region) -> None:
    zero_carbon = [e for e in region.registry.enterprises if e.park_code == "PARK-150627"]
    gateways = {gateway.credit_code: gateway.code for gateway in region.registry.gateways}
    for enterprise in zero_carbon:
        meters = region.meters_by_gateway[gateways[enterprise.credit_code]]
        shares = [each.share for each in meters if each.meter.flow == "renewable"]
        assert all(share > 0.94 for share in shares)
        assert shares


def test_every_data_centre_measures_its_it_load(region: Region) -> None:
    data_centres = {e.credit_code for e in region.registry.enterprises if e.trade == "data_centre"}
    running = [unit for unit in region.registry.units if unit.status == "existing"]
    units = {unit.code for unit in running if unit.credit_code in data_centres}
    with_it_load = {meter.unit_code for meter in region.registry.meters if meter.flow == "it_load"}
    assert units == with_it_load


def test_more_enterprises_than_sites_get_codes_of_their_own() -> None:
    region = build_region(seed=1, enterprises=300)
    assert len({enterprise.credit_code for enterprise in region.registry.enterprises}) == 300
    assert len({meter.code for meter in region.registry.meters}) == len(region.registry.meters)
    assert all(site.scale > 0 for site in load_sites(1000))


def test_a_larger_region_contains_the_smaller_one() -> None:
    small, large = build_region(seed=1, enterprises=10), build_region(seed=1, enterprises=74)
    assert large.registry.meters[: len(small.registry.meters)] == small.registry.meters


def test_every_unit_of_the_models_can_be_converted() -> None:
    for model in load_models().values():
        for unit in model.unit:
            assert all((meter.carrier, meter.unit) in UNITS for meter in unit.meters)


def test_the_leagues_of_the_east_burn_lignite_and_the_others_do_not(region: Region) -> None:
    leagues = {
        meter.unit_code[:4]: meter.carrier
        for meter in region.registry.meters
        if meter.carrier in ("raw_coal", "lignite") and meter.name_en != "Coal injected"
    }
    east = {league for league, carrier in leagues.items() if carrier == "lignite"}
    assert east == {"1504", "1505", "1507", "1522", "1525"}
    assert leagues.keys() - east == {league for league, carrier in leagues.items() if carrier == "raw_coal"}


def test_most_who_burn_coal_have_it_measured_every_month_and_some_have_nothing() -> None:
    region = build_region(seed=1, enterprises=74, valid_from="2025-12-15", last_month="2026-02").registry
    owner = {unit.code: unit.credit_code for unit in region.units}
    burning = {owner[meter.unit_code] for meter in region.meters if meter.carrier in ("raw_coal", "lignite")}
    measuring = {each.enterprise for each in region.heat_values}
    assert measuring < burning
    assert len(burning - measuring) == 2
    months = [each.month for each in region.heat_values if each.enterprise == min(measuring)]
    assert months == ["", "2025-12", "2026-01", "2026-02"]
    printed = {"raw_coal": 20.934, "lignite": 12.561}
    assert all(abs(each.ncv_mj_per_kg / printed[each.carrier] - 1) < 0.021 for each in region.heat_values)

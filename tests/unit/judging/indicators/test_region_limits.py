"""The units of the simulated region beside their mandatory limits, by what the simulator knows of a year of theirs."""

from datetime import date

import pytest

from services.core.verdict import Verdict
from services.judging.indicators.listing import BY_METRIC
from services.judging.indicators.mandatory import limits_on
from simulators.fleet.region import Region, build_region
from tests.unit.judging.indicators.test_mandatory import codes, judge
from tests.unit.judging.indicators.test_places import TABLES
from tests.unit.simulators.test_fleet_readings import of_trade, total, unit_energy_kgce_t


@pytest.fixture(scope="module")
def region() -> Region:
    return build_region(seed=1, enterprises=74)


def energies(region: Region, trade: str, process: str) -> dict[str, str]:
    """kgce/t by unit, as decimals."""
    of_process = {unit.code for unit in region.registry.units if unit.process == process}
    meters = of_trade(region, trade)
    return {code: f"{unit_energy_kgce_t(meters[code]):.6f}" for code in sorted(meters.keys() & of_process)}


def test_no_blast_furnace_of_the_region_is_in_order_beside_the_limit_of_2026(region: Region) -> None:
    furnaces = energies(region, "steel", "blast_furnace")
    assert len(furnaces) == 3
    for code, value in furnaces.items():
        assert 415 < float(value) < 435, code
        found = judge("blast_furnace", value)
        assert (found.verdict, codes(found)[0]) == (Verdict.CANNOT_JUDGE, "correction_unknown"), code
        # ore as good as it gets, and none of the special kinds: then nothing excuses it
        known = judge(
            "blast_furnace",
            value,
            feed_grade=62,
            rare_earth_ore=0,
            vanadium_titanium_magnetite=0,
            laterite_nickel_ore=0,
        )
        assert (known.verdict, codes(known)) == (Verdict.BREACH, ["above_mandatory_limit"]), code


def test_ferrosilicon_units_of_the_region_above_1850_are_in_breach(region: Region) -> None:
    above = {
        code: value for code, value in energies(region, "ferroalloy", "ferrosilicon").items() if float(value) > 1850
    }
    assert {"150223-0030-U1", "150924-0065-U1"} <= above.keys()
    for code, value in above.items():
        found = judge("ferrosilicon", value)
        assert (found.verdict, codes(found)) == (Verdict.BREACH, ["above_mandatory_limit", "below_baseline"]), code


def test_smelters_of_the_region_keep_both_limits(region: Region) -> None:
    for code, meters in of_trade(region, "aluminium").items():
        made = total(meters, "product")
        molten = f"{total(meters, 'rectifier') / made:.6f}"
        comprehensive = f"{total(meters, 'input', 'renewable', carrier='electricity') / made:.6f}"
        assert float(molten) < float(comprehensive), code
        assert judge("aluminium_electrolysis", molten, "aluminium_ac_power").verdict is Verdict.OK, code
        found = judge("aluminium_electrolysis", comprehensive, "aluminium_comprehensive_ac_power")
        assert found.verdict is Verdict.OK, code


def test_every_process_of_the_region_but_public_buildings_has_a_limit(region: Region) -> None:
    without = set()
    for code in {unit.process for unit in region.registry.units if unit.process}:
        process = TABLES.process[code]
        known = BY_METRIC.get(process.metric)
        if known is None or not limits_on(TABLES, known[0], process, date(2026, 11, 1)):
            without.add(code)
    assert without == {"public_building"}

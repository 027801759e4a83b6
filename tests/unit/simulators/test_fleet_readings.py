import numpy as np
import pytest
from numpy.typing import NDArray

from simulators.fleet.feed import BACKLOG_STEP_MS, FleetFeed
from simulators.fleet.quantity import SimulatedMeter
from simulators.fleet.region import Region, build_region
from simulators.fleet.shapes import through_week, through_year
from simulators.wire import Reading
from tests.unit.simulators.factories import QUARTER_MS, START_MS

YEAR_MS = 365 * 86_400_000
YEAR = np.array([START_MS, START_MS + YEAR_MS], dtype=np.int64)
KGCE = {
    "electricity": 0.1229,
    "raw_coal": 714.3,
    "lignite": 428.6,
    "washed_coal": 900.0,
    "coke": 971.4,
    "heat": 34.12,
    "diesel": 1457.1,
}
KGCE |= {"coke_oven_gas": 0.5929, "blast_furnace_gas": 0.1286, "converter_gas": 0.2714}


@pytest.fixture(scope="module")
def region() -> Region:
    return build_region(seed=1, enterprises=74)


def of_trade(region: Region, trade: str) -> dict[str, list[SimulatedMeter]]:
    """Meters by unit."""
    owners = {e.credit_code for e in region.registry.enterprises if e.trade == trade}
    units = {unit.code for unit in region.registry.units if unit.credit_code in owners}
    grouped: dict[str, list[SimulatedMeter]] = {}
    for meters in region.meters_by_gateway.values():
        for each in meters:
            if each.meter.unit_code in units:
                grouped.setdefault(each.meter.unit_code, []).append(each)
    return grouped


def used(meter: SimulatedMeter, times: NDArray[np.int64] = YEAR) -> float:
    """In the carrier's unit."""
    amounts = meter.amount(times)
    return float(amounts[-1] - amounts[0])


def total(meters: list[SimulatedMeter], *flows: str, carrier: str | None = None) -> float:
    return sum(used(m) for m in meters if m.meter.flow in flows and carrier in (None, m.meter.carrier))


def unit_energy_kgce_t(meters: list[SimulatedMeter]) -> float:
    signs = {"input": 1.0, "feedstock": 1.0, "renewable": 1.0, "output": -1.0}
    energy = sum(signs.get(m.meter.flow, 0.0) * KGCE.get(m.meter.carrier, 0.0) * used(m) for m in meters)
    return energy / total(meters, "product")


@pytest.mark.parametrize(
    ("trade", "process", "lowest", "highest"),
    [
        ("coke", "coking_stamp", 105, 165),
        ("ferroalloy", "ferrosilicon", 1700, 2000),
        ("ferroalloy", "ferrochrome_high_carbon", 700, 900),
        ("cement", "cement_clinker", 100, 125),
        ("calcium_carbide", "calcium_carbide", 800, 970),
        ("methanol", "methanol_bituminous_coal", 1400, 1800),
        ("methanol", "methanol_lignite", 1400, 1800),
        ("steel", "blast_furnace", 380, 450),
        ("steel", "converter", -20, -5),
        ("chemical", "caustic_soda_membrane_30", 290, 360),
    ],
)
def test_unit_energy_is_believable(region: Region, trade: str, process: str, lowest: float, highest: float) -> None:
    processes = {unit.code: unit.process for unit in region.registry.units}
    units = {code: meters for code, meters in of_trade(region, trade).items() if processes[code] == process}
    assert units
    for meters in units.values():
        assert lowest < unit_energy_kgce_t(meters) < highest


def test_aluminium_takes_about_13350_kwh_a_tonne(region: Region) -> None:
    for meters in of_trade(region, "aluminium").values():
        electricity_kwh = total(meters, "input", "renewable", carrier="electricity")
        assert 13_000 < electricity_kwh / total(meters, "product") < 13_800
        assert 12_700 < total(meters, "rectifier") / total(meters, "product") < 13_100


def test_power_plants_take_about_305_gce_a_kwh(region: Region) -> None:
    for meters in of_trade(region, "thermal_power").values():
        coal_gce = sum(total(meters, "input", carrier=coal) * 1000 * KGCE[coal] for coal in ("raw_coal", "lignite"))
        assert 290 < coal_gce / total(meters, "output", carrier="electricity") < 340


def test_pue_lies_between_1_15_and_1_5(region: Region) -> None:
    for meters in of_trade(region, "data_centre").values():
        pue = total(meters, "input", "renewable", carrier="electricity") / total(meters, "it_load")
        assert 1.15 < pue < 1.5


def test_same_seed_same_values_and_another_seed_other_values(region: Region) -> None:
    again, other = build_region(seed=1, enterprises=3), build_region(seed=2, enterprises=3)
    times = START_MS + np.arange(50, dtype=np.int64) * QUARTER_MS
    gateway = region.registry.gateways[0].code
    first = region.meters_by_gateway[gateway][0].value(times)
    assert first.tolist() == again.meters_by_gateway[gateway][0].value(times).tolist()
    assert first.tolist() != other.meters_by_gateway[gateway][0].value(times).tolist()


def test_value_at_a_moment_does_not_depend_on_the_moments_asked_beside_it(region: Region) -> None:
    times = START_MS + np.arange(200, dtype=np.int64) * QUARTER_MS
    for meters in list(region.meters_by_gateway.values())[:10]:
        for each in meters:
            assert each.value(times)[100:103].tolist() == each.value(times[100:103]).tolist()


def test_counters_rise_but_for_their_rollover_and_no_rate_is_above_the_rated_one(region: Region) -> None:
    times = START_MS + np.arange(96 * 40, dtype=np.int64) * QUARTER_MS
    for meters in region.meters_by_gateway.values():
        for each in meters:
            amounts = np.diff(each.amount(times))
            assert (amounts >= 0).all()
            assert each.meter.rated_per_hour is not None
            assert amounts.max() * 4 < each.meter.rated_per_hour
            if each.meter.kind == "counter":
                falls = np.diff(each.value(times)) < 0
                assert falls.sum() <= 1
                assert each.meter.register_size is not None
                assert each.value(times).max() < each.meter.register_size


def test_a_counters_register_gives_the_true_amount(region: Region) -> None:
    each = region.meters_by_gateway["GW-150624-0001"][1]
    times = START_MS + np.array([0, 3_600_000], dtype=np.int64)
    register = each.value(times)
    booked_kwh = (register[1] - register[0]) % (each.meter.register_size or 0.0) * each.meter.multiplier
    assert booked_kwh == pytest.approx(used(each, times), abs=0.0002 * each.meter.multiplier)


def test_heat_flows_in_winter_and_not_in_summer(region: Region) -> None:
    heat = [
        m for meters in of_trade(region, "public_institution").values() for m in meters if m.meter.carrier == "heat"
    ]
    july_ms = START_MS + 181 * 86_400_000
    january = np.array([START_MS, START_MS + 30 * 86_400_000], dtype=np.int64)
    july = np.array([july_ms, july_ms + 30 * 86_400_000], dtype=np.int64)
    assert heat
    assert all(used(each, january) > 20 * used(each, july) for each in heat)


def test_offices_use_less_at_night_and_at_the_weekend(region: Region) -> None:
    meters = next(iter(of_trade(region, "public_institution").values()))
    electricity = next(m for m in meters if m.meter.code.endswith("E01"))
    thursday = START_MS  # 2026-01-01
    noon = np.array([thursday + 10 * 3_600_000, thursday + 12 * 3_600_000], dtype=np.int64)
    night = np.array([thursday + 2 * 3_600_000, thursday + 4 * 3_600_000], dtype=np.int64)
    sunday_noon = noon + 3 * 86_400_000
    assert used(electricity, noon) > 2 * used(electricity, night)
    assert used(electricity, noon) > 1.3 * used(electricity, sunday_noon)


def test_week_and_year_have_a_mean_of_one() -> None:
    weeks = np.array([0.0, 168.0, 1680.0])
    assert through_week("office", weeks).tolist() == pytest.approx([0.0, 168.0, 1680.0])
    four_years = np.array([0.0, 24.0 * 1461])
    assert through_year("kiln", four_years)[1] == pytest.approx(24 * 1461, rel=0.01)


def readings_of(feed: FleetFeed, now_ms: int) -> list[Reading]:
    readings: list[Reading] = []
    while (draft := feed.next_draft(now_ms)) is not None:
        assert len(draft.readings) <= 500
        readings += draft.readings
    return readings


def first_feed(region: Region, end_ms: int | None = None) -> FleetFeed:
    gateway, meters = next(iter(region.meters_by_gateway.items()))
    return FleetFeed(gateway, meters, start_ms=START_MS, end_ms=end_ms)


def test_history_is_a_reading_each_quarter_hour_oldest_first(region: Region) -> None:
    end_ms = START_MS + 86_400_000
    feed = first_feed(region, end_ms)
    announced = feed.remaining(end_ms)
    readings = readings_of(feed, end_ms)
    by_meter: dict[str, list[int]] = {}
    for reading in readings:
        by_meter.setdefault(reading.meter, []).append(reading.ts)
    quarters = list(range(START_MS, end_ms + 1, BACKLOG_STEP_MS))
    assert by_meter["150624-0001-E01"] == quarters  # a counter: both ends of the day
    assert by_meter["150624-0001-G01"] == quarters[:-1]  # an interval meter: the periods of the day, by their start
    counters = [reading.ts for reading in readings if reading.meter.endswith(("E01", "C01", "P01"))]
    assert counters == sorted(counters)
    assert announced == len(readings) + 1
    assert feed.finished


def test_a_feed_continues_after_a_restart_where_it_was(region: Region) -> None:
    end_ms = START_MS + 5 * 86_400_000
    whole = readings_of(first_feed(region, end_ms), end_ms)
    begun, resumed = first_feed(region, end_ms), first_feed(region, end_ms)
    draft = begun.next_draft(end_ms)
    assert draft is not None
    resumed.seek(begun.cursor)
    assert [*draft.readings, *readings_of(resumed, end_ms)] == whole


def test_live_meters_are_read_each_minute_the_others_each_quarter_hour(region: Region) -> None:
    feed = first_feed(region)
    feed.seek(START_MS + 3_600_000)
    now_ms = START_MS + 3_600_000 + 16 * 60_000
    readings = readings_of(feed, now_ms)
    minutes = [reading.ts for reading in readings if reading.meter == "150624-0001-E01"]
    assert np.diff(minutes).tolist() == [60_000] * (len(minutes) - 1)
    assert len(minutes) >= 15
    assert sum(reading.meter == "150624-0001-C01" for reading in readings) == 1
    assert all(reading.ts <= now_ms for reading in readings)


def test_before_2020_there_are_no_readings(region: Region) -> None:
    each = region.meters_by_gateway["GW-150624-0001"][0]
    with pytest.raises(ValueError, match="begin on 2020-01-01"):
        each.value(np.array([1_500_000_000_000], dtype=np.int64))

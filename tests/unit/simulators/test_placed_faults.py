"""Faults at a known place befall the meter that is named, in the time that is named, and go on over a restart."""

from pathlib import Path

from simulators.faults.filter import FaultFilter
from simulators.faults.placed import PlacedFault
from simulators.faults.plan import FaultPlan
from simulators.faults.registers import Replacement
from simulators.faults.truth import TruthLog
from simulators.wire import Draft, Reading
from tests.unit.simulators.factories import QUARTER_MS, START_MS, counter, registry_with


def at(number: int) -> int:
    return START_MS + number * QUARTER_MS


def filter_of(
    *placed: PlacedFault, truth: TruthLog | None = None, replaced: list[Replacement] | None = None
) -> FaultFilter:
    return FaultFilter(
        FaultPlan(placed=placed),
        registry=registry_with([counter("E01"), counter("E02")]),
        truth=truth or TruthLog(),
        on_replacement=(list[Replacement]() if replaced is None else replaced).append,
    )


def sent(faulty: FaultFilter, *numbers: int, meter: str = "E01") -> list[float]:
    """What leaves of readings whose value is a hundred times their number."""
    readings = [Reading(meter, at(number), 100.0 * number) for number in numbers]
    return [each.value for draft in faulty(Draft(gateway="GW", readings=readings)) for each in draft.readings]


def test_a_silent_meter_sends_nothing_from_then_on_and_the_others_do() -> None:
    faulty = filter_of(PlacedFault("silent", "E01", at(2)))
    assert sent(faulty, 1, 2, 3) == [100.0]
    assert sent(faulty, 4, 5) == []
    assert sent(faulty, 4, 5, meter="E02") == [400.0, 500.0]


def test_an_outage_ends() -> None:
    assert sent(filter_of(PlacedFault("silent", "E01", at(2), at(4))), 1, 2, 3, 4, 5) == [100.0, 400.0, 500.0]


def test_a_stuck_meter_tells_its_first_value_again_after_a_restart_too(tmp_path: Path) -> None:
    log = tmp_path / "faults.jsonl"
    stuck = PlacedFault("stuck", "E01", at(2))
    assert sent(filter_of(stuck, truth=TruthLog(log)), 1, 2, 3) == [100.0, 200.0, 200.0]
    assert sent(filter_of(stuck, truth=TruthLog(log)), 4, 5) == [200.0, 200.0]


def test_a_spike_is_one_reading() -> None:
    spike = PlacedFault("spike", "E01", at(2), at(3), factor=100.0)
    assert sent(filter_of(spike), 1, 2, 3) == [100.0, 20_000.0, 300.0]


def test_a_meter_is_replaced_once_between_the_readings_about_the_moment() -> None:
    replaced: list[Replacement] = []
    faulty = filter_of(PlacedFault("swap", "E01", at(2) - 1), replaced=replaced)
    before, after, later = sent(faulty, 1), sent(faulty, 2), sent(faulty, 3)
    (swap,) = replaced
    assert (swap.meter, at(1) < swap.ts < at(2), swap.final_value) == ("E01", True, 150.0)
    assert before == [100.0]
    assert after[0] - swap.first_value == 50.0
    assert later[0] - after[0] == 100.0

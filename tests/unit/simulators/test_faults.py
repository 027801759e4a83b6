"""Faults change what is sent, never what was used, and everything that was injected is in the truth log."""

import itertools
import json
from pathlib import Path

import pytest

from simulators.faults.filter import FaultFilter, drift_ms
from simulators.faults.plan import FAULTS, FaultPlan, FaultPlanError, parse_plan
from simulators.faults.registers import Replacement
from simulators.faults.truth import TruthLog
from simulators.registry import Meter
from simulators.wire import Draft, Reading
from tests.unit.simulators.factories import LONG_AFTER_MS, counter, feed_of, registry_with, series_of

STEP = 8.0
SIZE = 10_000.0


def drafts(count: int = 500) -> list[Draft]:
    feed = feed_of("GW", series_of("E01", count, first=3_000.0, step=STEP))
    found = []
    while (draft := feed.next_draft(LONG_AFTER_MS)) is not None:
        found.append(draft)
    return found


def filtered(
    rates: dict[str, float],
    *,
    meter: Meter | None = None,
    truth: TruthLog | None = None,
    seed: int = 7,
    fresh: bool = True,
) -> tuple[list[Draft], list[Replacement], TruthLog]:
    log, replacements = truth or TruthLog(), list[Replacement]()
    fault_filter = FaultFilter(
        FaultPlan(seed=seed, rates=rates),
        registry=registry_with([meter or counter("E01")]),
        truth=log,
        fresh=fresh,
        on_replacement=replacements.append,
    )
    return [each for draft in drafts() for each in fault_filter(draft)], replacements, log


def readings_in(found: list[Draft]) -> list[Reading]:
    return sorted((reading for draft in found for reading in draft.readings), key=lambda reading: reading.ts)


def test_without_faults_nothing_changes() -> None:
    found, _, log = filtered({})
    assert found == drafts()
    assert not log.injected


def test_the_same_seed_gives_the_same_faults() -> None:
    rates = {"duplicates": 0.2, "shuffle": 0.3, "late": 0.3, "lost_connection": 0.1}
    assert filtered(rates)[0] == filtered(rates)[0]
    assert filtered(rates)[0] != filtered(rates, seed=8)[0]


def test_duplicates_are_the_message_again_or_its_readings_in_a_later_one() -> None:
    found, _, log = filtered({"duplicates": 1.0})
    assert {draft.copies for draft in found} == {1, 2}
    assert any(draft.hold > 0 for draft in found)
    assert {r.ts for r in readings_in(found)} == {r.ts for r in readings_in(drafts())}
    assert log.injected["duplicates"] == len(drafts())


def test_shuffle_and_late_hold_messages_back_and_lose_none() -> None:
    found, _, log = filtered({"shuffle": 0.5, "late": 0.3})
    assert readings_in(found) == readings_in(drafts())
    assert {draft.hold for draft in found} > {0, 60}
    assert log.injected["shuffle"] > 0
    assert log.injected["late"] > 0


def test_lost_connection_cuts_after_some_messages() -> None:
    found, _, log = filtered({"lost_connection": 0.3})
    cuts = [draft.cut_after_s for draft in found if draft.cut_after_s]
    assert 0 < len(cuts) < len(found)
    assert all(0.1 <= cut <= 3.0 for cut in cuts)
    assert log.injected["lost_connection"] == len(cuts)


def test_a_reset_counts_from_zero_and_loses_no_energy() -> None:
    found, _, log = filtered({"reset": 0.005})
    values = [reading.value for reading in readings_in(found)]
    steps = [after - before for before, after in itertools.pairwise(values)]
    falls = [after for before, after in itertools.pairwise(values) if after < before]
    assert log.injected["reset"] == len(falls) > 0
    assert falls == [STEP] * len(falls)  # what was used since the reading before
    assert sum(step for step in steps if step > 0) + sum(falls) == STEP * 499


def test_a_rollover_goes_from_the_top_to_near_zero_once() -> None:
    found, _, log = filtered({"rollover": 1.0})
    values = [reading.value for reading in readings_in(found)]
    falls = [(before, after) for before, after in itertools.pairwise(values) if after < before]
    assert log.injected["rollover"] == len(falls) == 1
    ((before, after),) = falls
    assert before > 0.99 * SIZE
    assert after < 0.01 * SIZE
    assert (after - before) % SIZE == pytest.approx(STEP)


def test_a_rollover_is_not_arranged_for_a_meter_that_has_been_read_before() -> None:
    assert readings_in(filtered({"rollover": 1.0}, fresh=False)[0]) == readings_in(drafts())


def test_a_meter_without_register_size_does_not_roll_over() -> None:
    found, _, _ = filtered({"rollover": 1.0}, meter=counter("E01", register_size=None))
    assert readings_in(found) == readings_in(drafts())


def test_a_swap_with_its_record_gives_the_true_use() -> None:
    found, replacements, log = filtered({"swap": 0.005})
    readings = readings_in(found)
    assert len(replacements) == log.injected["swap"] > 0
    records = {replacement.ts: replacement for replacement in replacements}
    used = 0.0
    for before, after in itertools.pairwise(readings):
        record = next((each for ts, each in records.items() if before.ts < ts <= after.ts), None)
        if record is None:
            used += after.value - before.value
        else:
            used += (record.final_value - before.value) + (after.value - record.first_value)
    assert used == pytest.approx(STEP * 499)


def test_faults_of_a_register_go_on_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "faults.jsonl"
    rates = {"reset": 0.01}
    whole = readings_in(filtered(rates, truth=TruthLog(path))[0])
    resumed = FaultFilter(
        FaultPlan(seed=7, rates=rates), registry=registry_with([counter("E01")]), truth=TruthLog(path), fresh=False
    )
    later = drafts()[20:]
    assert readings_in([each for draft in later for each in resumed(draft)]) == whole[200:]


def test_a_drifting_clock_is_at_most_4_minutes_ahead_and_never_goes_back() -> None:
    found, _, _ = filtered({"clock_drift": 1.0})
    times = [reading.ts for reading in readings_in(found)]
    true_times = [reading.ts for reading in readings_in(drafts())]
    ahead = [time - true for time, true in zip(times, true_times, strict=True)]
    assert all(0 <= each <= 240_000 for each in ahead)
    assert max(ahead) > 0
    assert all(drift_ms(ts + 60_000) + 60_000 > drift_ms(ts) for ts in range(0, 70 * 86_400_000, 3_600_000))


def test_the_truth_log_has_a_line_for_each_fault(tmp_path: Path) -> None:
    path = tmp_path / "faults.jsonl"
    _, replacements, log = filtered({"swap": 0.005, "shuffle": 0.2}, truth=TruthLog(path))
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert len(lines) == log.injected.total()
    swaps = [line for line in lines if line["fault"] == "swap"]
    assert [(s["meter"], s["at_ts"], s["final_value"], s["first_value"]) for s in swaps] == [
        (r.meter, r.ts, r.final_value, r.first_value) for r in replacements
    ]


def test_a_plan_is_read_from_text_and_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "plan.toml"
    file.write_text("[faults]\nduplicates = 0.05\nshuffle = 0.2\n", encoding="utf-8")
    from_text = parse_plan("duplicates=0.05, shuffle=0.2", seed=1)
    assert from_text == parse_plan(str(file), seed=1)
    assert from_text.rate("shuffle") == 0.2
    assert from_text.rate("swap") == 0.0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("flood=0.1", "unknown fault 'flood'; there are duplicates"),
        ("shuffle", "write fault=rate"),
        ("shuffle=often", "the rate is no number"),
        ("shuffle=1.5", "between 0 and 1"),
        ("shuffle=nan", "between 0 and 1"),
        ("absent.toml", "fault file absent.toml"),
    ],
)
def test_a_wrong_plan_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(FaultPlanError, match=reason):
        parse_plan(text, seed=1)


def test_every_fault_of_the_issue_is_known() -> None:
    expected = {"duplicates", "shuffle", "late", "lost_connection", "reset", "rollover", "swap", "clock_drift"}
    assert set(FAULTS) == expected

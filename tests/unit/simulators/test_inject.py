"""Faults of measuring: at a known place, at the wanted rate, the same again with the same seed, and written down."""

import json
from pathlib import Path

import numpy as np
import pytest

from simulators.faults.inject import PAST_DAYS, SERIES_FAULTS, inject
from simulators.faults.series_file import TRUTH_FILE, InjectionError, write_with_faults
from simulators.replay import load_mapping, read_series
from simulators.replay.series import Series
from tests.unit.simulators.test_replay import DATA, needs_data

HOUR_MS = 3_600_000
DAYS = 365
FIRST_MS = 1_546_300_800_000
each_kind = pytest.mark.parametrize("kind", SERIES_FAULTS)


def year(code: str = "E01") -> Series:
    """A year of hours with a day's shape, printed with one decimal."""
    hours = np.arange(DAYS * 24)
    draw = np.random.default_rng(7)
    values = 100 + 40 * np.sin(hours / 24 * 2 * np.pi) + draw.normal(0, 5, len(hours))
    return Series(code, FIRST_MS + hours * HOUR_MS, np.round(values, 1))


@each_kind
def test_the_same_seed_makes_the_same_faults_and_another_seed_others(kind: str) -> None:
    one, again, other = (inject(year(), kind, rate=0.01, seed=seed, interval_s=3600) for seed in (1, 1, 2))
    assert one.faults == again.faults
    assert (one.series.values == again.series.values).all()
    assert one.faults != other.faults


@each_kind
def test_about_the_wanted_share_of_the_readings_lies_within_faults(kind: str) -> None:
    made = inject(year(), kind, rate=0.01, seed=1, interval_s=3600)
    hours = sum(each.end_ms - each.first_ms for each in made.faults) // HOUR_MS
    assert 0.01 * DAYS * 24 <= hours < 0.01 * DAYS * 24 + 72


@each_kind
def test_the_first_days_and_all_outside_the_faults_stay_as_they_were(kind: str) -> None:
    clean, made = year(), inject(year(), kind, rate=0.01, seed=1, interval_s=3600)
    told = made.series.values
    if SERIES_FAULTS[kind].of_counter:
        before = np.round(np.cumsum(clean.values) - clean.values, 1)
        assert (told[: PAST_DAYS * 24] == before[: PAST_DAYS * 24]).all()
        return
    false = np.zeros(len(told), dtype=bool)
    for each in made.faults:
        false |= (clean.ts_ms >= each.first_ms) & (clean.ts_ms < each.end_ms)
    assert not false[: PAST_DAYS * 24].any()
    assert (told[~false] == clean.values[~false]).all()
    assert np.mean(told[false] != clean.values[false]) > 0.75


def test_a_slipped_point_gives_more_than_the_meter_ever_used() -> None:
    made = inject(year(), "spike", rate=0.01, seed=1, interval_s=3600)
    for each in made.faults:
        at = int(np.searchsorted(made.series.ts_ms, each.first_ms))
        assert made.series.values[at] == pytest.approx(year().values[at] * each.facts["factor"])
        assert made.series.values[at] > year().values.max()


def test_a_copied_stretch_stood_at_the_same_time_of_the_day_it_names() -> None:
    made = inject(year(), "copied", rate=0.01, seed=1, interval_s=3600)
    for each in made.faults:
        a, b = np.searchsorted(made.series.ts_ms, (each.first_ms, each.end_ms))
        back = 24 * int(each.facts["days_before"])
        assert (made.series.values[a:b] == made.series.values[a - back : b - back]).all()


def test_a_register_that_was_reset_counts_on_from_where_it_stands() -> None:
    clean, made = year(), inject(year(), "resets", rate=0.01, seed=1, interval_s=3600)
    moved, used = np.diff(made.series.values), clean.values[:-1]
    falls = moved < 0
    assert 3 <= falls.sum() <= sum(int(each.facts["resets"]) for each in made.faults)
    assert np.allclose(moved[~falls & (made.series.values[:-1] > 0)], used[~falls & (made.series.values[:-1] > 0)])


def test_a_meter_whose_values_are_too_small_to_round_gets_no_rounded_ones() -> None:
    small = Series("G01", year().ts_ms, np.round(year().values / 20))
    assert inject(small, "rounded", rate=0.01, seed=1, interval_s=3600).faults == ()


def test_an_unknown_fault_is_refused_with_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(InjectionError, match="unknown fault 'rust'; there are spike, stuck"):
        write_with_faults("steel_15min", "rust", rate=0.01, seed=1, data_dir=DATA, out_dir=tmp_path)


@needs_data
def test_what_is_written_can_be_replayed_and_differs_only_where_the_truth_log_says(tmp_path: Path) -> None:
    made = write_with_faults("steel_15min", "stuck", rate=0.01, seed=1, data_dir=DATA, out_dir=tmp_path)
    mapping = load_mapping(str(tmp_path / "steel_15min.toml"))
    clean, told = read_series(mapping, DATA)[0], read_series(mapping, tmp_path)[0]
    assert (told.ts_ms == clean.ts_ms).all()
    assert (told.values == made[0].series.values).all()
    lines = [json.loads(line) for line in (tmp_path / TRUTH_FILE).read_text("utf-8").splitlines()]
    starts = (np.array([line["start"][:16] for line in lines], dtype="datetime64[ms]").astype(np.int64)) - 8 * HOUR_MS
    ends = (np.array([line["end"][:16] for line in lines], dtype="datetime64[ms]").astype(np.int64)) - 8 * HOUR_MS
    changed = clean.ts_ms[told.values != clean.values]
    inside = (changed[:, None] >= starts) & (changed[:, None] < ends)
    assert inside.any(axis=1).all()
    assert len(lines) == len(made[0].faults) > 0


@needs_data
def test_registers_are_written_as_those_of_counters(tmp_path: Path) -> None:
    write_with_faults("steel_15min", "resets", rate=0.01, seed=1, data_dir=DATA, out_dir=tmp_path)
    mapping = load_mapping(str(tmp_path / "steel_15min.toml"))
    assert [meter.kind for meter in mapping.meter] == ["counter"]
    assert (np.diff(read_series(mapping, tmp_path)[0].values) < 0).sum() > 3

"""Mapping files say how a series is read; values stay as printed."""

import os
from pathlib import Path

import numpy as np
import pytest

from simulators.replay import MappingError, feeds_of, load_mapping, read_series, registry_of
from simulators.replay.mapping import MAPPINGS_DIR
from simulators.replay.series import limited
from tests.unit.simulators.factories import LONG_AFTER_MS

SHARED = Path(os.environ.get("ENERMON_SHARED", Path(__file__).parents[4] / "shared"))
DATA = SHARED / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"SKIPPED: the measured series are not at {DATA}")

NAMES = sorted(path.stem for path in MAPPINGS_DIR.glob("*.toml"))

HEAD = """
name = "trial"
title = "A trial"
[file]
path = "trial.csv"
"""
TAIL = """
[[enterprise]]
credit_code = "91350100M000100Y43"
name_zh = "厂"
name_en = "Works"
trade = "other"
area_code = "150203"
[[unit]]
code = "U"
credit_code = "91350100M000100Y43"
name_zh = "线"
name_en = "Line"
[[gateway]]
code = "GW"
credit_code = "91350100M000100Y43"
name = "GW"
[[meter]]
code = "E01"
unit_code = "U"
gateway_code = "GW"
name_zh = "电"
name_en = "Electricity"
kind = "interval"
carrier = "electricity"
flow = "input"
unit_of_measure = "kWh"
"""


def trial(tmp_path: Path, *, time: str, rows: str, meter: str = 'column = "kwh"', extra: str = "") -> Path:
    (tmp_path / "trial.csv").write_text(rows, encoding="utf-8")
    file = tmp_path / "trial.toml"
    file.write_text(f"{HEAD}[time]\n{time}\n{extra}\n{TAIL}{meter}\n", encoding="utf-8")
    return file


def test_end_stamps_become_starts_and_midnight_rows_move_to_the_next_day(tmp_path: Path) -> None:
    file = trial(
        tmp_path,
        time="""columns = ["date"]
format = "%d/%m/%Y %H:%M"
zone = "+09:00"
stamp = "end"
interval_s = 900
shift = [{ column = "NSM", equals = "0", days = 1 }]""",
        rows="date,kwh,NSM\n01/01/2018 00:15,1.5,900\n01/01/2018 00:00,2.5,0\n",
    )
    (series,) = read_series(load_mapping(file), tmp_path)
    starts = [np.datetime64(int(ts), "ms").astype(str) for ts in series.ts_ms]
    assert starts == ["2017-12-31T15:00:00.000", "2018-01-01T14:45:00.000"]  # 00:00 and 23:45 at UTC+9
    assert series.values.tolist() == [1.5, 2.5]


def test_empty_cells_and_declared_values_are_not_sent_and_zero_is(tmp_path: Path) -> None:
    file = trial(
        tmp_path,
        time='columns = ["utc"]\ninterval_s = 3600',
        rows="utc,kwh\n2020-01-01T00:00:00Z,\n2020-01-01T01:00:00Z,0\n2020-01-01T02:00:00Z,-99\n2020-01-01T03:00:00Z,7\n",
        extra='[missing]\nvalues = ["-99"]',
    )
    (series,) = read_series(load_mapping(file), tmp_path)
    assert series.values.tolist() == [0.0, 7.0]
    assert np.diff(series.ts_ms).tolist() == [2 * 3_600_000]


def test_a_long_file_is_split_by_its_keys(tmp_path: Path) -> None:
    file = trial(
        tmp_path,
        time='columns = ["utc"]\ninterval_s = 3600',
        rows="building,utc,amount\nb1,2020-01-01 00:00:00,1\nb2,2020-01-01 00:00:00,2\n",
        extra='[layout]\nkind = "long"\nkeys = ["building"]\nvalue = "amount"',
        meter='key = ["b2"]',
    )
    (series,) = read_series(load_mapping(file), tmp_path)
    assert series.values.tolist() == [2.0]


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ("utc,other\n2020-01-01T00:00:00Z,1\n", "the columns kwh are missing"),
        ("utc,kwh\nyesterday,1\n", "a time is not as 'iso'"),
        ("utc,kwh\n2020-01-01T00:00:00Z,many\n", "column kwh"),
        ("utc,kwh\n2020-01-01T00:00:00Z,nan\n", "not finite"),
        ("utc,kwh\n2020-01-01T00:00:00Z,1\n2020-01-01T00:00:00Z,2\n", "two values for 2020-01-01T00:00:00"),
    ],
)
def test_a_faulty_file_is_refused_with_its_place(tmp_path: Path, rows: str, reason: str) -> None:
    file = trial(tmp_path, time='columns = ["utc"]\ninterval_s = 3600', rows=rows)
    with pytest.raises(MappingError, match=reason):
        read_series(load_mapping(file), tmp_path)


@pytest.mark.parametrize(
    ("time", "reason"),
    [
        ('columns = ["utc"]\ninterval_s = 3600\nzone = "Asia/Tokyo"', "neither UTC nor an offset"),
        ('columns = ["utc"]\ninterval_s = 3600\nspeed = 2', "unknown field `speed`"),
        ('columns = ["utc"]', "missing required field `interval_s`"),
    ],
)
def test_a_faulty_mapping_is_refused_with_the_field(tmp_path: Path, time: str, reason: str) -> None:
    with pytest.raises(MappingError, match=reason):
        load_mapping(trial(tmp_path, time=time, rows="utc,kwh\n"))


def test_an_unknown_mapping_names_those_there_are() -> None:
    with pytest.raises(MappingError, match=r"estate_hourly.*steel_15min"):
        load_mapping("absent")


@pytest.mark.parametrize("name", NAMES)
def test_every_mapping_of_the_project_registers_complete_rows(name: str) -> None:
    registry = registry_of(load_mapping(name))
    units = {unit.code for unit in registry.units}
    gateways = {gateway.code for gateway in registry.gateways}
    assert all(meter.unit_code in units and meter.gateway_code in gateways for meter in registry.meters)
    assert len({meter.code for meter in registry.meters}) == len(registry.meters)


def test_no_two_mappings_register_the_same_thing() -> None:
    registries = [registry_of(load_mapping(name)) for name in NAMES]
    for rows in (
        [e.credit_code for r in registries for e in r.enterprises],
        [g.code for r in registries for g in r.gateways],
        [m.code for r in registries for m in r.meters],
    ):
        assert len(rows) == len(set(rows))


def test_estate_is_12_enterprises_in_3_banners_or_more_and_two_parks() -> None:
    registry = registry_of(load_mapping("estate_hourly"))
    assert len(registry.enterprises) == 12
    assert len({enterprise.area_code for enterprise in registry.enterprises}) >= 3
    assert len({enterprise.park_code for enterprise in registry.enterprises} - {""}) == 2


@needs_data
def test_steel_covers_2018_with_35_040_distinct_quarter_hours() -> None:
    (series,) = read_series(load_mapping("steel_15min"), DATA)
    expected = np.arange("2017-12-31T15:00", "2018-12-31T15:00", 15, dtype="datetime64[m]")
    assert len(series) == 35_040
    assert np.array_equal(series.ts_ms, expected.astype("datetime64[ms]").astype(np.int64))
    assert series.values[:3].tolist() == [3.17, 4.0, 3.24]
    assert series.values[-2:].tolist() == [3.78, 3.67]


@needs_data
@pytest.mark.parametrize(
    ("name", "meters", "values", "step_s"),
    [
        ("estate_hourly", 24, 403_488, 3600),
        ("multi_electricity_hourly", 18, 158_130, 3600),
        ("multi_gas_hourly", 3, 26_355, 3600),
        ("multi_water_minute", 7, 311_445, 60),
        ("plant_daily", 2, 2_032, 86_400),
        ("pue_24h", 3, 558, 300),
    ],
)
def test_each_series_is_read_whole(name: str, meters: int, values: int, step_s: int) -> None:
    series = read_series(load_mapping(name), DATA)
    assert len(series) == meters
    assert sum(len(each) for each in series) == values
    assert all((np.diff(each.ts_ms) % (step_s * 1000) == 0).all() for each in series)


@needs_data
def test_the_assumed_load_gives_the_printed_pue_again() -> None:
    power, it_load, water = read_series(load_mapping("pue_24h"), DATA)
    assert (power.values / it_load.values)[0] == pytest.approx(1.064)
    # l/min x 60 min/h over 1000 kW are l/kWh: the water use ratio.
    assert water.values[0] * 60.0 / it_load.values[0] == pytest.approx(0.157)


@needs_data
def test_a_replay_sends_every_value_once_and_a_period_only_when_it_is_over() -> None:
    mapping = load_mapping("steel_15min")
    (series,) = read_series(mapping, DATA)
    (feed,) = feeds_of(mapping, DATA)
    first_ms = int(series.ts_ms[0])
    assert feed.next_draft(first_ms + 899_999) is None
    draft = feed.next_draft(first_ms + 900_000)
    assert draft is not None
    assert [(reading.ts, reading.value) for reading in draft.readings] == [(first_ms, 3.17)]
    sent = list(draft.readings)
    while (draft := feed.next_draft(LONG_AFTER_MS)) is not None:
        sent += draft.readings
    assert [reading.ts for reading in sent] == series.ts_ms.tolist()
    assert [reading.value for reading in sent] == series.values.tolist()
    assert feed.finished


@needs_data
def test_limits_are_half_open() -> None:
    series = read_series(load_mapping("multi_gas_hourly"), DATA)
    from_ms, to_ms = int(series[0].ts_ms[10]), int(series[0].ts_ms[20])
    assert [len(each) for each in limited(series, from_ms=from_ms, to_ms=to_ms)] == [10, 10, 10]

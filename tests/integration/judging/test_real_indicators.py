"""Real measured series through the real broker, asked for as indicators: the ratios are those of the files.

What is expected is computed here from the files themselves, without the reader of the simulator.
"""

import csv
import json
import os
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.core.calendar import SHANGHAI
from services.energy.check.asked import CheckAsked
from services.energy.check.report import report
from services.up.stack import Stack
from simulators.broker import broker_from_url
from simulators.publish import Options, publish
from simulators.registration import csv_of
from simulators.replay.feed import feeds_of
from simulators.replay.mapping import MAPPINGS_DIR, Mapping, load_mapping, registry_of
from tests.integration.let_in import let_in
from tests.integration.registered import credit_code
from tests.integration.running import environment_of, passwords_file, running, wait_until
from tests.integration.served import api

CHECKOUT = Path(__file__).parents[3]
DATA = Path(os.environ.get("ENERMON_SHARED", CHECKOUT.parent / "shared")) / "data"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
RELATIVE = 1e-6

PLANT, CENTRE, FAULTY = "unit:REPLAY-PLANT-U1", "unit:REPLAY-PUE-U1", "unit:FAULTY-PUE-U1"
KGCE_A_KWH = 0.1229
SAMPLES_AN_HOUR = 12
IT_KW = 1000.0
"""What the mapping assumes; it cancels out."""

# The captured day has no wild sample of PUE: all lie between 1.058 and 1.075. So it is sent once more as of 2026, where
# GB 40879 judges, with faults of the sensor put in.
LATER = date(2026, 2, 24) - date(2014, 2, 24)
FAULTS = {
    "2026-02-24 18:20": 40.0,
    "2026-02-24 20:10": 0.3,
    "2026-02-24 21:00": 0.3,
    "2026-02-24 21:05": 0.3,
    "2026-02-24 21:10": 0.3,
    "2026-02-24 22:30": -1.0,
    "2026-02-24 23:15": 0.0,
    "2026-02-25 11:25": 40.0,
}
MOST_PUE = 2.0
"""rated_per_hour of the mapping (2000 kWh) over the assumed IT load."""

pytestmark = [
    pytest.mark.store,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"SKIPPED, NOT CHECKED ON REAL INPUT: {DATA} is absent"),
    pytest.mark.timeout(300),
]


def plant_days() -> dict[datetime, tuple[float, float]]:
    """kWh and m3 of each day by its start: a day is 24 hours of UTC+10, the flow is its mean in m3/s."""
    with open(DATA / "plant_daily.csv", encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    melbourne = timezone(timedelta(hours=10))
    return {
        datetime(int(row["year"]), int(row["month"]), int(row["day"]), tzinfo=melbourne): (
            float(row["total_grid"]),
            float(row["avg_inflow"]) * 86_400,
        )
        for row in rows
    }


def pue_samples() -> dict[datetime, tuple[float, float]]:
    """PUE and WUE of each 5 minutes by their start, Asia/Shanghai."""
    rows = json.loads((DATA / "pue_24h.json").read_text("utf-8"))
    return {
        datetime.fromtimestamp(row["timestamp"] / 1000, UTC).astimezone(SHANGHAI): (row["pue"], row["wue"])
        for row in rows
    }


def faulty_samples() -> dict[datetime, tuple[float, float]]:
    """The same as of 2026, with the faults."""
    faults = {datetime.fromisoformat(at).replace(tzinfo=SHANGHAI): value for at, value in FAULTS.items()}
    later = {at + LATER: sample for at, sample in pue_samples().items()}
    assert later.keys() > faults.keys()
    return {at: (faults.get(at, pue), wue) for at, (pue, wue) in later.items()}


def faulty_mapping(folder: Path) -> Mapping:
    """The mapping of the project for the faulty data centre; its file is written beside it."""
    rows = [
        {"timestamp": int(at.timestamp() * 1000), "pue": pue, "wue": wue} for at, (pue, wue) in faulty_samples().items()
    ]
    (folder / "faulty.json").write_text(json.dumps(rows), "utf-8")
    text = (MAPPINGS_DIR / "pue_24h.toml").read_text("utf-8")
    for old, new in (
        ("REPLAY-PUE", "FAULTY-PUE"),
        ("91150123MA0T949P5H", credit_code(1, "150123")),
        ("pue_24h", "faulty"),
        ("2014-02", "2026-02"),
    ):
        assert old in text
        text = text.replace(old, new)
    (folder / "faulty.toml").write_text(text, "utf-8")
    return load_mapping(folder / "faulty.toml")


@pytest.fixture(scope="module")
def client(stack: Stack, module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The API, after the series were registered, replayed by MQTT, ingested and rolled up."""
    own = tmp_path_factory.mktemp("faulty")
    mappings = [(load_mapping("plant_daily"), DATA), (load_mapping("pue_24h"), DATA), (faulty_mapping(own), own)]
    with api(database_url=module_database_url) as client:
        for mapping, _ in mappings:
            register(client, mapping)
        let_in(stack.broker, [gateway["code"] for mapping, _ in mappings for gateway in mapping.gateway])
        environment = environment_of(stack, module_database_url)
        with running("ingest", **environment), running("rollup", **environment):
            for mapping, folder in mappings:
                replay(stack, mapping, folder, tmp_path_factory.mktemp("state"))
            with psycopg.connect(module_database_url, autocommit=True) as database:
                wait_until("everything rolled up", lambda: rolled_up(database))
        found = report(module_database_url, asked=CheckAsked())
        assert found.well, found.lines()
        yield client


def register(client: TestClient, mapping: Mapping) -> None:
    for kind, rows in registry_of(mapping).by_kind().items():
        if rows:
            content, headers = csv_of(rows).encode(), {"content-type": "text/csv"}
            answer = client.post(f"/api/v1/import/{kind}", content=content, headers=headers)
            assert answer.status_code == 200, answer.text


def replay(stack: Stack, mapping: Mapping, folder: Path, state: Path) -> None:
    passwords = passwords_file(stack, [gateway["code"] for gateway in mapping.gateway], state)
    broker = broker_from_url(stack.mqtt_url(None), passwords_file=passwords)
    counts = publish(feeds_of(mapping, folder), Options(broker=broker, state_dir=state))
    assert counts.rejected == 0
    assert counts.stored > 0


def rolled_up(database: psycopg.Connection) -> bool:
    queues = ("SELECT FROM dirty_slot", "SELECT FROM late_slot", "SELECT FROM meter_change")
    return not any(database.execute(f"{queue} LIMIT 1").fetchone() is not None for queue in queues)


Row = dict[str, Any]


def rows(client: TestClient, slug: str, scope: str, start: str, end: str, bucket: str, **more: Any) -> list[Row]:
    asked = {"scope": scope, "start": start, "end": end, "bucket": bucket} | more
    answer = client.get(f"/api/v1/indicators/{slug}", params=asked)
    assert answer.status_code == 200, answer.text
    data: list[Row] = answer.json()["data"]
    return data


def only(found: list[Row]) -> Row:
    assert len(found) == 1, found
    return found[0]


def codes(row: Row) -> list[str]:
    return [reason["code"] for reason in row["reasons"]]


def start_of(row: Row) -> datetime:
    return datetime.fromisoformat(row["start"])


def plant_sums(bucket: str) -> dict[datetime, tuple[float, float, float]]:
    """kWh, m3 and measured seconds by start of the month or year of Asia/Shanghai.

    A day of UTC+10 begins at 22:00: where a month begins, 2 of its 24 hours belong to the month before.
    """
    sums: dict[datetime, tuple[float, float, float]] = defaultdict(lambda: (0.0, 0.0, 0.0))
    for day, (kwh, m3) in plant_days().items():
        midnight = day.astimezone(SHANGHAI) + 2 * HOUR
        for moment, hours in ((midnight - HOUR, 2), (midnight, 22)):
            start = moment.replace(hour=0, day=1, **({"month": 1} if bucket == "year" else {}))  # type: ignore[arg-type]
            before = sums[start]
            sums[start] = (before[0] + kwh * hours / 24, before[1] + m3 * hours / 24, before[2] + hours * 3600)
    return dict(sums)


def expected_seconds(row: Row) -> float:
    """The meters are registered from 2013-12-31 to 2017-12-29."""
    first, after = datetime(2013, 12, 31, tzinfo=SHANGHAI), datetime(2017, 12, 30, tzinfo=SHANGHAI)
    return (min(datetime.fromisoformat(row["end"]), after) - max(start_of(row), first)).total_seconds()


@pytest.mark.parametrize("bucket", ["month", "year"])
def test_energy_per_m3_of_the_plant_is_that_of_the_file(client: TestClient, bucket: str) -> None:
    wanted = plant_sums(bucket)
    begin = "2013-12-01" if bucket == "month" else "2013-01-01"
    electricity = rows(client, "unit_product_electricity", PLANT, begin, "2018-01-01", bucket)
    energy = rows(client, "unit_product_energy", PLANT, begin, "2018-01-01", bucket)
    assert [start_of(row) for row in electricity] == [start_of(row) for row in energy] == sorted(wanted)
    assert len(wanted) == {"month": 49, "year": 5}[bucket]
    assert {(row["unit"], other["unit"]) for row, other in zip(electricity, energy, strict=True)} == {
        ("kWh/m3", "kgce/m3")
    }
    for row, other in zip(electricity, energy, strict=True):
        kwh, m3, measured_s = wanted[start_of(row)]
        assert row["value"] == pytest.approx(kwh / m3, rel=RELATIVE), row["start"]
        assert row["numerator"]["value"] == pytest.approx(kwh, rel=RELATIVE)
        assert row["denominator"]["value"] == pytest.approx(m3, rel=RELATIVE)
        assert other["value"] == pytest.approx(KGCE_A_KWH * kwh / m3, rel=RELATIVE), row["start"]
        assert row["coverage"] == other["coverage"] == pytest.approx(measured_s / expected_seconds(row))


def test_no_month_of_the_plant_is_judged_since_weekends_and_whole_weeks_are_missing(client: TestClient) -> None:
    for slug in ("unit_product_electricity", "unit_product_energy"):
        months = {row["start"][:7]: row for row in rows(client, slug, PLANT, "2014-01-01", "2018-01-01", "month")}
        assert len(months) == 48
        for row in months.values():
            assert (row["verdict"], codes(row)[0]) == ("cannot_judge", "low_coverage")
            assert row["coverage"] < 0.9
        # 19 days are missing between 16 September and 6 October 2014
        assert min(months, key=lambda month: months[month]["coverage"]) == "2014-09"
        assert months["2014-09"]["coverage"] == pytest.approx((12 * 24 - 2) / (30 * 24))
        year = only(rows(client, slug, PLANT, "2014-01-01", "2015-01-01", "year"))
        assert (year["verdict"], codes(year)) == ("cannot_judge", ["low_coverage"])


def test_days_without_a_gap_are_covered_and_only_a_level_is_lacking(client: TestClient) -> None:
    days = plant_days()
    runs: list[list[datetime]] = []
    for day in sorted(days):
        if runs and runs[-1][-1] + DAY == day:
            runs[-1].append(day)
        else:
            runs.append([day])
    longest = max(runs, key=len)
    assert len(longest) >= 5
    asked = longest[0].isoformat(), (longest[-1] + DAY).isoformat()
    kwh, m3 = (sum(days[day][i] for day in longest) for i in (0, 1))
    for scope in (PLANT, "enterprise:91150303MA8URDCX8E", "area:150303", "area:150000"):
        row = only(rows(client, "unit_product_electricity", scope, *asked, "total"))
        assert (row["coverage"], codes(row)) == (1.0, ["no_limit"]), scope
        assert row["value"] == pytest.approx(kwh / m3, rel=RELATIVE), scope


def by_hour(samples: dict[datetime, tuple[float, float]], which: int) -> dict[datetime, list[float]]:
    hours: dict[datetime, list[float]] = defaultdict(list)
    for at, sample in samples.items():
        hours[at.replace(minute=0)].append(sample[which])
    return dict(hours)


@pytest.mark.parametrize(("slug", "which"), [("pue", 0), ("wue", 1)])
def test_hours_and_days_of_the_data_centre_are_ratios_of_sums(client: TestClient, slug: str, which: int) -> None:
    # the IT load is constant, so the ratio of the sums is the mean of the samples
    hours = by_hour(pue_samples(), which)
    found = rows(client, slug, CENTRE, "2014-02-24", "2014-02-26", "hour")
    assert len(found) == 48
    assert len(hours) == 17
    for row in found:
        samples = hours.get(start_of(row), [])
        if not samples:
            assert (row["value"], row["coverage"], row["verdict"]) == (None, 0.0, "cannot_judge")
            assert codes(row)[0] == "no_readings"
            continue
        assert row["value"] == pytest.approx(sum(samples) / len(samples), rel=RELATIVE), row["start"]
        assert row["coverage"] == pytest.approx(len(samples) / SAMPLES_AN_HOUR)
        assert codes(row) == ["too_short" if len(samples) == SAMPLES_AN_HOUR else "low_coverage"]
    for row in rows(client, slug, CENTRE, "2014-02-24", "2014-02-26", "day"):
        samples = [value for at, values in hours.items() if at.date() == start_of(row).date() for value in values]
        assert row["value"] == pytest.approx(sum(samples) / len(samples), rel=RELATIVE)
        assert row["coverage"] == pytest.approx(len(samples) / (24 * SAMPLES_AN_HOUR))
        assert (row["verdict"], codes(row)) == ("cannot_judge", ["low_coverage"])


def test_the_capture_has_no_wild_pue_and_its_one_high_wue_stays_in_the_sum(client: TestClient) -> None:
    samples = pue_samples()
    assert (min(pue for pue, _ in samples.values()), max(pue for pue, _ in samples.values())) == (1.058, 1.075)
    highest = max(samples, key=lambda at: samples[at][1])
    assert (highest.strftime("%H:%M"), samples[highest][1]) == ("19:10", 0.719)
    hour = [samples[highest.replace(minute=minute)][1] for minute in range(0, 60, 5)]
    start = highest.replace(minute=0)
    row = only(rows(client, "wue", CENTRE, start.isoformat(), (start + HOUR).isoformat(), "hour"))
    assert row["value"] == pytest.approx(sum(hour) / 12, rel=RELATIVE)
    assert 0.05 < row["value"] < 0.1


def booked(pue: float) -> bool:
    """Whether the meter can have measured it."""
    return 0 <= pue <= MOST_PUE


def test_wild_samples_are_suspect_where_the_meter_cannot_carry_them(client: TestClient) -> None:
    answer = client.get("/api/v1/meters/FAULTY-PUE-E01/readings", params={"limit": 1000})
    marked = {
        datetime.fromisoformat(row["ts"]).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M"): row["quality"]
        for row in answer.json()["data"]
        if row["quality"] != "good"
    }
    assert marked == {at: "suspect" for at, pue in FAULTS.items() if not booked(pue)}
    assert len(marked) == 3


def test_wild_samples_never_make_a_pue_below_one(client: TestClient) -> None:
    hours = by_hour(faulty_samples(), 0)
    found = {
        start_of(row): row
        for row in rows(client, "pue", FAULTY, "2026-02-24", "2026-02-26", "hour")
        if len(hours.get(start_of(row), [])) == SAMPLES_AN_HOUR
    }
    unjudged = {}
    for start, row in found.items():
        ratio = sum(pue for pue in hours[start] if booked(pue)) / SAMPLES_AN_HOUR
        if ratio < 1:
            assert (row["value"], row["verdict"]) == (None, "cannot_judge"), row
            unjudged[start.strftime("%d %H")] = row["reasons"][0]["code"], float(row["reasons"][0]["of"])
            assert float(row["reasons"][0]["of"]) == pytest.approx(ratio, abs=1e-3)
        else:
            assert row["value"] == pytest.approx(ratio, rel=RELATIVE)
            assert (row["verdict"], codes(row)) == ("cannot_judge", ["too_short"])
    assert {hour: code for hour, (code, _) in unjudged.items()} == dict.fromkeys(
        ["24 18", "24 21", "24 22", "24 23", "25 11"], "below_possible"
    )
    # One sample of 0.3 among twelve: 300 kW are possible, the hour becomes 1.003 instead of 1.066 and stays above 1.
    low = found[datetime(2026, 2, 24, 20, tzinfo=SHANGHAI)]
    assert 1 <= low["value"] < 1.01


def test_a_wild_high_sample_takes_its_five_minutes_only_from_the_sum_of_the_day(client: TestClient) -> None:
    samples = {at: pue for at, (pue, _) in faulty_samples().items() if at.day == 25 and 9 <= at.hour < 16}
    assert len(samples) == 84
    row = only(rows(client, "pue", FAULTY, "2026-02-25T09:00:00+08:00", "2026-02-25T16:00:00+08:00", "total"))
    assert row["value"] == pytest.approx(sum(filter(booked, samples.values())) / 84, rel=RELATIVE)
    assert row["coverage"] == pytest.approx(83 / 84)
    assert (row["verdict"], codes(row)) == ("cannot_judge", ["too_short"])
    # booked as it stands it would have made a breach of the limit of 1.5
    assert sum(samples.values()) / 84 > 1.5
    # in the evening before, with seven faults, the whole is below what can be
    evening = only(rows(client, "pue", FAULTY, "2026-02-24T17:00:00+08:00", "2026-02-25", "total"))
    assert (evening["value"], evening["verdict"]) == (None, "cannot_judge")
    assert "below_possible" in codes(evening)


def test_wue_is_not_touched_by_faults_of_the_electricity_meter(client: TestClient) -> None:
    true, faulty = (
        rows(client, "wue", unit, f"{day}T17:00:00+08:00", f"{day}T23:00:00+08:00", "hour")
        for unit, day in ((CENTRE, "2014-02-24"), (FAULTY, "2026-02-24"))
    )
    assert len(true) == 6
    assert [row["value"] for row in faulty] == [row["value"] for row in true]

"""The days of many meters in one answer: what was measured, where nothing is expected, what was found or late."""

from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.api.quality import missing as missing_readings
from services.quality.process.service import QualityJudge
from tests.integration.line import QUARTER, Line
from tests.integration.quality.test_quality import DAY, NOON_AFTER, asked, interval_day, known_since, look, quality
from tests.integration.registered import Registered

pytestmark = pytest.mark.store

__all__ = ["quality"]

DAYS = {"start": "2026-03-01", "end": "2026-03-04"}


def rows_of(client: TestClient, **parameters: Any) -> dict[str, dict[str, Any]]:
    answer = asked(client, "quality/matrix", **{**DAYS, **parameters})
    assert answer["days"] == ["2026-03-01", "2026-03-02", "2026-03-03"]
    return {row.get("meter", row["enterprise"]): row for row in answer["data"]}


def found_of(database: psycopg.Connection, kind: str, code: str, day: datetime) -> None:
    database.execute(
        "INSERT INTO finding (check_slug, subject_kind, subject_code, day, starts_at, ends_at, value, limit_value)"
        " VALUES ('stuck', %s, %s, %s, %s, %s, 9, 3)",
        [kind, code, day.date(), day, day + timedelta(hours=9)],
    )


def test_a_matrix_tells_measured_from_unexpected_from_found(
    line: Line, registered: Registered, quality: QualityJudge, database: psycopg.Connection, client: TestClient
) -> None:
    enterprise = registered.enterprise(valid_from="2026-03-02", name_zh="矿")
    gateway, unit = registered.gateway(enterprise), registered.unit(enterprise)
    given = {"unit_code": unit, "gateway_code": gateway, "kind": "interval"}
    whole, half, silent = (registered.meter(**given) for _ in range(3))
    line.send(gateway, interval_day(whole, DAY, 5.0) + interval_day(half, DAY, 5.0, without=range(48, 96)))
    line.roll_up()
    look(quality, NOON_AFTER)
    database.execute("DELETE FROM finding")
    found_of(database, "meter", half, DAY)
    found_of(database, "unit", unit, DAY + timedelta(days=1))

    rows = rows_of(client)
    assert {meter: (row["values"], row["states"]) for meter, row in rows.items()} == {
        whole: ([None, 1.0, 0.0], ".=="),
        half: ([None, 0.5, 0.0], ".!="),
        silent: ([None, 0.0, 0.0], ".=="),
    }
    assert rows[half]["findings"] == [{"day": "2026-03-02", "check": "stuck"}]
    assert (rows[whole]["unit"], rows[whole]["enterprise"], rows[whole]["area"]) == (unit, enterprise, "150622")
    findings = asked(client, "quality/findings", **DAYS)
    assert findings["names"]["unit"] == {unit: {"zh": "焦炉", "en": None}}
    assert findings["names"]["meter"] == {half: {"zh": "电表", "en": None}}
    assert rows_of(client, score="validity")[silent]["states"] == ".--"

    of_enterprise = rows_of(client, by="enterprise")[enterprise]
    assert (of_enterprise["values"], of_enterprise["states"]) == ([None, 0.5, 0.0], ".!!")
    assert "meter" not in of_enterprise
    (row,) = asked(client, "quality", scope=f"enterprise:{enterprise}", start="2026-03-02", end="2026-03-03")["data"]
    assert of_enterprise["values"][1] == row["completeness"]


def test_days_that_nobody_has_looked_at_are_said_to_wait_and_not_left_to_read_as_missing(
    line: Line, registered: Registered, quality: QualityJudge, client: TestClient
) -> None:
    enterprise = registered.enterprise(valid_from="2026-03-02")
    gateway = registered.gateway(enterprise)
    given = {"unit_code": registered.unit(enterprise), "gateway_code": gateway, "kind": "interval"}
    meters = [registered.meter(**given), registered.meter(**given)]
    line.send(gateway, [reading for meter in meters for reading in interval_day(meter, DAY, 5.0)])
    line.roll_up()

    def waiting(scope: str) -> list[Any]:
        return [asked(client, path, scope=scope, **DAYS)["pending"] for path in ("quality", "quality/matrix")]

    assert waiting(f"enterprise:{enterprise}") == 2 * [{"meter_days": 2, "since": "2026-03-02"}]
    assert waiting(f"meter:{meters[0]}") == 2 * [{"meter_days": 1, "since": "2026-03-02"}]
    assert waiting("area:150100") == [None, None]
    look(quality, NOON_AFTER)
    assert waiting("area:150000") == [None, None]


@pytest.mark.parametrize("score", ["completeness", "timeliness", "validity", "accuracy", "consistency", "composite"])
def test_a_cell_is_the_score_of_its_meter_and_day(
    line: Line,
    registered: Registered,
    quality: QualityJudge,
    database: psycopg.Connection,
    client: TestClient,
    score: str,
) -> None:
    enterprise = registered.enterprise(valid_from="2026-03-02")
    gateway = registered.gateway(enterprise)
    given = {"unit_code": registered.unit(enterprise), "gateway_code": gateway, "kind": "interval"}
    meters = [registered.meter(**given, calibrated_until="2026-03-02"), registered.meter(**given)]
    line.send(gateway, [reading for meter in meters for reading in interval_day(meter, DAY, 5.0, without=range(7, 23))])
    line.roll_up()
    look(quality, NOON_AFTER)
    known_since(database, meters[0], DAY - timedelta(days=1))
    database.execute("UPDATE quality_day SET on_time = 61, valid = 70 WHERE day = '2026-03-02'")
    found_of(database, "enterprise", enterprise, DAY)
    database.execute("UPDATE finding SET check_slug = 'balance'")

    told = asked(client, "quality", scope=f"enterprise:{enterprise}", by="meter", **DAYS)["data"]
    expected = {(row["meter"], row["start"][:10]): row[score] for row in told}
    rows = rows_of(client, score=score)
    cells = {
        (meter, day): value
        for meter, row in rows.items()
        for day, value in zip(["2026-03-02", "2026-03-03"], row["values"][1:], strict=True)
    }
    assert cells.keys() == expected.keys()
    for key, value in cells.items():
        assert value == (None if expected[key] is None else pytest.approx(expected[key], abs=1e-4))


def test_pages_of_a_matrix_go_on_where_the_page_before_ended(registered: Registered, client: TestClient) -> None:
    enterprise = registered.enterprise()
    given = {"unit_code": registered.unit(enterprise), "gateway_code": registered.gateway(enterprise)}
    meters = sorted(registered.meter(**given) for _ in range(3))
    seen, cursor = [], None
    while True:
        page = asked(client, "quality/matrix", **DAYS, limit=2, **({"cursor": cursor} if cursor else {}))
        seen += [row["meter"] for row in page["data"]]
        if (cursor := page["next"]) is None:
            break
    assert seen == meters


def test_what_is_almost_whole_does_not_read_as_whole(
    line: Line, registered: Registered, quality: QualityJudge, database: psycopg.Connection, client: TestClient
) -> None:
    meter = registered.meter(kind="interval", valid_from="2026-03-02")
    database.execute(
        "INSERT INTO quality_day (meter_id, day, readings, received, on_time, valid, resets, measured_s, checked,"
        " evaluated_at) SELECT meter_id, '2026-03-02', 96, 96, 96, 96, 0, 86399, true, now() FROM meter"
    )
    assert rows_of(client)[meter]["values"][1] == 0.9999


def test_a_history_that_was_loaded_is_not_late(
    line: Line, registered: Registered, quality: QualityJudge, database: psycopg.Connection, client: TestClient
) -> None:
    enterprise = registered.enterprise(valid_from="2026-03-02")
    gateway = registered.gateway(enterprise)
    given = {"unit_code": registered.unit(enterprise), "gateway_code": gateway, "kind": "interval"}
    loaded, out_of_line = registered.meter(**given), registered.meter(**given)
    line.send(gateway, interval_day(loaded, DAY, 5.0) + interval_day(out_of_line, DAY, 5.0))
    line.roll_up()
    look(quality, NOON_AFTER)
    # This one was known at noon: what it sent of the afternoon, months later, is late.
    known_since(database, out_of_line, DAY + timedelta(hours=12))

    day = {"start": "2026-03-02", "end": "2026-03-03"}
    rows = {row["meter"]: row for row in asked(client, "quality", by="meter", **day)["data"]}
    assert (rows[loaded]["timeliness"], rows[loaded]["timed"], rows[loaded]["expected"]) == (None, 0, 96)
    # Twelve hours, and the 45 minutes within which a reading is in time.
    assert (rows[out_of_line]["timeliness"], rows[out_of_line]["timed"]) == (0, 48 + 3)
    assert rows_of(client, score="timeliness")[loaded]["states"] == ".--"


def test_missing_readings_leave_no_page_empty(
    line: Line,
    registered: Registered,
    quality: QualityJudge,
    client: TestClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(missing_readings, "_AT_ONCE", 2)
    enterprise = registered.enterprise(valid_from="2026-03-02")
    gateway = registered.gateway(enterprise)
    given = {"unit_code": registered.unit(enterprise), "gateway_code": gateway, "kind": "interval"}
    meters = sorted(registered.meter(**given, valid_to="2026-03-03") for _ in range(5))
    # Not looked at yet: whether something is missing, only the readings say.
    line.send(gateway, [reading for meter in meters[:4] for reading in interval_day(meter, DAY, 5.0)])
    line.send(gateway, interval_day(meters[4], DAY, 5.0, without=range(8, 10)))
    page = asked(client, "quality/missing", start="2026-03-02", end="2026-03-03", limit=1)
    assert [(row["meter"], row["hour"], row["missing"]) for row in page["data"]] == [
        (meters[4], (DAY + 8 * QUARTER).isoformat(), 2)
    ]
    assert page["next"] is None
    assert page["names"]["enterprise"] == {enterprise: {"zh": "焦化厂", "en": None}}


def test_a_search_for_missing_readings_is_bounded_and_goes_on(
    line: Line, registered: Registered, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(missing_readings, "_AT_ONCE", 2)
    monkeypatch.setattr(missing_readings, "MOST_LOOKED_AT", 2)
    enterprise = registered.enterprise(valid_from="2026-03-02")
    gateway = registered.gateway(enterprise)
    given = {"unit_code": registered.unit(enterprise), "gateway_code": gateway, "kind": "interval"}
    meters = sorted(registered.meter(**given, valid_to="2026-03-03") for _ in range(3))
    line.send(gateway, [reading for meter in meters[:2] for reading in interval_day(meter, DAY, 5.0)])
    day = {"start": "2026-03-02", "end": "2026-03-03"}
    first = asked(client, "quality/missing", **day)
    assert (first["data"], first["next"] is None) == ([], False)
    rest = asked(client, "quality/missing", **day, cursor=first["next"])
    assert ({row["meter"] for row in rest["data"]}, rest["next"]) == ({meters[2]}, None)
    refused = client.get("/api/v1/quality/missing", params=day | {"format": "csv"})
    assert (refused.status_code, refused.json()["code"]) == (422, "too_much")
    assert "on more than 2 days of meters: for a file ask for fewer days" in refused.json()["detail"]
    monkeypatch.setattr(missing_readings, "MOST_LOOKED_AT", 3)
    written = client.get("/api/v1/quality/missing", params=day | {"format": "csv"})
    assert (written.status_code, len(written.text.splitlines())) == (200, 1 + 24)

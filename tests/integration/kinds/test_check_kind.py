"""A check from outside is its declaration and its row of the table: its findings and its row stand in the API."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from services.core.calendar import SHANGHAI
from services.core.data.loader import DATA
from services.core.db.connections import connect
from services.core.db.roles import DatabaseRole
from services.quality.checks.contract import CheckKind, SeriesSeen
from services.quality.checks.day import Finding
from services.quality.checks.declared import NAME
from services.quality.checks.kinds import CHECKS
from services.quality.process.service import QualityJudge
from services.quality.tables import load_quality_tables
from tests.integration.line import QUARTER, Line
from tests.integration.registered import Registered
from tests.integration.served import api

DAY = datetime(2026, 3, 2, tzinfo=SHANGHAI)
ROW = "unlucky,不吉利的读数,A reading of an unlucky number,meter,1,number=13,Enermon,own choice,no\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlucky:
    """The number that brings no luck."""

    number: float


def _unlucky(seen: SeriesSeen, limits: Unlucky) -> list[Finding]:
    first = seen.grid.cells.size - seen.grid.of_day
    return [
        Finding("unlucky", *seen.grid.span_us(first + i, first + i + 1), value, limits.number)
        for i, value in enumerate(seen.grid.day.tolist())
        if value == limits.number
    ]


UNLUCKY = CheckKind(
    slug="unlucky", subject="meter", unit="1", limits=Unlucky, of_series=_unlucky, needs_past=False, is_alerted=False
)


def test_check_of_another_finds_and_is_listed(
    line: Line,
    registered: Registered,
    database: psycopg.Connection,
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    meter = registered.meter(kind="interval")
    row = database.execute("SELECT gateway.code FROM meter JOIN gateway USING (gateway_id)").fetchone()
    assert row is not None
    line.send(row[0], [(meter, DAY + i * QUARTER, 13.0 if i == 8 else 5.0) for i in range(96)])
    line.roll_up()
    monkeypatch.setitem(CHECKS, "unlucky", UNLUCKY)
    monkeypatch.setenv("ENERMON_DATA", str(tmp_path))
    (tmp_path / NAME).write_text((DATA / NAME).read_text("utf-8") + ROW, "utf-8")
    now = DAY + timedelta(days=1, hours=12)
    with connect(database_url, role=DatabaseRole.QUALITY, application_name="test-quality") as connection:
        quality = QualityJudge(connection, load_quality_tables(tmp_path))
        quality.sweep(now)
        while quality.once(now):
            pass
    with api(database_url=database_url) as client:
        days = {"start": "2026-03-02", "end": "2026-03-03"}
        found = client.get("/api/v1/quality/findings", params={"check": "unlucky", **days}).json()["data"]
        assert [(each["subject"], each["value"], each["limit"], each["start"]) for each in found] == [
            (meter, 13.0, 13.0, "2026-03-02T02:00:00+08:00")
        ]
        checks = client.get("/api/v1/quality/checks").json()["data"]
        assert [each["name_zh"] for each in checks if each["slug"] == "unlucky"] == ["不吉利的读数"]

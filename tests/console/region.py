"""A small region with each state that a view can show: judged well and ill, not to be judged, silent, corrected."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from fastapi.testclient import TestClient

from services.api.access.role import Role
from services.core.calendar import SHANGHAI
from services.core.db.connections import connect
from services.core.db.roles import DatabaseRole
from services.quality.process.service import QualityJudge
from tests.integration.access.browser import person
from tests.integration.alerted import Raised, of_enterprise, step
from tests.integration.clock import ask_at
from tests.integration.judged import Plant, midnight
from tests.integration.line import Line
from tests.integration.registered import DALAD, HOHHOT, JUNGAR, ORDOS, SAIHAN, Registered
from tests.integration.served import shipped_tables

REGION = "150000"
NOW = datetime(2026, 11, 29, 10, tzinfo=SHANGHAI)
"""When the region is looked at: by the API, and by the browser."""
FIRST, AFTER = "2026-10-01", "2026-11-29"
GAP = ("2026-11-20", "2026-11-24")
"""Days on which the furnace told nothing."""

INPUT, LOAD, PRODUCT = ("electricity", "input"), ("electricity", "it_load"), ("product", "product")
_PUE_TEXT = {"zh": "{subject} PUE {value}，高于 {limit}", "en": "{subject}: PUE {value}, above {limit}"}


@dataclass(frozen=True)
class Looked:
    """What there is to look at."""

    enterprise: str
    furnace: str
    data_centre: str
    park: str
    gateway: str
    alerts: Mapping[str, int]
    """By where each stands."""


def build(client: TestClient, database_url: str) -> Looked:
    """The region, built through the API as of `NOW`; what the services would write, as they do."""
    ask_at(client, NOW)
    registered, line = Registered(client), Line(client, database_url)
    park = registered.park(code="P-DALU", name_zh="大路煤化工基地", name_en="Dalu chemical base", area_code=JUNGAR)
    steel = _steel(registered, line, park)
    good, unknown = _data_centres(registered, line)
    _furnace(registered, line)
    line.roll_up()
    _corrected(client, steel)
    line.roll_up()
    with psycopg.connect(database_url, autocommit=True) as database:
        alerts = _alerts(client, database, good, steel)
        _gateways(database, good.gateway, unknown.gateway)
        _people(database, steel.enterprise)
    _judge_quality(database_url)
    assert client.post(f"/api/v1/bulletins/{ORDOS}/2026-10").status_code == 201
    return Looked(steel.enterprise, steel.unit, good.unit, park, good.gateway, alerts)


def _steel(registered: Registered, line: Line, park: str) -> Plant:
    unit = {"code": "BF-1", "name_zh": "一号高炉", "name_en": "Blast furnace 1", "process": "blast_furnace"}
    plant = Plant(
        registered,
        line,
        unit=unit,
        name_zh="准格尔旗昆河钢铁联合有限责任公司",
        name_en="Kunhe Iron and Steel",
        trade="steel",
        area_code=JUNGAR,
        park_code=park,
    )
    coke, gas = ("coke", "input"), ("blast_furnace_gas", "output")
    plant.uses(FIRST, AFTER, {coke: 900.0, INPUT: 250_000.0, gas: 1_100_000.0, PRODUCT: 2000.0})
    return plant


def _data_centres(registered: Registered, line: Line) -> tuple[Plant, Plant]:
    """One with a PUE above its target, and one whose load nobody measures."""
    high = {"code": "DC-1", "name_zh": "一号机房", "name_en": "Hall 1", "process": "data_centre"}
    blind = {"code": "DC-2", "name_zh": "二号机房", "name_en": "Hall 2", "process": "data_centre"}
    plants = [
        Plant(registered, line, unit=unit, name_zh=name, trade="data_centre", area_code=area)
        for unit, name, area in ((high, "云岭数据中心", JUNGAR), (blind, "青城数据中心", SAIHAN))
    ]
    plants[0].uses(FIRST, AFTER, {INPUT: 134_000.0, LOAD: 100_000.0})
    plants[1].uses(FIRST, AFTER, {INPUT: 80_000.0})
    return plants[0], plants[1]


def _furnace(registered: Registered, line: Line) -> None:
    """A furnace above the baseline, with days of which nothing came, and one without any energy."""
    unit = {"code": "FS-1", "name_zh": "矿热炉", "name_en": "Submerged arc furnace", "process": "ferrosilicon"}
    plant = Plant(registered, line, unit=unit, name_zh="金峰硅铁", trade="ferroalloy", area_code=SAIHAN)
    amounts = {INPUT: 900_000.0, PRODUCT: 100.0}
    plant.uses(FIRST, GAP[0], amounts)
    plant.uses(GAP[1], AFTER, amounts)
    idle = Plant(registered, line, unit={"code": "ID-1", "name_zh": "停产线"}, name_zh="停产厂", area_code=DALAD)
    idle.uses(FIRST, AFTER, {INPUT: 0.0})


def _corrected(client: TestClient, plant: Plant) -> None:
    meter = plant.meter(*INPUT)
    entry = {"ts": midnight("2026-11-10").isoformat(), "kind": "replace", "value": 260_000.0, "reason": "抄表有误"}
    answer = client.post(f"/api/v1/meters/{meter}/corrections", json=entry)
    assert answer.status_code == 201, answer.text
    unknown = {"seq": 9, "readings": [{"meter": "M-NOBODY", "ts": NOW.isoformat(), "value": 1}]}
    assert client.post("/api/v1/readings", params={"gateway": plant.gateway}, json=unknown).json()["rejected"]


def _alerts(client: TestClient, database: psycopg.Connection, hall: Plant, steel: Plant) -> dict[str, int]:
    for code, name, english, area in (
        ("SB-150000", "自治区节能监察中心", "Energy supervision of the region", REGION),
        ("SB-150600", "鄂尔多斯市节能监察支队", "Energy supervision of Ordos", ORDOS),
        ("SB-150622", "准格尔旗节能监察大队", "Energy supervision of Jungar", JUNGAR),
        ("SB-150100", "呼和浩特市节能监察支队", "Energy supervision of Hohhot", HOHHOT),
    ):
        entry = {"code": code, "name_zh": name, "name_en": english, "area_code": area}
        assert client.post("/api/v1/supervision-bodies", json=entry).status_code == 201
    raised = Raised(database)
    raised.rule("pue_high", text=_PUE_TEXT)
    raised.rule("gateway_silent", indicator="gateway_silence_s", subject="gateway", period="now", severity="notice")

    def alert(since: timedelta, **given: Any) -> int:
        of = {"enterprise_code": hall.enterprise, "subject_code": hall.unit, "area_code": JUNGAR}
        evidence = {"value": 1.34, "limit": 1.3, "period": {"start": "2026-10-01", "end": "2026-11-01"}}
        last = {"value": 1.34, "limit": 1.3, "unit": "1", "coverage": 1.0}
        return raised.alert(
            **of | {"evidence": json.dumps(evidence), "last_value": json.dumps(last), "fired_at": NOW - since} | given
        )

    numbers = {
        "new": alert(timedelta(hours=5)),
        "overdue": alert(
            timedelta(days=40), severity="severe", subject_code=steel.unit, enterprise_code=steel.enterprise
        ),
        "acknowledged": alert(timedelta(days=3), rule="gateway_silent", subject_kind="gateway", severity="notice"),
        "resolved": alert(
            timedelta(days=9), resolved_at=NOW - timedelta(days=1), subject_code="FS-1", area_code=SAIHAN
        ),
        "closed": alert(timedelta(days=20), resolved_at=NOW - timedelta(days=8), subject_code="DC-2", area_code=SAIHAN),
    }
    by_enterprise = {"key": of_enterprise(database, hall.enterprise), "text": "冷机已修复"}
    steps: tuple[tuple[str, str, dict[str, str]], ...] = (
        ("acknowledged", "acknowledge", {}),
        ("closed", "acknowledge", {}),
        ("closed", "explain", by_enterprise),
        ("closed", "plan", by_enterprise | {"due_on": "2026-12-31"}),
        ("closed", "verify", {}),
        ("closed", "close", {}),
    )
    for standing, action, more in steps:
        answer = step(client, numbers[standing], action, **more)
        assert answer.status_code == 201, answer.text
    return numbers


def _gateways(database: psycopg.Connection, online: str, silent: str) -> None:
    for code, is_online, ago in ((online, True, timedelta(minutes=2)), (silent, False, timedelta(hours=19))):
        database.execute(
            "UPDATE gateway_state SET online = %s, status_at = %s, last_message_at = %s WHERE gateway_code = %s",
            [is_online, NOW - ago, NOW - ago, code],
        )


def _people(database: psycopg.Connection, enterprise: str) -> None:
    person(database, "region", Role.SUPERVISOR, display_name="自治区监察员", area=REGION)
    person(database, "ordos", Role.SUPERVISOR, display_name="鄂尔多斯监察员", area=ORDOS)
    person(database, "works", Role.ENTERPRISE, display_name="填报员", enterprise=enterprise)
    person(database, "auditor", Role.AUDITOR, display_name="审计员")
    person(database, "root", Role.ADMINISTRATOR, display_name="管理员")


def _judge_quality(database_url: str) -> None:
    with connect(database_url, role=DatabaseRole.QUALITY, application_name="test-quality") as connection:
        quality = QualityJudge(connection, shipped_tables())
        quality.sweep(NOW)
        while quality.once(NOW):
            pass

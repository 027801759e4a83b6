"""Three enterprises, two of them neighbours in one banner, and who may see which of them.

Everything that belongs to an enterprise, or to its area, bears its mark: QA, QB or QC. A mark in an answer says that
something of that enterprise was told.
"""

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from fastapi.testclient import TestClient

from services.api.access.role import Role
from services.core.calendar import SHANGHAI
from tests.integration.alerted import Raised, insert
from tests.integration.registered import HOHHOT, JUNGAR, ORDOS, SAIHAN, Registered, credit_code
from tests.signed_in import ADMINISTRATOR_KEY, add_with_key, bearer

REGION = "150000"
AT = datetime(2026, 3, 2, 8, tzinfo=SHANGHAI)
MARCH = {"start": "2026-03-01", "end": "2026-04-01"}


@dataclass(frozen=True)
class Site:
    """An enterprise with one of each thing; `of` has the numbers that were given to them."""

    mark: str
    area: str
    enterprise: str
    of: Mapping[str, Any]

    def code(self, kind: str) -> str:
        """The code of its thing of a kind: M-QA for its meter."""
        return f"{kind}-{self.mark}"


@dataclass(frozen=True)
class Asker:
    """Who asks: with which Authorization, and what it sees: of the sites by mark, and of the areas."""

    authorization: str
    sites: frozenset[str]
    areas: frozenset[str]


MARKS = frozenset({"QA", "QB", "QC"})
AREAS = frozenset({REGION, ORDOS, JUNGAR, HOHHOT, SAIHAN})
_OF_LEAGUE = frozenset({ORDOS, JUNGAR})
SEES: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "administrator": (MARKS, AREAS),
    "auditor": (MARKS, AREAS),
    "supervisor_of_region": (MARKS, AREAS),
    "supervisor_of_league": (frozenset({"QA", "QB"}), _OF_LEAGUE),
    "supervisor_of_banner": (frozenset({"QA", "QB"}), frozenset({JUNGAR})),
    "program": (MARKS, AREAS),
    "program_of_league": (frozenset({"QA", "QB"}), _OF_LEAGUE),
    "enterprise": (frozenset({"QA"}), frozenset()),
    "gateway": (frozenset({"QA"}), frozenset()),
}
"""What each sees: marks of enterprises, and areas whose sums it may ask for."""

_ACCOUNTS: Mapping[str, tuple[Role, dict[str, Any]]] = {
    "auditor": (Role.AUDITOR, {}),
    "supervisor_of_region": (Role.SUPERVISOR, {"area": REGION}),
    "supervisor_of_league": (Role.SUPERVISOR, {"area": ORDOS}),
    "supervisor_of_banner": (Role.SUPERVISOR, {"area": JUNGAR}),
    "program": (Role.PROGRAM, {}),
    "program_of_league": (Role.PROGRAM, {"area": ORDOS}),
}


def build(client: TestClient, database: psycopg.Connection) -> tuple[list[Site], dict[str, Asker]]:
    """The sites, and who asks."""
    sites = [
        _site(client, database, mark, area, credit_code(number))
        for number, (mark, area) in enumerate((("QA", JUNGAR), ("QB", JUNGAR), ("QC", SAIHAN)), start=1)
    ]
    keys: dict[str, str] = {"administrator": ADMINISTRATOR_KEY}
    for name, (role, given) in _ACCOUNTS.items():
        keys[name] = f"enk_{name}"
        add_with_key(database, name, role, key=keys[name], **given)
    keys["enterprise"] = "enk_enterprise"
    add_with_key(database, "enterprise", Role.ENTERPRISE, key=keys["enterprise"], enterprise=sites[0].enterprise)
    by = {name: bearer(key)["Authorization"] for name, key in keys.items()}
    gateway = sites[0].code("G")
    password = _Posting(client)(f"gateways/{gateway}/credentials", {})["password"]
    by["gateway"] = f"Basic {b64encode(f'{gateway}:{password}'.encode()).decode()}"
    askers = {name: Asker(by[name], *SEES[name]) for name in by}
    return sites, askers | {"nobody": Asker("", frozenset(), frozenset())}


def _site(client: TestClient, database: psycopg.Connection, mark: str, area: str, code: str) -> Site:
    registered = Registered(client)
    park = registered.park(code=f"P-{mark}", area_code=area, name_zh=f"园区{mark}")
    enterprise = registered.enterprise(credit_code=code, name_zh=f"厂{mark}", area_code=area, park_code=park)
    unit = registered.unit(enterprise, code=f"U-{mark}", name_zh=f"炉{mark}")
    gateway = registered.gateway(enterprise, code=f"G-{mark}")
    meter = registered.meter(code=f"M-{mark}", unit_code=unit, gateway_code=gateway, name_zh=f"表{mark}")
    outlet = {"credit_code": enterprise, "name_zh": f"排放口{mark}", "medium": "gas", "gateway": gateway}
    registered.put(f"outlets/DA-{mark}", outlet | {"monitored_from": "2026-03-01"})
    post = _Posting(client)
    membership = {"valid_from": "2026-06-01", "area_code": area, "park_code": park}
    post(f"enterprises/{enterprise}/memberships", membership)
    given = {"input": "feed_grade", "value": 58.4, "valid_from": "2026-01-01", "source": f"化验单{mark}"}
    post(f"units/{unit}/inputs", given)
    term = post(f"meters/{meter}/terms", {"valid_from": "2026-03-20", "multiplier": 2, "reason": f"互感器{mark}"})
    readings = [{"meter": meter, "ts": (AT + n * timedelta(minutes=15)).isoformat(), "value": n} for n in range(4)]
    unknown = {"meter": f"M-{mark}-LATER", "ts": AT.isoformat(), "value": 1}
    post(f"readings?gateway={gateway}", {"seq": 1, "readings": [*readings, unknown]})
    statistic = {"owner": f"unit:{unit}", "kind": "output", "period": "2026-01", "value": 5, "unit": "t"}
    post("statistics", statistic | {"note": mark})
    heat = {"enterprise": enterprise, "carrier": "lignite", "month": "2026-01", "ncv_mj_per_kg": 14.3}
    heat_value = post("heat-values", heat | {"laboratory": "检验中心", "report": mark})["data"][0]["id"]
    manual = {"unit_code": unit, "carrier": "diesel", "month": "2026-01", "value": 5, "unit_of_measure": "t"}
    manual_report = post("manual-reports", manual | {"document": f"GB-{mark}"})["data"][0]["id"]
    body = post("supervision-bodies", {"code": f"SB-{mark}", "name_zh": f"大队{mark}", "area_code": area})
    hook = {"channel": "webhook", "address": f"https://hooks.example.cn/{mark}"}
    of_body = post(f"supervision-bodies/{body['code']}/subscriptions", hook)["subscription_id"]
    of_enterprise = post(f"enterprises/{enterprise}/subscriptions", hook)["subscription_id"]
    rising = _raised(database, mark, area, enterprise, of_enterprise)
    rising["proposal"] = _proposed(database, mark, enterprise)
    _kept_of(database, meter)
    _emitted(database, gateway)
    numbers = {"term": term["id"], "heat_value": heat_value, "manual_report": manual_report}
    of = {**numbers, "of_body": of_body, "of_enterprise": of_enterprise, **rising}
    return Site(mark, area, enterprise, of)


def _kept_of(database: psycopg.Connection, meter: str) -> None:
    """A reading with a mark, and what was corrected, accepted and settled of it."""
    row = database.execute("SELECT meter_id FROM meter WHERE code = %s", [meter]).fetchone()
    assert row is not None
    (meter_id,) = row
    one = {"meter_id": meter_id, "ts": AT + timedelta(minutes=45)}
    said = {"reason": "看过现场", "author": "tests"}
    insert(database, "reading_mark", one | {"quality": 3})
    insert(database, "reading_acceptance", one | {"accepted_by": "tests", "reason": "看过现场"})
    insert(database, "correction", one | said | {"kind": "replace", "original_value": 3, "value": 4, "recorded_at": AT})
    stretch = {"from_ts": AT + timedelta(days=8), "to_ts": AT + timedelta(days=9), "action": "set_aside"}
    insert(database, "settlement", said | stretch | {"meter_id": meter_id})


def _emitted(database: psycopg.Connection, gateway: str) -> None:
    """An hour that a monitor told of, and how it speaks."""
    database.execute(
        "INSERT INTO emission (gateway_id, factor, grain, ts, amount, flag, sent_factor, resent, received_at)"
        " SELECT gateway_id, 'a21026', 'hour', %s, 1, 'N', '02', false, %s FROM gateway WHERE code = %s",
        (AT, AT, gateway),
    )
    database.execute(
        "INSERT INTO emission_later (gateway_id, factor, grain, ts, amount, flag, resent, received_at)"
        " SELECT gateway_id, 'a21026', 'hour', %s, 2, 'S', true, %s FROM gateway WHERE code = %s",
        (AT, AT, gateway),
    )
    counts = dict.fromkeys(("frames", "odd_length", "bad_crc", "no_key", "unfinished", "noise_bytes"), 1)
    heard = {"edition": "2017", "connected": True, "since": AT, "last_frame_at": AT}
    insert(database, "monitor_state", {"gateway_code": gateway, "address": "127.0.0.1", **heard, **counts})


def _proposed(database: psycopg.Connection, mark: str, enterprise: str) -> int:
    """A heat value of a closed month that waits for a second person."""
    entry = {"enterprise": enterprise, "carrier": "lignite", "month": "2026-02", "ncv_mj_per_kg": 14.3}
    effect = {"since": None, "open_from": AT.isoformat(), "enterprises": [enterprise], "enterprise_count": 1}
    effect |= {"meters": [], "meter_count": 0, "carrier_unit": None, "complete": None, "changes": None}
    row = database.execute(
        "INSERT INTO proposal (method, path, query, operation, content_type, body, author, enterprise_ids, effect,"
        " made_at, expires_at) SELECT 'POST', '/api/v1/heat-values', '', 'POST /api/v1/heat-values',"
        " 'application/json', %s, 'tests', ARRAY[enterprise_id], %s, now(), now() + interval '1 day'"
        " FROM enterprise WHERE credit_code = %s RETURNING proposal_id",
        (json.dumps(entry | {"laboratory": "检验中心", "report": mark}).encode(), json.dumps(effect), enterprise),
    ).fetchone()
    assert row is not None
    return int(row[0])


class _Posting:
    """Posts as the administrator, and gives the answer."""

    def __init__(self, client: TestClient) -> None:
        self._client = client

    def __call__(self, path: str, body: Any) -> Any:
        answer = self._client.post(f"/api/v1/{path}", json=body)
        assert answer.status_code < 300, answer.text
        return answer.json()


def _raised(database: psycopg.Connection, mark: str, area: str, enterprise: str, told: int) -> dict[str, Any]:
    raised, subject = Raised(database), f"U-{mark}"
    rule = raised.rule(f"rule_{mark.lower()}", title={"zh": "PUE 偏高", "en": "PUE too high"})
    alert = raised.alert(rule=rule, subject_code=subject, enterprise_code=enterprise, area_code=area)
    raised.event(alert, "fired", AT, value=1.42)
    raised.state("firing", f"unit:{subject}", rule=rule, alert_id=alert)
    message = raised.message(told, [alert])
    raised.attempt(message, "failed", f"refused by {mark}")
    silence = {"area_code": area, "enterprise_code": enterprise, "reason": mark, "author": "tests"}
    times = {"starts_at": AT, "ends_at": AT + timedelta(days=3650)}
    insert(database, "finding", _finding(subject))
    insert(database, "rejected_message", _rejected(mark))
    _foreign(database, f"G-{mark}")
    return {"alert": alert, "message": message, "silence": insert(database, "silence", silence | times)}


def _foreign(database: psycopg.Connection, gateway: str) -> None:
    """A point that nobody wants, a profile, and what is held and kept of messages of another format."""
    of_it = {"gateway_code": gateway}
    insert(database, "point", of_it | {"name": "seen"})
    insert(database, "gateway_profile", of_it | {"profile": "kepware", "version": 1})
    value = {"point": "late", "ts": AT, "value": 1, "unit": "", "flag": "", "stands_for": "moment"}
    insert(database, "held_reading", of_it | value | {"why": "unknown_point", "received_at": AT})
    example = {"reason": "where", "source": "http", "payload": b"{}", "payload_bytes": 2}
    insert(database, "foreign_example", of_it | example | {"received_at": AT})


def _finding(unit: str) -> dict[str, Any]:
    about = {"check_slug": "stuck", "subject_kind": "unit", "subject_code": unit, "day": AT.date()}
    return about | {"starts_at": AT, "ends_at": AT + timedelta(hours=1), "value": 1, "limit_value": 2, "detail": "{}"}


def _rejected(mark: str) -> dict[str, Any]:
    payload = json.dumps({"of": mark}).encode()
    about = {"gateway_code": f"G-{mark}", "topic": f"enermon/v1/G-{mark}/readings", "code": "no_json", "detail": mark}
    return about | {"received_at": AT, "payload": payload, "payload_bytes": len(payload)}

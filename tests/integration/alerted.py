"""The API with alerts in its database, written as the alert service writes them."""

import json
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import psycopg
from fastapi.testclient import TestClient

from services.api.access.role import Role
from services.core.calendar import SHANGHAI
from tests.integration.registered import JUNGAR
from tests.signed_in import ADMINISTRATOR_KEY, add_with_key, bearer

ALERTS, STATES, SILENCES, DELIVERIES = (
    f"/api/v1/{name}" for name in ("alerts", "alert-states", "silences", "deliveries")
)
EMAIL = {"channel": "email", "address": "energy@example.cn"}
NOW = datetime(2026, 3, 2, 10, tzinfo=SHANGHAI)

BODY: dict[str, Any] = {
    "slug": "pue_high",
    "indicator": "pue",
    "period": "month",
    "subject": "unit",
    "compare": {"op": ">", "number": 1.3},
    "severity": "warning",
    "title": {"zh": "数据中心 PUE 偏高", "en": "PUE too high"},
    "text": {
        "zh": "{subject} {period} PUE {value}，高于 {limit}",
        "en": "{subject} {period}: PUE {value}, above {limit}",
    },
    "source": "T12",
    "place": "1",
}

_NO_BODIES = (
    b"",
    b"{",
    b"null",
    b"[]",
    b"1",
    b"\xff\xfe\x00",
    b"[" * 60_000,
    json.dumps({"action": "x" * 10_000}).encode(),
)


def insert(database: psycopg.Connection, table: str, columns: Mapping[str, Any]) -> Any:
    """Write a row, and give its first column."""
    names, places = ", ".join(columns), ", ".join(["%s"] * len(columns))
    row = database.execute(
        f"INSERT INTO {table} ({names}) VALUES ({places}) RETURNING *", list(columns.values())
    ).fetchone()
    assert row is not None
    return row[0]


class Raised:
    """Writes rules, alerts and messages as the alert service does."""

    def __init__(self, database: psycopg.Connection) -> None:
        self._database = database

    def rule(self, slug: str = "pue_high", *, version: int = 1, shipped: bool = True, **body: Any) -> str:
        """A version of a rule."""
        self._database.execute(
            "INSERT INTO rule_version (slug, version, body, enabled, shipped, author)"
            " VALUES (%s, %s, %s, true, %s, 'alert service')",
            (slug, version, json.dumps(BODY | {"slug": slug} | body), shipped),
        )
        return slug

    def alert(self, **given: Any) -> int:
        """An alert that fires, about a unit in Jungar banner unless said otherwise."""
        columns = {
            "rule": "pue_high",
            "rule_version": 1,
            "subject_kind": "unit",
            "subject_code": "U-1",
            "severity": "warning",
            "area_code": JUNGAR,
            "fired_at": NOW - timedelta(hours=1),
            "evidence": json.dumps({"value": 1.42, "limit": 1.3}),
            "last_value": json.dumps({"value": 1.45, "unit": "1", "coverage": 0.98}),
        } | given
        return int(insert(self._database, "alert", columns))

    def event(self, alert_id: int, kind: str, at: datetime, **detail: Any) -> None:
        """What the alert service did with an alert."""
        self._database.execute(
            "INSERT INTO alert_event (alert_id, at, kind, detail) VALUES (%s, %s, %s, %s)",
            (alert_id, at, kind, json.dumps(detail)),
        )

    def state(self, state: str, subject: str, **given: Any) -> None:
        """Where a rule stands with a subject."""
        kind, _, code = subject.partition(":")
        columns = {
            "rule": "pue_high",
            "subject_kind": kind,
            "subject_code": code,
            "state": state,
            "since": NOW,
            "rule_version": 1,
            "evaluated_at": NOW,
        } | given
        insert(self._database, "alert_state", columns)

    def message(self, subscription_id: int, alert_ids: list[int], **given: Any) -> str:
        """A message about alerts, to a subscription as it stands now; to one that is gone, as `given` says."""
        columns = {
            "message_id": str(uuid.uuid4()),
            **self._told_by(subscription_id),
            "kind": "fired",
            "group_key": "g",
            "alert_ids": alert_ids,
            "content": json.dumps({"kind": "fired"}),
            "created_at": NOW,
            "not_before": NOW,
        } | given
        return str(insert(self._database, "message", columns))

    def _told_by(self, subscription_id: int) -> dict[str, Any]:
        names = ("subscription_id", "channel", "address", "body_code", "enterprise_code")
        row = self._database.execute(
            f"SELECT {', '.join(names)} FROM subscription WHERE subscription_id = %s", (subscription_id,)
        ).fetchone()
        return dict(
            zip(names, row or (subscription_id, "webhook", "https://gone.example.cn", "SB-GONE", None), strict=True)
        )

    def attempt(self, message_id: str, outcome: str, detail: str, at: datetime = NOW) -> None:
        """An attempt to send a message."""
        self._database.execute(
            "INSERT INTO delivery (message_id, at, outcome, detail, seconds) VALUES (%s, %s, %s, %s, 0.1)",
            (message_id, at, outcome, detail),
        )


def supervision_body(client: TestClient, code: str = "SB-150622", area: str = JUNGAR) -> str:
    """Register a supervision body and give its code."""
    entry = {"code": code, "name_zh": "节能监察大队", "name_en": "Energy supervision", "area_code": area}
    answer = client.post("/api/v1/supervision-bodies", json=entry)
    assert answer.status_code == 201, answer.text
    return code


def numbers(client: TestClient, **parameters: Any) -> list[int]:
    """The alerts that a filter leaves."""
    answer = client.get(ALERTS, params=parameters)
    assert answer.status_code == 200, answer.text
    return [alert["alert_id"] for alert in answer.json()["data"]]


def refusal(answer: Any) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, answer.json()["code"]


def refuses_no_bodies(client: TestClient, address: str) -> None:
    """What is posted there and is no JSON object of the right form, or too long, is refused without failing."""
    for raw in _NO_BODIES:
        answer = client.post(address, content=raw, headers={"Content-Type": "application/json"})
        assert refusal(answer) == (422, "invalid_body"), (address, raw[:20])
    assert client.post(address, content=b" " * 1_000_001).status_code == 413


def step(client: TestClient, alert_id: int, action: str, *, key: str = ADMINISTRATOR_KEY, **more: Any) -> Any:
    """A step of the handling, by the administrator unless said otherwise."""
    return client.post(f"{ALERTS}/{alert_id}/steps", json={"action": action} | more, headers=bearer(key))


def of_enterprise(database: psycopg.Connection, credit_code: str) -> str:
    """The key of a new account of an enterprise."""
    key = f"enk_{credit_code}"
    add_with_key(database, f"of.{credit_code.lower()}", Role.ENTERPRISE, key=key, enterprise=credit_code)
    return key

"""A region under watch: rules, supervision bodies and subscriptions, and the alert service's cycle at any time."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from typing import Any

import psycopg
from fastapi.testclient import TestClient

from services.alerts.cycle import Cycle, CycleOutcome
from services.alerts.notify.messages import Notifier
from services.core.calendar import SHANGHAI
from services.core.db.connections import connect, connect_to_ask
from services.core.db.roles import DatabaseRole
from tests.integration.alerted import insert
from tests.integration.judged import Plant
from tests.integration.line import Line
from tests.integration.registered import JUNGAR, ORDOS, Registered, credit_code
from tests.integration.served import shipped_tables

LINK = "https://enermon.example"
PUE: dict[str, Any] = {
    "slug": "pue_high",
    "indicator": "pue",
    "period": "day",
    "subject": "unit",
    "compare": {"op": ">", "number": 1.3},
    "severity": "warning",
    "title": {"zh": "PUE 偏高", "en": "PUE too high"},
    "text": {"zh": "{subject} PUE {value}，上限 {limit}", "en": "{subject}: PUE {value}, limit {limit}, {period}"},
    "source": "T12",
    "place": "1",
}
SILENT: dict[str, Any] = PUE | {
    "slug": "silent",
    "indicator": "gateway_silence_s",
    "period": "now",
    "subject": "gateway",
    "compare": {"op": ">=", "number": 3600},
    "severity": "notice",
    "inhibits": True,
}

INPUT, LOAD = ("electricity", "input"), ("electricity", "it_load")
DAYS = {1.42: "2026-03-02", 1.2: "2026-03-03"}
SECOND, THIRD, FOURTH = (datetime(2026, 3, day, 10, tzinfo=SHANGHAI) for day in (3, 4, 5))
"""Ten in the morning after the bad day, after the good day, and after a day without readings."""


def data_centre(registered: Registered, client: TestClient, database_url: str) -> Plant:
    """A data centre with a PUE of 1.42 on one day and 1.2 on the next."""
    line = Line(client, database_url)
    unit = {"code": "DC-1", "name_zh": "数据中心", "name_en": "Data centre", "process": "data_centre"}
    plant = Plant(registered, line, unit=unit, trade="data_centre", area_code=JUNGAR)
    for pue, day in DAYS.items():
        end = (datetime.fromisoformat(day) + timedelta(days=1)).date().isoformat()
        plant.uses(day, end, {INPUT: pue * 1000.0, LOAD: 1000.0})
    line.roll_up()
    return plant


_IN_ORDER = "created_at, subscription_id, kind, group_key"
"""Messages of one cycle share their time, and their ids are random."""


class Watch:
    """Sets up who is told of what, and looks at what was written for them."""

    def __init__(self, database: psycopg.Connection) -> None:
        self.database = database
        for code, area_code in (("jungar", JUNGAR), ("ordos", ORDOS), ("region", "150000")):
            database.execute(
                "INSERT INTO supervision_body (code, name_zh, area_code) VALUES (%s, '监察', %s)", [code, area_code]
            )

    def rule(self, body: dict[str, Any], *, version: int = 1, enabled: bool = True, **given: Any) -> None:
        """A version of a rule, as an operator writes it."""
        whole = body | given
        self.database.execute(
            "INSERT INTO rule_version (slug, version, body, enabled, shipped, author)"
            " VALUES (%s, %s, %s, %s, false, 'operator')",
            [whole["slug"], version, json.dumps(whole), enabled],
        )

    def subscription(self, body: str | None = "jungar", **given: Any) -> int:
        """Where a body is told."""
        columns = {
            "body_code": body,
            "channel": "webhook",
            "address": "https://hook.example/",
            "secrets": ["whsec_AAAA"],
        }
        return int(insert(self.database, "subscription", columns | given))

    def step(self, action: str, at: datetime, **given: Any) -> None:
        """A step of handling of the only alert."""
        columns = {"action": action, "at": at, "actor": "supervision_body:jungar"} | given
        self.database.execute(
            f"INSERT INTO alert_step (alert_id, {', '.join(columns)})"
            f" SELECT alert_id, {', '.join(['%s'] * len(columns))} FROM alert",
            list(columns.values()),
        )

    def detail(self, kind: str) -> list[dict[str, Any]]:
        """The details of all events of a kind, in order."""
        rows = self.database.execute("SELECT detail FROM alert_event WHERE kind = %s ORDER BY event_id", [kind])
        return [detail for (detail,) in rows]

    def silence(self, starts_at: datetime, ends_at: datetime, **given: Any) -> None:
        """What is not to be told."""
        columns = {
            "reason": "retrofit",
            "author": "supervision_body:jungar",
            "starts_at": starts_at,
            "ends_at": ends_at,
        }
        insert(self.database, "silence", columns | given)

    def messages(self) -> list[tuple[Any, ...]]:
        """Subscription, kind and number of alerts of every message, in order."""
        return self.database.execute(
            f"SELECT subscription_id, kind, (content ->> 'count')::int FROM message ORDER BY {_IN_ORDER}"
        ).fetchall()

    def kinds(self) -> list[str]:
        """The kind of every message, in order."""
        return [kind for _, kind, _ in self.messages()]

    def contents(self) -> list[dict[str, Any]]:
        """What every message says, in order."""
        return [c for (c,) in self.database.execute(f"SELECT content FROM message ORDER BY {_IN_ORDER}")]

    def events(self) -> list[str]:
        """What happened to alerts, in order."""
        return [kind for (kind,) in self.database.execute("SELECT kind FROM alert_event ORDER BY event_id")]

    def sent(self) -> None:
        """All messages have been taken."""
        self.database.execute("UPDATE message SET status = 'sent', attempts = 1, finished_at = created_at")


class Service:
    """The alert service without its clock and its sender."""

    def __init__(self, cycle: Cycle) -> None:
        self.cycle = cycle

    def look(self, now: datetime) -> CycleOutcome:
        """Evaluate every rule at `now`."""
        active = self.cycle.rules()
        return self.cycle.run(active, list(active), now)


@contextmanager
def service(database_url: str, *, window_s: float = 5.0) -> Iterator[Service]:
    """An alert service that has just started."""
    notifier = Notifier(window_s=window_s, link=LINK)
    with (
        closing(connect(database_url, role=DatabaseRole.ALERTS, application_name="test-alerts")) as connection,
        closing(
            connect_to_ask(database_url, role=DatabaseRole.ALERTS, application_name="test-alerts-reading")
        ) as reading,
    ):
        connection.autocommit = True
        notifier.begin(connection)
        yield Service(Cycle(connection, reading, shipped_tables(), notifier))


def register_many(database: psycopg.Connection, number: int, *, first: int = 0) -> None:
    """Enterprises over all banners, each with a unit, a meter and a gateway that was never heard."""
    numbers = range(first, first + number)
    rows = json.dumps([{"n": n, "code": credit_code(n)} for n in numbers])
    database.execute(
        "INSERT INTO enterprise (credit_code, name_zh, trade) SELECT code, '企业' || n, 'coke'"
        " FROM jsonb_to_recordset(%s) AS entry (n integer, code text)",
        [rows],
    )
    known = "FROM jsonb_to_recordset(%(rows)s) AS entry (n integer, code text) JOIN enterprise ON credit_code = code"
    banners = "(SELECT array_agg(code ORDER BY code) AS banners FROM area WHERE level = 'banner') AS every"
    for statement in (
        "INSERT INTO membership (enterprise_id, valid_from, area_code)"
        f" SELECT enterprise_id, '2025-01-01', banners[1 + n %% cardinality(banners)] {known}, {banners}",
        f"INSERT INTO unit (code, enterprise_id, name_zh) SELECT 'U' || n, enterprise_id, '线' {known}",
        f"INSERT INTO gateway (code, enterprise_id) SELECT 'G' || n, enterprise_id {known}",
        "INSERT INTO meter (code, unit_id, gateway_id, name_zh, kind, carrier, flow, unit_of_measure)"
        f" SELECT 'M' || n, unit_id, gateway_id, '表', 'counter', 'electricity', 'input', 'kWh' {known}"
        " JOIN unit ON unit.code = 'U' || n JOIN gateway ON gateway.code = 'G' || n",
    ):
        database.execute(statement.encode(), {"rows": rows})

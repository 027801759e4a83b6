"""Registers of every kind, with all that people and the field do to them, drawn by lot."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import psycopg
from fastapi.testclient import TestClient

from services.core.calendar import SHANGHAI, from_us, slot_floor_us, to_us
from tests.integration.line import Line
from tests.integration.registered import DALAD, Registered

START = datetime(2026, 3, 1, 8, 0, tzinfo=SHANGHAI)
DAYS = 4
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
KINDS: dict[str, dict[str, Any]] = {
    "COUNTER": {"kind": "counter", "multiplier": 80.0, "rated_per_hour": 90_000.0},
    "UNRATED": {"kind": "counter", "interval_s": 3600},
    "ROLLING": {"kind": "counter", "register_size": 5_100.0},
    "INTERVAL": {"kind": "interval"},
    "ENDING": {"kind": "interval", "unit_of_measure": "kW", "interval_s": 1800, "stamp": "end"},
    "GAUGE": {"kind": "gauge", "unit_of_measure": "kW"},
    "HOLDING": {"kind": "gauge", "unit_of_measure": "kW", "holds_s": 7200},
    "GRID": {"kind": "gauge", "unit_of_measure": "kW", "negative_flow": "output"},
    "BOTH": {"kind": "interval", "negative_flow": "output"},
}


class Registers:
    """One meter of each kind at an enterprise; `draw` says what they show, and what is done to them."""

    def __init__(
        self, client: TestClient, registered: Registered, line: Line, database: psycopg.Connection, draw: random.Random
    ) -> None:
        self._client, self._line, self._database, self._draw = client, line, database, draw
        self.changes = 0
        """So many were taken."""
        self.enterprise = registered.enterprise()
        self.gateway = registered.gateway(self.enterprise)
        self._unit, self._other_unit = registered.unit(self.enterprise), registered.unit(self.enterprise)
        for code, given in KINDS.items():
            registered.meter(self.enterprise, code=code, unit_code=self._unit, gateway_code=self.gateway, **given)
        self._readings = sorted(self._scans(), key=lambda reading: reading[1])
        self._held: list[tuple[str, datetime, float]] = []

    def messages(self) -> Iterator[None]:
        """Send what the meters show piece by piece, much of it late; after each piece it is there to be booked."""
        while self._readings or self._held:
            size = self._draw.randrange(50, 700)
            now, self._readings = self._readings[:size], self._readings[size:]
            late = {reading for reading in now if self._draw.random() < 0.05}
            now = [reading for reading in now if reading not in late]
            if not self._readings or self._draw.random() < 0.3:
                now, self._held = now + self._held, []
            self._held += late if self._readings else []
            self._line.send(self.gateway, now)
            yield

    def _scans(self) -> Iterator[tuple[str, datetime, float]]:
        draw = self._draw
        for code, given in KINDS.items():
            step = timedelta(seconds=given.get("interval_s", 900))
            lag = timedelta(seconds=draw.choice([0, 0, 7, 400]))
            least = -30 if "negative_flow" in given else 0
            shown = 5_000.0
            for i in range(int(DAYS * DAY / step)):
                shown = round(shown + draw.choice([0.0, 0.5, 1.25, 4.0]), 2)
                if code == "ROLLING" and shown >= 5_100:
                    shown = round(shown - 5_100, 2)
                if draw.random() < 0.03:
                    continue
                value = shown if given["kind"] == "counter" else round(draw.uniform(least, 30), 1)
                if draw.random() < 0.03:
                    value = draw.choice([0.0, value - 2, 9e6, value + 0.123456789, value / 1000])
                yield code, START + i * step + lag, value

    def change(self) -> None:
        """Something that a person does to a meter."""
        draw, code = self._draw, self._draw.choice(list(KINDS))
        at = START + draw.randrange(24 * DAYS) * HOUR
        doing = draw.choice([self._term, self._settle, self._accept, self._correct, self._replace, self._move])
        doing(code, at)

    def _term(self, code: str, at: datetime) -> None:
        said: dict[str, Any] = self._draw.choice([{"multiplier": 2}, {"interval_s": 1800}, {"rated_per_hour": 5_000}])
        self._post(f"meters/{code}/terms", {"valid_from": at.isoformat(), "reason": "工单 117", **said})

    def _settle(self, code: str, at: datetime) -> None:
        span = {"from": at.isoformat(), "to": (at + self._draw.randrange(1, 9) * HOUR).isoformat()}
        counts = KINDS[code]["kind"] == "counter"
        action = self._draw.choice(["set_aside", "accept", "swap"] if counts else ["set_aside", "accept"])
        self._post(f"meters/{code}/settlements", {**span, "action": action, "reason": "现场核实"})

    def _accept(self, code: str, at: datetime) -> None:
        ts = self._reading(code, at)
        if ts is not None:
            said = {"ts": ts.isoformat(), "reason": "抄表"}
            self._post(f"meters/{code}/acceptances", said)

    def _replace(self, code: str, at: datetime) -> None:
        if KINDS[code]["kind"] == "counter":
            said = {"ts": at.isoformat(), "final_value": 5_050.0, "first_value": 0.0, "note": "换表"}
            self._post(f"meters/{code}/replacements", said)

    def _move(self, code: str, at: datetime) -> None:
        """The meter goes to another unit, or the enterprise to another banner, from a day on."""
        day = at.date().isoformat()
        if self._draw.random() < 0.5:
            self._post(f"enterprises/{self.enterprise}/memberships", {"valid_from": day, "area_code": DALAD})
        else:
            said = {"valid_from": day, "reason": "改造", "unit_code": self._other_unit}
            self._post(f"meters/{code}/terms", said)

    def _correct(self, code: str, at: datetime) -> None:
        """As the route does it: a correction, and its slot to be booked again."""
        ts = self._reading(code, at)
        if ts is None:
            return
        self._database.execute(
            "WITH corrected AS ("
            " INSERT INTO correction (meter_id, ts, kind, original_value, value, author, reason, recorded_at)"
            " SELECT meter_id, ts, %(kind)s, reading.value, %(value)s, '那日苏', '抄错', now()"
            " FROM reading JOIN meter USING (meter_id) WHERE code = %(code)s AND ts = %(ts)s"
            " RETURNING meter_id)"
            " INSERT INTO dirty_slot (meter_id, slot) SELECT meter_id, %(slot)s FROM corrected",
            {
                "code": code,
                "ts": ts,
                "slot": from_us(slot_floor_us(to_us(ts))),
                **self._draw.choice([{"kind": "replace", "value": 17.5}, {"kind": "withdraw", "value": None}]),
            },
        )

    def _reading(self, code: str, at: datetime) -> datetime | None:
        rows = self._database.execute(
            "SELECT ts FROM reading JOIN meter USING (meter_id) WHERE code = %s AND ts >= %s ORDER BY ts LIMIT 1",
            [code, at],
        )
        return next((ts for (ts,) in rows), None)

    def _post(self, path: str, said: dict[str, Any]) -> None:
        """What is refused, because it was done already or does not fit the meter, is not done."""
        answer = self._client.post(f"/api/v1/{path}", json=said)
        assert answer.status_code in (201, 409, 422), answer.text
        assert "extra_forbidden" not in answer.text, answer.text
        self.changes += answer.status_code == 201

"""On the real store: after any corrections in any order, energy is that of the corrected readings."""

import random
from datetime import datetime
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.core.calendar import SHANGHAI, from_us, to_us
from services.core.meter import Kind, meter_rule
from services.energy.booking.booking import book
from services.energy.booking.slots import SlotEnergy
from services.provenance.verify import verify
from tests.integration.line import QUARTER, Line, booked
from tests.integration.registered import Registered

pytestmark = pytest.mark.store

START_US = to_us(datetime(2026, 3, 2, 8, 0, tzinfo=SHANGHAI))
STEP_US = int(QUARTER.total_seconds()) * 1_000_000
UNITS = {Kind.COUNTER: "kWh", Kind.INTERVAL: "kWh", Kind.GAUGE: "kW"}


class Story:
    """One meter, what was sent of it, and what people corrected."""

    def __init__(self, client: TestClient, line: Line, registered: Registered, kind: Kind) -> None:
        self._client, self._line, self.kind = client, line, kind
        owner = registered.enterprise()
        self.code = registered.meter(
            owner, gateway_code=registered.gateway(owner, code=f"G-{kind}"), kind=kind, unit_of_measure=UNITS[kind]
        )
        self._stored: dict[int, float] = {}
        self._corrections: dict[int, float | None] = {}

    def send(self, readings: dict[int, float]) -> None:
        """Send readings by their time."""
        self._line.send(f"G-{self.kind}", [(self.code, from_us(at), value) for at, value in readings.items()])
        self._stored = readings | self._stored

    def correct(self, chance: random.Random) -> None:
        """Correct something in some way; what makes no sense is refused and changes nothing."""
        at = START_US + chance.randrange(-2, 50) * STEP_US
        kind = chance.choice(["replace", "withdraw", "supply", "revoke"])
        entry: dict[str, Any] = {"ts": from_us(at).isoformat(), "kind": kind, "reason": "seen on site"}
        if kind in ("replace", "supply"):
            entry["value"] = chance.choice([0.0, 7.0, 100.0, 120.0, 131.5, 950.0])
        answer = self._client.post(f"/api/v1/meters/{self.code}/corrections", json=entry)
        if answer.status_code == 409:
            return
        assert answer.status_code == 201, answer.text
        if kind == "revoke":
            del self._corrections[at]
        else:
            self._corrections[at] = entry.get("value")

    def truth(self) -> dict[int, SlotEnergy]:
        """The batch computation over the corrected readings."""
        counting = {at: value for at, value in sorted((self._stored | self._corrections).items()) if value is not None}
        rule = meter_rule(
            kind=self.kind, unit_of_measure=UNITS[self.kind], carrier_unit="kWh", multiplier=1.0, interval_s=900
        )
        return book(list(counting), list(counting.values()), rule, corrected_us=sorted(self._corrections)).slots


@pytest.mark.parametrize("seed", range(3))
def test_energy_is_that_of_the_corrected_readings(
    client: TestClient, database_url: str, database: psycopg.Connection, registered: Registered, seed: int
) -> None:
    chance = random.Random(seed)
    line = Line(client, database_url)
    stories = [Story(client, line, registered, kind) for kind in UNITS]
    for story in stories:
        times = [START_US + i * STEP_US for i in range(48) if chance.random() < 0.9]
        chance.shuffle(times)
        while times:
            some, times = times[:12], times[12:]
            story.send({at: 100.0 + (at - START_US) // STEP_US + chance.choice([0.0, 0.0, 0.5, -40.0]) for at in some})
            if chance.random() < 0.5:
                line.roll_up()
            for _ in range(chance.randrange(8)):
                story.correct(chance)
    line.roll_up()
    for story in stories:
        assert booked(database, story.code) == story.truth(), story.kind
    assert verify(database_url).well

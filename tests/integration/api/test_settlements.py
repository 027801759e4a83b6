"""What people settle of a stretch of readings is booked, kept, shown beforehand, and can be withdrawn."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from services.core.calendar import SHANGHAI
from services.quality.process.service import QualityJudge
from tests.integration.line import Line, quarters
from tests.integration.quality.test_quality import NOON_AFTER, look, quality
from tests.integration.registered import Registered
from tests.signed_in import ADMINISTRATOR

pytestmark = pytest.mark.store

__all__ = ["quality"]

TEN = datetime(2026, 3, 2, 10, tzinfo=SHANGHAI)
QUARTER = timedelta(minutes=15)
STRETCH = {"from": "2026-03-02T10:15:00+08:00", "to": "2026-03-02T10:45:00+08:00"}
UNTIL_HALF = {"to": "2026-03-02T10:30:00+08:00"}
WORD = {"reason": "现场核实"}


class Settled:
    """An interval meter of 10 kW whose second and third quarters are 25 and -3 kWh, and what is settled of it."""

    def __init__(self, client: TestClient, line: Line, registered: Registered) -> None:
        self.client, self.line = client, line
        enterprise = registered.enterprise(valid_from="2026-03-02")
        self.unit, gateway = registered.unit(enterprise), registered.gateway(enterprise)
        self.enterprise = enterprise
        self.meter = registered.meter(
            unit_code=self.unit, gateway_code=gateway, kind="interval", rated_per_hour=10, valid_from="2026-03-02"
        )
        line.send(gateway, quarters(self.meter, TEN, [1.0, 25.0, -3.0, 2.0]))
        line.roll_up()

    def settle(self, action: str, given: Mapping[str, Any] | None = None, *, dry_run: bool = False) -> httpx.Response:
        answer: httpx.Response = self.client.post(
            f"/api/v1/meters/{self.meter}/settlements",
            json={**STRETCH, **WORD, "action": action, **(given or {})},
            params={"dry_run": True} if dry_run else {},
        )
        return answer

    def listed(self, **query: Any) -> list[dict[str, Any]]:
        answer = self.client.get(f"/api/v1/meters/{self.meter}/settlements", params=query)
        assert answer.status_code == 200, answer.text
        rows: list[dict[str, Any]] = answer.json()["data"]
        return rows

    def total(self) -> float | None:
        self.line.roll_up()
        return self.line.total(scope=f"meter:{self.meter}", start="2026-03-02", end="2026-03-03")


@pytest.fixture
def settled(client: TestClient, line: Line, registered: Registered) -> Settled:
    return Settled(client, line, registered)


def test_accepted_readings_are_booked_and_withdrawn_ones_are_not(settled: Settled) -> None:
    assert (settled.total(), settled.line.marks(settled.meter)) == (3.0, ["good", "suspect", "suspect", "good"])
    answer = settled.settle("accept", UNTIL_HALF)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert {name: made[name] for name in ("from", "to", "action", "factor", "author", "withdrawn_at")} == {
        "from": "2026-03-02T10:15:00+08:00",
        "to": "2026-03-02T10:30:00+08:00",
        "action": "accept",
        "factor": None,
        "author": ADMINISTRATOR,
        "withdrawn_at": None,
    }
    assert (settled.total(), settled.line.marks(settled.meter)) == (28.0, ["good", "good", "suspect", "good"])
    assert settled.listed() == [made]
    path = f"/api/v1/meters/{settled.meter}/settlements/{made['id']}"
    assert settled.client.delete(path).status_code == 204
    assert settled.total() == 3.0
    assert settled.listed() == []
    (kept,) = settled.listed(withdrawn=True)
    assert kept["withdrawn_at"] is not None
    assert kept["withdrawn_by"] == ADMINISTRATOR
    assert settled.client.delete(path).json()["code"] == "unknown_settlement"


def test_readings_set_aside_are_as_if_they_had_not_come(settled: Settled) -> None:
    assert settled.settle("set_aside", {"from": "2026-03-02", "to": "2026-03-02T10:15:00+08:00"}).status_code == 201
    assert (settled.total(), settled.line.marks(settled.meter)) == (2.0, ["glitch", "suspect", "suspect", "good"])


def test_the_sums_before_and_after_are_shown_and_nothing_is_written(settled: Settled) -> None:
    answer = settled.settle("accept", UNTIL_HALF, dry_run=True)
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = {
        "month": "2026-03",
        "enterprise": settled.enterprise,
        "unit": settled.unit,
        "flow": "input",
    }
    shown |= {"before": 3.0, "after": 28.0}
    assert answer.json() == {
        "dry_run": True,
        "meter": settled.meter,
        "carrier_unit": "kWh",
        "readings": 4,
        "complete": True,
        "changes": [shown],
    }
    assert (settled.total(), settled.listed(withdrawn=True)) == (3.0, [])
    made = settled.settle("accept", UNTIL_HALF).json()
    path = f"/api/v1/meters/{settled.meter}/settlements/{made['id']}"
    (change,) = settled.client.delete(path, params={"dry_run": True}).json()["changes"]
    assert (change["before"], change["after"]) == (28.0, 3.0)
    assert settled.total() == 28.0


def test_two_words_on_one_reading_are_refused(settled: Settled) -> None:
    made = settled.settle("accept").json()
    answer = settled.settle("set_aside", {"from": "2026-03-02", "to": "2026-03-03"})
    assert (answer.status_code, answer.json()["code"]) == (409, "already_settled")
    assert f"DELETE .../settlements/{made['id']}" in answer.json()["detail"]
    assert settled.settle("set_aside", {"from": STRETCH["to"], "to": "2026-03-03"}).status_code == 201


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"action": "swap"}, "action", "only_for_counters"),
        ({"action": "accept", "factor": 1000}, "factor", "only_with"),
        ({"action": "accept", "to": "2026-03-02"}, "to", "not_later"),
        ({"action": "forget"}, "action", "literal_error"),
        ({"action": "accept", "author": "那日苏"}, "author", "extra_forbidden"),
        ({"action": "accept", "from": "2026-03-02T10:15:00"}, "from", "bad_moment_or_day"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(settled: Settled, given: dict[str, Any], field: str, code: str) -> None:
    answer = settled.settle("accept", given)
    assert answer.status_code == 422, answer.text
    assert [(each["field"], each["code"]) for each in answer.json()["errors"]] == [(field, code)]


def test_a_change_of_unit_needs_its_factor(client: TestClient, registered: Registered) -> None:
    meter = registered.meter()
    path = f"/api/v1/meters/{meter}/settlements"
    answer = client.post(path, json={**STRETCH, **WORD, "action": "unit"})
    assert [(each["field"], each["code"]) for each in answer.json()["errors"]] == [("factor", "missing")]
    assert client.post(path, json={**STRETCH, **WORD, "action": "unit", "factor": 1000}).status_code == 201
    assert (
        client.post("/api/v1/meters/nobody/settlements", json={**STRETCH, **WORD, "action": "accept"}).json()["code"]
        == "unknown_meter"
    )


def test_what_fits_counters_alone_goes_by_what_the_meter_was_then(client: TestClient, registered: Registered) -> None:
    meter = registered.meter()
    term = {"valid_from": "2026-04-01", "kind": "interval", "reason": "换表"}
    assert client.post(f"/api/v1/meters/{meter}/terms", json=term).status_code == 201
    path, swap = f"/api/v1/meters/{meter}/settlements", {**WORD, "action": "swap"}
    assert client.post(path, json=swap | {"from": "2026-03-02", "to": "2026-03-03"}).status_code == 201
    answer = client.post(path, json=swap | {"from": "2026-04-01", "to": "2026-04-02"})
    assert [(each["field"], each["code"]) for each in answer.json()["errors"]] == [("action", "only_for_counters")]


def test_a_finding_goes_when_its_readings_are_settled(settled: Settled, quality: QualityJudge) -> None:
    def found() -> list[tuple[str, float]]:
        query = {"start": "2026-03-02", "end": "2026-03-03", "scope": f"meter:{settled.meter}"}
        rows = settled.client.get("/api/v1/quality/findings", params=query).json()["data"]
        return [(row["check"], row["value"]) for row in rows if row["check"] == "suspect_readings"]

    # while the day still runs
    look(quality, TEN + timedelta(hours=2))
    assert found() == [("suspect_readings", 2)]
    look(quality, NOON_AFTER)
    assert found() == [("suspect_readings", 2)]
    assert settled.settle("set_aside").status_code == 201
    settled.line.roll_up()
    look(quality, NOON_AFTER + timedelta(minutes=5))
    assert found() == []

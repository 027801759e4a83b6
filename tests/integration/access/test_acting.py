"""Who sees something acts on it only where it is theirs: a day of a meter by whose it was then, the rest by today."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.api.access.role import Role
from services.core.calendar import SHANGHAI
from tests.integration.access.asking import Asker
from tests.integration.clock import ask_at
from tests.integration.line import Line, quarters
from tests.integration.registered import DALAD, JUNGAR, KANGBASHI, ORDOS, Registered
from tests.signed_in import add_with_key

pytestmark = pytest.mark.store

OUTSIDE = (403, "outside_reach")
PASSED = datetime.now(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=3)
BEFORE, SINCE = PASSED - timedelta(hours=12), PASSED + timedelta(hours=12)
REASON = {"reason": "现场核对"}


def _key_of(client: TestClient, database: psycopg.Connection, area: str) -> Asker:
    add_with_key(database, f"of-{area}", Role.SUPERVISOR, key=f"enk_{area}", area=area)
    return Asker(client, f"enk_{area}")


@pytest.fixture
def passed(client: TestClient, registered: Registered, line: Line) -> str:
    """A meter that passed from an enterprise in Jungar to one in Dalad, with readings of both times."""
    seller, buyer = registered.enterprise(), registered.enterprise(area_code=DALAD)
    old, new = registered.gateway(seller), registered.gateway(buyer)
    meter = registered.meter(seller, gateway_code=old)
    line.send(old, quarters(meter, BEFORE, [1.0, 2.0]))
    given = {"unit_code": registered.unit(buyer), "gateway_code": new, "valid_from": PASSED.isoformat(), **REASON}
    assert client.patch(f"/api/v1/meters/{meter}", json=given).status_code == 200
    line.send(new, quarters(meter, SINCE - timedelta(minutes=30), [3.0, 4.0, 5.0, 6.0]))
    return meter


def _changes(asker: Asker, meter: str, at: datetime) -> dict[str, tuple[int, str]]:
    """What becomes of each way to change what a meter said at a time."""
    ts, quarter = at.isoformat(), timedelta(minutes=15)
    stretch = {"from": (at + 8 * quarter).isoformat(), "to": (at + 9 * quarter).isoformat()}
    bodies = {
        "corrections": {"ts": ts, "kind": "replace", "value": 1.5, **REASON},
        "acceptances": {"ts": (at + quarter).isoformat(), **REASON},
        "settlements": stretch | {"action": "set_aside", **REASON},
        "replacements": {"ts": (at + 2 * quarter).isoformat(), "final_value": 9, "first_value": 0},
    }
    return {kind: asker.send("POST", f"meters/{meter}/{kind}", body) for kind, body in bodies.items()}


def test_a_day_of_a_meter_is_changed_by_those_who_act_on_whose_it_was(
    client: TestClient, database: psycopg.Connection, passed: str
) -> None:
    dalad, ordos = _key_of(client, database, DALAD), _key_of(client, database, ORDOS)
    # In the first days of a month these days are of a closed one, and what a change does to its sums is asked besides.
    ask_at(client, PASSED + timedelta(days=1))

    assert set(_changes(dalad, passed, BEFORE).values()) == {OUTSIDE}
    assert {status for status, _ in _changes(dalad, passed, SINCE).values()} == {201}
    assert {status for status, _ in _changes(ordos, passed, BEFORE).values()} == {201}
    replaced = (BEFORE + timedelta(minutes=30)).astimezone(UTC).isoformat()
    assert dalad.send("DELETE", f"meters/{passed}/replacements/{replaced}".replace("+00:00", "Z")) == OUTSIDE


def test_a_stretch_that_reaches_into_the_time_of_another_is_not_settled(
    client: TestClient, database: psycopg.Connection, passed: str
) -> None:
    dalad = _key_of(client, database, DALAD)
    stretch = {"from": BEFORE.isoformat(), "to": SINCE.isoformat(), "action": "set_aside", **REASON}

    assert dalad.send("POST", f"meters/{passed}/settlements", stretch) == OUTSIDE


def test_of_who_has_left_nothing_is_silenced_subscribed_or_reported(
    client: TestClient, database: psycopg.Connection, registered: Registered
) -> None:
    left = registered.enterprise()
    unit, gateway = registered.unit(left), registered.gateway(left)
    meter = registered.meter(unit_code=unit, gateway_code=gateway)
    jungar, kangbashi = _key_of(client, database, JUNGAR), _key_of(client, database, KANGBASHI)
    hook = {"channel": "webhook", "address": "https://hooks.example.cn/jungar"}
    address = f"/api/v1/enterprises/{left}/subscriptions"
    before = client.post(address, json=hook | {"address": "https://hooks.example.cn/before"}).json()["subscription_id"]
    moved = {"valid_from": "2025-06-01", "area_code": KANGBASHI}
    assert client.post(f"/api/v1/enterprises/{left}/memberships", json=moved).status_code == 201

    until = {"ends_at": (datetime.now(UTC) + timedelta(days=1)).isoformat(), **REASON}
    report = {"kind": "output", "period": "2026-01", "value": 5, "unit": "t"}
    asked: list[tuple[str, dict[str, Any]]] = [
        ("silences", {"enterprise": left, **until}),
        *(
            ("silences", {"subject": subject, **until})
            for subject in (f"enterprise:{left}", f"unit:{unit}", f"gateway:{gateway}", f"meter:{meter}")
        ),
        (f"enterprises/{left}/subscriptions", hook),
        ("statistics", {"owner": f"unit:{unit}", **report}),
    ]
    assert [jungar.send("POST", path, body) for path, body in asked] == [OUTSIDE] * len(asked)
    assert jungar.send("DELETE", f"enterprises/{left}/subscriptions/{before}") == OUTSIDE
    assert {kangbashi.send("POST", path, body)[0] for path, body in asked} <= {200, 201}
    assert kangbashi.send("DELETE", f"enterprises/{left}/subscriptions/{before}")[0] == 204


def test_reported_numbers_of_areas_are_for_those_who_supervise(
    client: TestClient, database: psycopg.Connection, registered: Registered
) -> None:
    own = registered.enterprise()
    add_with_key(database, "works", Role.ENTERPRISE, key="enk_works", enterprise=own)
    works, jungar = Asker(client, "enk_works"), _key_of(client, database, JUNGAR)
    report = {"owner": f"area:{ORDOS}", "kind": "coal_consumption", "period": "2025", "value": 5, "unit": "tce"}
    answer = client.post("/api/v1/statistics", json=report)
    assert answer.status_code == 200, answer.text

    assert jungar.codes(f"statistics?owner=area:{ORDOS}", "kind") == ["coal_consumption"]
    assert works.codes(f"statistics?owner=area:{ORDOS}", "kind") == []
    assert works.codes("statistics", "kind") == []

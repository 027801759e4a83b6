"""An area acts on what belongs to it today; what left it is the affair of the area it went to."""

from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.api.access.role import Role
from services.core.calendar import SHANGHAI
from tests.integration.access.asking import Asker
from tests.integration.access.test_reach import jungar, ordos
from tests.integration.registered import DALAD, JUNGAR, KANGBASHI, Registered
from tests.signed_in import add_with_key, bearer

__all__ = ["jungar", "ordos"]

pytestmark = pytest.mark.store

ENDS_LATER = (datetime.now(SHANGHAI) + timedelta(days=30)).isoformat()


@pytest.fixture
def left(registered: Registered) -> str:
    """An enterprise that was in Jungar and has belonged to Dalad since June 2025."""
    enterprise = registered.enterprise()
    moved = {"valid_from": "2025-06-01", "area_code": DALAD}
    assert registered.client.post(f"/api/v1/enterprises/{enterprise}/memberships", json=moved).status_code == 201
    return enterprise


def memberships(client: TestClient, enterprise: str) -> list[tuple[str, str]]:
    rows = client.get(f"/api/v1/enterprises/{enterprise}/memberships").json()["data"]
    return sorted((row["valid_from"], row["area"]["code"] if "area" in row else row["area_code"]) for row in rows)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "", {"valid_from": "2025-07-01", "area_code": JUNGAR}),
        ("PATCH", "/2025-06-01", {"area_code": JUNGAR}),
        ("DELETE", "/2025-06-01", None),
        ("PATCH", "/2025-01-01", {"area_code": JUNGAR}),
        ("DELETE", "/2025-01-01", None),
    ],
)
def test_an_area_does_not_take_back_what_has_left_it(
    jungar: Asker, client: TestClient, left: str, method: str, path: str, body: Any
) -> None:
    before = memberships(client, left)
    assert jungar.send(method, f"enterprises/{left}/memberships{path}", body) == (403, "outside_reach")
    assert memberships(client, left) == before == [("2025-01-01", JUNGAR), ("2025-06-01", DALAD)]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "", {"valid_from": "2025-07-01", "area_code": DALAD}),
        ("PATCH", "/2025-01-01", {"area_code": DALAD}),
        ("DELETE", "/2025-01-01", None),
    ],
)
def test_where_it_belongs_today_the_days_of_another_area_stay_as_they_are(
    client: TestClient, database: psycopg.Connection, left: str, method: str, path: str, body: Any
) -> None:
    add_with_key(database, "zhao", Role.SUPERVISOR, key="enk_zhao", area=DALAD)
    dalad = Asker(client, "enk_zhao")
    answer = dalad.send(method, f"enterprises/{left}/memberships{path}", body)
    assert (answer[0] == 201) if method == "POST" else (answer == (403, "outside_reach"))


def test_the_area_above_both_moves_an_enterprise_between_them(ordos: Asker, client: TestClient, left: str) -> None:
    address = f"enterprises/{left}/memberships"
    assert ordos.send("PATCH", f"{address}/2025-06-01", {"area_code": KANGBASHI})[0] == 200
    assert ordos.send("DELETE", f"{address}/2025-06-01")[0] == 204
    assert memberships(client, left) == [("2025-01-01", JUNGAR)]


def test_a_key_of_an_area_sees_what_its_author_proposed_there_alone(
    client: TestClient, database: psycopg.Connection, registered: Registered
) -> None:
    ids = {}
    for area in (JUNGAR, DALAD):
        code = registered.enterprise(area_code=area)
        row = database.execute(
            "INSERT INTO proposal (method, path, query, operation, content_type, body, author, enterprise_ids, effect,"
            " made_at, expires_at) SELECT 'DELETE', '/x', '', 'DELETE /api/v1/heat-values/{number}', '', '', 'li',"
            ' ARRAY[enterprise_id], \'{"since": null, "open_from": "2026-01-01T00:00:00Z", "enterprises": [],'
            ' "enterprise_count": 1, "meters": [], "meter_count": 0, "carrier_unit": null, "complete": null,'
            " \"changes\": null}', now(), now() + interval '1 day' FROM enterprise WHERE credit_code = %s"
            " RETURNING proposal_id",
            (code,),
        ).fetchone()
        assert row is not None
        ids[area] = row[0]
    add_with_key(database, "li", Role.SUPERVISOR, key="enk_li", area="150600")
    made = client.post("/api/v1/accounts/li/keys", json={"name": "k", "areas": [DALAD]}).json()["key"]

    def seen(key: str) -> list[int]:
        listed = client.get("/api/v1/proposals?order=proposal_id", headers=bearer(key)).json()["data"]
        return [each["proposal_id"] for each in listed]

    assert seen(made) == [ids[DALAD]]
    assert seen("enk_li") == sorted(ids.values())
    assert client.get(f"/api/v1/proposals/{ids[JUNGAR]}", headers=bearer(made)).status_code == 404
    declined = client.post(f"/api/v1/proposals/{ids[JUNGAR]}/decline", headers=bearer(made))
    assert (declined.status_code, declined.json()["code"]) == (404, "unknown_proposal")


def test_a_supervisor_silences_what_a_code_alone_names_in_its_area(
    jungar: Asker, client: TestClient, registered: Registered
) -> None:
    own, other = registered.enterprise(), registered.enterprise(area_code=DALAD)
    registered.unit(own, code="ZGR-1")
    registered.unit(own, code="ZGR-2")
    registered.gateway(own, code="ZGR-2")
    registered.gateway(other, code="ZGR-1")
    registered.unit(other, code="DLT-1")
    asked = {"reason": "检修", "ends_at": ENDS_LATER}

    def silence(**given: Any) -> tuple[int, Any]:
        answer = client.post("/api/v1/silences", json=asked | given, headers=bearer("enk_wang"))
        body = answer.json()
        if answer.status_code == 201:
            return 201, body["subject"]
        return answer.status_code, [(each["field"], each["code"]) for each in body.get("errors", [])] or body["code"]

    assert silence(subject="ZGR-1") == (201, "unit:ZGR-1")
    assert silence(subject="ZGR-2") == (422, [("subject", "of_several_kinds")])
    assert silence(subject="gateway:ZGR-2") == (201, "gateway:ZGR-2")
    assert silence(subject="ZGR-2", area=JUNGAR) == (201, "ZGR-2")
    assert silence(subject="DLT-1") == (422, [("subject", "unknown")])
    assert silence(subject="150600") == (403, "outside_reach")
    whole = client.post("/api/v1/silences", json=asked | {"subject": "ZGR-1"}).json()
    assert whole["subject"] == "ZGR-1"

"""What an account sees, and what it may write, is held in the database itself."""

from datetime import datetime

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.api.access.role import Role
from services.core.calendar import SHANGHAI
from tests.integration.access.asking import Asker
from tests.integration.line import Line, quarters
from tests.integration.registered import DALAD, JUNGAR, KANGBASHI, ORDOS, Registered
from tests.signed_in import add_with_key, bearer

pytestmark = pytest.mark.store


@pytest.fixture
def jungar(client: TestClient, database: psycopg.Connection) -> Asker:
    """A supervisor of Jungar Banner."""
    add_with_key(database, "wang", Role.SUPERVISOR, key="enk_wang", area=JUNGAR)
    return Asker(client, "enk_wang")


@pytest.fixture
def ordos(client: TestClient, database: psycopg.Connection) -> Asker:
    """A supervisor of the league above it."""
    add_with_key(database, "li", Role.SUPERVISOR, key="enk_li", area=ORDOS)
    return Asker(client, "enk_li")


@pytest.fixture
def two(registered: Registered) -> tuple[str, str]:
    """Meters of an enterprise in Jungar and of one in Dalad, both banners of Ordos."""
    own = registered.meter(registered.enterprise())
    other = registered.meter(registered.enterprise(area_code=DALAD))
    return own, other


def test_a_supervisor_sees_the_meters_of_its_area_and_of_those_below(
    jungar: Asker, ordos: Asker, two: tuple[str, str]
) -> None:
    own, other = two

    assert jungar.codes("meters") == [own]
    assert sorted(ordos.codes("meters")) == sorted(two)
    assert jungar.get(f"meters/{other}")[0] == 404
    assert jungar.get(f"energy?scope=meter:{other}")[0] == 404
    assert jungar.get(f"energy?scope=meter:{own}")[0] == 200


def test_the_area_beside_and_the_one_above_are_refused(jungar: Asker, two: tuple[str, str]) -> None:
    for area in (DALAD, ORDOS, "150000"):
        status, body = jungar.get(f"energy?scope=area:{area}")
        assert (status, body["code"]) == (403, "outside_reach")  # type: ignore[index]


def test_a_question_that_names_no_place_is_about_its_own(jungar: Asker, two: tuple[str, str]) -> None:
    status, body = jungar.get("energy")

    assert (status, body["scope"]) == (200, f"area:{JUNGAR}")  # type: ignore[index]


def test_a_supervisor_registers_in_its_own_area_alone(jungar: Asker, registered: Registered) -> None:
    entry = {"credit_code": "91150622MA0N0000XF", "name_zh": "厂", "trade": "coke", "valid_from": "2026-01-01"}

    assert jungar.send("POST", "enterprises", entry | {"area_code": DALAD}) == (403, "outside_reach")
    assert jungar.send("POST", "enterprises", entry | {"area_code": JUNGAR})[0] == 201


def test_who_left_is_still_seen_and_no_longer_acted_on(
    jungar: Asker, registered: Registered, database: psycopg.Connection
) -> None:
    left = registered.enterprise()
    unit = registered.unit(left)
    moved = {"valid_from": "2025-06-01", "area_code": KANGBASHI}
    assert registered.client.post(f"/api/v1/enterprises/{left}/memberships", json=moved).status_code == 201

    assert jungar.codes("enterprises", "credit_code") == [left]
    assert jungar.send("PATCH", f"enterprises/{left}", {"name_zh": "别名"}) == (403, "outside_reach")
    assert jungar.send("DELETE", f"units/{unit}") == (403, "outside_reach")
    assert database.execute("SELECT count(*) FROM unit").fetchone() == (1,)


def test_an_enterprise_sees_its_own_alone(
    client: TestClient, database: psycopg.Connection, registered: Registered
) -> None:
    own, other = registered.enterprise(), registered.enterprise()
    meter, _ = registered.meter(own), registered.meter(other)
    add_with_key(database, "works", Role.ENTERPRISE, key="enk_works", enterprise=own)
    works = Asker(client, "enk_works")

    assert works.codes("enterprises", "credit_code") == [own]
    assert works.codes("meters") == [meter]
    assert works.send("PATCH", f"meters/{meter}", {"name_zh": "别名"}) == (403, "not_allowed")
    assert works.get(f"energy?scope=enterprise:{other}")[0] == 404
    assert works.get("energy")[1]["scope"] == f"enterprise:{own}"  # type: ignore[index]


def test_nobody_comes_in_without_a_key_or_with_a_wrong_one(client: TestClient) -> None:
    bare = client.get("/api/v1/meters", headers={"Authorization": ""})
    wrong = client.get("/api/v1/meters", headers=bearer("enk_wrong"))

    assert (bare.status_code, bare.json()["code"]) == (401, "not_signed_in")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "not_signed_in")
    assert bare.headers["www-authenticate"].startswith("Bearer")


def test_the_list_of_progress_is_that_of_its_own_areas(jungar: Asker, ordos: Asker) -> None:
    def areas(asker: Asker) -> set[str]:
        return {row["area"]["code"] for row in asker.get("progress?year=2025&limit=200")[1]["data"]}  # type: ignore[index]

    assert areas(jungar) == {JUNGAR}
    assert {ORDOS, JUNGAR} <= areas(ordos)
    assert not {"150000", "150100"} & areas(ordos)


def test_who_had_a_meter_is_not_told_what_it_gives_its_next_owner(
    client: TestClient, database: psycopg.Connection, registered: Registered, line: Line
) -> None:
    old, new = registered.enterprise(), registered.enterprise()
    meter = registered.meter(old)
    unit, gateway = registered.unit(new), registered.gateway(new)
    moved = {"unit_code": unit, "gateway_code": gateway, "valid_from": "2026-03-02", "reason": "转让"}
    assert client.patch(f"/api/v1/meters/{meter}", json=moved).status_code == 200
    start = datetime(2026, 3, 3, tzinfo=SHANGHAI)
    line.send(gateway, quarters(meter, start, [1.0, 2.0]))
    line.roll_up()
    add_with_key(database, "works", Role.ENTERPRISE, key="enk_works", enterprise=old)
    works = Asker(client, "enk_works")

    march = "start=2026-03-01&end=2026-04-01"
    assert works.get(f"meters/{meter}/readings")[0] == 404
    assert works.get(f"meters/{meter}/corrections")[0] == 404
    assert works.get(f"energy?scope=meter:{meter}&{march}")[0] == 404
    assert works.get(f"quality?scope=meter:{meter}&{march}")[0] == 404
    rows = works.get(f"energy?{march}&bucket=total&by=meter")[1]["data"]  # type: ignore[index]
    assert [row["quantity"] for row in rows] == [None], "of March it had one day, of which nothing came"

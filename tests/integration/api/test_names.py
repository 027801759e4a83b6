"""Answers say what their codes are called, once each, and to nobody more than may be seen."""

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.api.access.reach import Reach
from services.api.access.role import Role
from services.api.database import Database
from services.api.names import Called, NamedKind, names_of_codes
from services.judging.data.tables import load_tables
from tests.integration.registered import DALAD, JUNGAR, ORDOS, Registered
from tests.signed_in import add_with_key

pytestmark = pytest.mark.store


def test_a_list_names_what_its_rows_have_codes_of(client: TestClient, registered: Registered) -> None:
    park = registered.park(name_zh="大路工业园区", name_en="Dalu Industrial Park")
    owner = registered.enterprise(name_zh="准格尔焦化", park_code=park)
    unit = registered.unit(owner, name_zh="一号焦炉", process="coking_top")
    registered.meter(owner, unit_code=unit)

    assert client.get("/api/v1/enterprises").json()["names"] == {
        "area": {JUNGAR: {"zh": "准格尔旗", "en": "Jungar Banner"}},
        "park": {park: {"zh": "大路工业园区", "en": "Dalu Industrial Park"}},
        "trade": {"coke": {"zh": "焦化", "en": "coke"}},
    }
    assert client.get("/api/v1/units").json()["names"] == {
        "enterprise": {owner: {"zh": "准格尔焦化", "en": None}},
        "process": {"coking_top": {"zh": "煤制焦炭（顶装焦炉）", "en": "Coking, top-charged ovens"}},
    }
    assert client.get("/api/v1/meters").json()["names"]["unit"] == {unit: {"zh": "一号焦炉", "en": None}}
    assert client.get("/api/v1/areas", params={"parent": ORDOS, "limit": 1}).json()["names"]["area"] == {
        ORDOS: {"zh": "鄂尔多斯市", "en": "Ordos City"}
    }


def test_one_thing_names_what_it_has_codes_of(client: TestClient, registered: Registered) -> None:
    park = registered.park(name_zh="大路工业园区", name_en="Dalu Industrial Park")
    owner = registered.enterprise(name_zh="准格尔焦化", park_code=park, valid_from="2026-01-01")
    unit = registered.unit(owner, name_zh="一号焦炉", process="coking_top")
    meter = registered.meter(owner, unit_code=unit)
    jungar = {JUNGAR: {"zh": "准格尔旗", "en": "Jungar Banner"}}
    dalu = {park: {"zh": "大路工业园区", "en": "Dalu Industrial Park"}}

    def names(path: str) -> dict[str, object]:
        found: dict[str, object] = client.get(f"/api/v1/{path}").json()["names"]
        return found

    moved = {"area_code": DALAD, "valid_from": "2026-02-01"}
    assert client.post(f"/api/v1/enterprises/{owner}/memberships", json=moved).status_code == 201
    dalad = {DALAD: {"zh": "达拉特旗", "en": "Dalad Banner"}}
    assert names(f"enterprises/{owner}") == {"area": jungar | dalad, "park": dalu}
    assert names(f"enterprises/{owner}/memberships") == {"area": jungar | dalad, "park": dalu}
    assert names(f"parks/{park}") == {"area": jungar}
    assert names(f"units/{unit}")["enterprise"] == {owner: {"zh": "准格尔焦化", "en": None}}
    assert names(f"meters/{meter}")["unit"] == {unit: {"zh": "一号焦炉", "en": None}}
    assert names(f"meters/{meter}/terms")["unit"] == {unit: {"zh": "一号焦炉", "en": None}}


def test_a_page_without_codes_has_no_names_in_it(client: TestClient, registered: Registered) -> None:
    registered.unit(registered.enterprise(), process=None)
    assert client.get("/api/v1/units").json()["names"]["process"] == {}
    assert client.get("/api/v1/carriers", params={"limit": 1}).json()["names"] == {}


def test_names_are_held_back_with_what_they_name(database_url: str, registered: Registered) -> None:
    own, other = registered.enterprise(name_zh="己"), registered.enterprise(name_zh="彼", area_code=DALAD)
    its_unit = registered.unit(other)
    codes: dict[NamedKind, list[str | None]] = {
        NamedKind.ENTERPRISE: [own, other, None],
        NamedKind.UNIT: [its_unit],
        NamedKind.PROCESS: ["none_such"],
        NamedKind.AREA: ["999999"],
    }
    database = Database(database_url)
    try:
        with database.within(Reach(enterprise=own)).read() as connection:
            names = names_of_codes(connection, codes, load_tables())
    finally:
        database.close()
    assert names == {
        NamedKind.ENTERPRISE: {own: Called(zh="己", en=None)},
        NamedKind.UNIT: {},
        NamedKind.PROCESS: {},
        NamedKind.AREA: {},
    }


def test_an_account_is_listed_with_the_name_of_what_it_is_bound_to(
    client: TestClient, database: psycopg.Connection
) -> None:
    add_with_key(database, "wang", Role.SUPERVISOR, key="enk_wang", area=JUNGAR)
    answer = client.get("/api/v1/accounts", params={"q": "wang"})
    assert answer.json()["names"]["area"] == {JUNGAR: {"zh": "准格尔旗", "en": "Jungar Banner"}}

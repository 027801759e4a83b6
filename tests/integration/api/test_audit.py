"""The audit as it is asked for."""

import csv
import io
import json
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.api.access.role import Role
from services.api.access.seen import SHOWING
from services.api.audit import export
from tests.integration.alerted import EMAIL
from tests.integration.registered import Registered
from tests.integration.served import document
from tests.signed_in import ADMINISTRATOR, add_with_key, bearer

AUDIT = "/api/v1/audit"


def entries(client: TestClient, **asked: Any) -> list[dict[str, Any]]:
    answer = client.get(AUDIT, params=asked)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"])


def test_a_change_says_who_made_it_with_which_request_and_from_what_to_what(
    client: TestClient, registered: Registered
) -> None:
    meter = registered.meter(registered.enterprise(), name_zh="电表")
    answer = client.patch(f"/api/v1/meters/{meter}", json={"name_zh": "总表"})
    (entry,) = entries(client, subject=meter, action="update", kind="meter")
    assert (entry["account"], entry["credential"]) == (ADMINISTRATOR, "api_key 1")
    assert entry["request"] == answer.headers["X-Request-ID"]
    assert (entry["before"]["name_zh"], entry["after"]["name_zh"]) == ("电表", "总表")
    assert (entry["database_role"], entry["seal"]) == ("enermon_api", None)


def test_the_list_is_narrowed_ordered_counted_and_cut_into_pages(client: TestClient, registered: Registered) -> None:
    first, second = registered.enterprise(), registered.enterprise()
    assert [row["subject"] for row in entries(client, kind="enterprise")] == [second, first]
    assert [row["subject"] for row in entries(client, kind="enterprise", order="id")] == [first, second]
    page = client.get(AUDIT, params={"kind": "enterprise,membership", "limit": 1, "total": True}).json()
    assert (len(page["data"]), page["total"]) == (1, 4)
    following = client.get(AUDIT, params={"kind": "enterprise,membership", "limit": 1, "cursor": page["next"]}).json()
    assert following["data"][0]["id"] < page["data"][0]["id"]
    assert entries(client, kind="enterprise", account="second.admin") == []
    assert entries(client, kind="enterprise", end="2026-01-01") == []
    assert len(entries(client, kind="enterprise", start="2026-01-01", end="2100-01-01")) == 2


def test_only_administrators_and_auditors_read_it(client: TestClient, database: psycopg.Connection) -> None:
    add_with_key(database, "auditor", Role.AUDITOR, key="enk_auditor")
    add_with_key(database, "region", Role.SUPERVISOR, key="enk_region", area="150000")
    assert client.get(AUDIT, headers=bearer("enk_auditor")).json()["data"]
    refused = client.get(AUDIT, headers=bearer("enk_region"))
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")


def test_no_digest_of_a_key_is_shown(client: TestClient) -> None:
    shown = [row["after"]["token_sha256"] for row in entries(client, kind="api_key")]
    assert shown
    assert all(text.startswith("sha256 ") and len(text) == len("sha256 ") + 32 for text in shown)


def test_an_import_is_one_note_beside_its_rows(client: TestClient) -> None:
    table = "code,name_zh,kind,area_code\nP-1,园区,ordinary,150622\nP-2,园区,ordinary,150622\n"
    answer = client.post("/api/v1/import/parks", content=table.encode(), headers={"Content-Type": "text/csv"})
    assert answer.status_code == 200, answer.text
    (noted,) = entries(client, kind="import")
    assert (noted["subject"], noted["action"], noted["detail"]["created"]) == ("parks", "note", 2)
    assert {row["batch"] for row in entries(client, kind="park")} == {noted["batch"]}


def test_who_sees_addresses_of_people_is_noted_once_in_a_while(client: TestClient, registered: Registered) -> None:
    owner = registered.enterprise()
    address = f"/api/v1/enterprises/{owner}/subscriptions"
    assert client.post(address, json=EMAIL).status_code == 201
    for _ in range(3):
        assert client.get(address).status_code == 200
    (noted,) = entries(client, kind="personal_data", subject=address)
    assert noted["account"] == ADMINISTRATOR
    assert noted["detail"]["operation"] == "GET /api/v1/enterprises/{credit_code}/subscriptions"


def test_an_export_is_a_file_and_stands_in_the_audit(client: TestClient, registered: Registered) -> None:
    owner = registered.enterprise(name_zh="=1+1")
    answer = client.get(f"{AUDIT}/export", params={"kind": "enterprise"})
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, "text/csv")
    (line,) = csv.DictReader(io.StringIO(answer.text))
    assert (line["subject"], line["action"], line["account"]) == (owner, "insert", ADMINISTRATOR)
    assert json.loads(line["after"])["name_zh"] == "=1+1"
    (noted,) = entries(client, kind="export")
    assert (noted["subject"], noted["detail"]) == ("audit", {"entries": 1, "kind": ["enterprise"]})


def test_a_file_that_would_be_too_long_is_refused(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "MOST_EXPORTED", 1)
    answer = client.get(f"{AUDIT}/export")
    assert (answer.status_code, answer.json()["code"]) == (422, "too_many_entries")


def test_an_export_of_several_pages_has_each_entry_once(
    client: TestClient, registered: Registered, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "_PAGE", 1)
    codes = [registered.enterprise() for _ in range(3)]
    answer = client.get(f"{AUDIT}/export", params={"kind": "enterprise"})
    assert [line["subject"] for line in csv.DictReader(io.StringIO(answer.text))] == codes[::-1]


def _shows(schema: Any, schemas: dict[str, Any], met: set[str]) -> bool:
    """Whether an answer of this form holds an address of a person."""
    if isinstance(schema, dict):
        name = str(schema.get("$ref", "")).rpartition("/")[2]
        if name and name not in met:
            met.add(name)
            return _shows(schemas[name], schemas, met)
        return bool({"address", "email"} & schema.get("properties", {}).keys()) or any(
            _shows(part, schemas, met) for part in schema.values()
        )
    return isinstance(schema, list) and any(_shows(part, schemas, met) for part in schema)


def test_every_answer_with_addresses_of_people_is_noted() -> None:
    api = document()
    showing = {
        f"GET {path}"
        for path, operations in api["paths"].items()
        if "get" in operations
        and _shows(operations["get"]["responses"].get("200", {}), api["components"]["schemas"], set())
    }
    assert showing | {"GET /api/v1/audit"} == SHOWING


@pytest.mark.parametrize("name", ["account", "database_role", "credential", "request", "kind", "subject"])
@pytest.mark.parametrize("value", ["\x00", "a\x00b"])
def test_what_is_no_text_is_refused_as_in_every_list(client: TestClient, name: str, value: str) -> None:
    for path in (AUDIT, f"{AUDIT}/export"):
        answer = client.get(path, params={name: value})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_parameter")

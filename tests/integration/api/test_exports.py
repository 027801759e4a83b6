"""Lists as files: the whole of what JSON would say, page after page, at one moment, for the same eyes."""

import csv
import io
from datetime import datetime
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient
from openpyxl import load_workbook

from services.api.access.role import Role
from services.api.export import exports
from services.api.export.pages import ListPages
from services.api.guard.cost import AnswerForm
from services.api.paging import Pager
from services.core.calendar import SHANGHAI
from tests.integration.line import Line
from tests.integration.registered import JUNGAR, ORDOS, Registered
from tests.signed_in import add_with_key, bearer

AT = datetime(2026, 3, 2, tzinfo=SHANGHAI)
MARCH = {"start": "2026-03-01", "end": "2026-04-01", "by": "enterprise", "bucket": "month"}


def lines(client: TestClient, address: str, **given: Any) -> list[dict[str, str]]:
    """The rows of a list as CSV."""
    answer = client.get(f"/api/v1/{address}", params={"format": "csv"} | given)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


@pytest.fixture
def parks(registered: Registered) -> list[str]:
    return [registered.park(code=f"P-{number}", name_zh=f"园区{number}") for number in range(5)]


def test_a_file_has_the_whole_list_whatever_the_page(
    client: TestClient, parks: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "_ENTRIES_A_PAGE", 2)
    assert [row["编码"] for row in lines(client, "parks", limit=1)] == parks
    assert [row["编码"] for row in lines(client, "parks", limit=1, order="-code")] == parks[::-1]
    answer = client.get("/api/v1/parks", params={"format": "json", "lang": "en", "limit": 1})
    assert [row["code"] for row in answer.json()["data"]] == parks[:1]


def test_a_list_too_long_for_a_file_is_refused_with_what_to_ask_instead(
    client: TestClient, parks: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = len(client.get("/api/v1/parks").json()["data"][0])
    monkeypatch.setattr(exports, "_FORMS", {"csv": AnswerForm("CSV", 2, columns * (len(parks) - 1))})
    refused = client.get("/api/v1/parks", params={"format": "csv"})
    assert (refused.status_code, refused.json()["code"]) == (422, "too_much")
    assert f"more rows of {columns} columns than a file may have" in refused.json()["detail"]
    monkeypatch.setattr(exports, "_FORMS", {"csv": AnswerForm("CSV", 2, columns * len(parks))})
    assert len(lines(client, "parks")) == len(parks)


def test_a_file_is_of_one_moment(
    client: TestClient, registered: Registered, parks: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "_ENTRIES_A_PAGE", 2)
    cut = Pager.cut
    is_added: list[str] = []

    def added_meanwhile(self: Pager, *given: Any) -> Any:
        if not is_added:
            is_added.append(registered.park(code="P-9", name_zh="后来的园区"))
        return cut(self, *given)

    monkeypatch.setattr(Pager, "cut", added_meanwhile)
    assert [row["编码"] for row in lines(client, "parks")] == parks
    assert [row["编码"] for row in lines(client, "parks")] == [*parks, "P-9"]


def test_names_stand_beside_codes_in_the_language_asked_for(client: TestClient, parks: list[str]) -> None:
    (row, *_) = lines(client, "parks", lang="en", q="P-0")
    assert (row["Area code"], row["Area code (name)"], row["Name"]) == (JUNGAR, "Jungar Banner", "园区0")


def test_a_workbook_of_sums_adds_up_to_what_the_api_says_and_names_its_coefficients(
    client: TestClient, registered: Registered, line: Line
) -> None:
    for value in (1000.0, 234.5):
        owner = registered.enterprise()
        gateway = registered.gateway(owner)
        code = registered.meter(owner, gateway_code=gateway, kind="interval", interval_s=3600)
        line.send(gateway, [(code, AT, value)])
    line.roll_up()
    said = client.get("/api/v1/energy", params=MARCH).json()
    answer = client.get("/api/v1/energy", params=MARCH | {"format": "xlsx"})
    assert answer.status_code == 200, answer.text
    book: Any = load_workbook(io.BytesIO(answer.content))
    heading, *rows = book["数据"].iter_rows(values_only=True)
    quantity, coal = heading.index("实物量（单位见“计量单位”列）"), heading.index("标准煤（当量值）（tce）")
    assert sum(row[quantity] for row in rows) == 1234.5 == sum(row["quantity"] for row in said["data"])
    assert sum(row[coal] for row in rows) == sum(row["tce_calorific"] for row in said["data"])
    used = {(row["code"], row["source"], row["place"]) for row in said["rows"]}
    titles, *sources = book["来源"].iter_rows(values_only=True)
    code, source, place = (titles.index(title) for title in ("行", "来源文件", "位置（条款、行）"))
    assert {(row[code], row[source], row[place]) for row in sources} == used != set()
    query = dict(row[:2] for row in book["查询"].iter_rows(values_only=True))
    assert query["查询账号"] == "admin"
    assert query["查询地址"].endswith("/api/v1/energy?start=2026-03-01&end=2026-04-01&by=enterprise&bucket=month")
    assert query["摘要（同一结果 CSV 的 SHA-256）"] == answer.headers["X-CSV-SHA256"]


def test_who_sees_less_is_given_less(client: TestClient, registered: Registered, database: psycopg.Connection) -> None:
    own, other = registered.enterprise(), registered.enterprise()
    add_with_key(database, "works", Role.ENTERPRISE, key="enk_works", enterprise=own)
    answer = client.get("/api/v1/enterprises", params={"format": "csv"}, headers=bearer("enk_works"))
    assert own in answer.text
    assert other not in answer.text
    assert client.get("/api/v1/audit", params={"format": "csv"}, headers=bearer("enk_works")).status_code == 403
    stranger = client.get("/api/v1/parks", params={"format": "csv"}, headers={"Authorization": ""})
    assert (stranger.status_code, stranger.json()["code"]) == (401, "not_signed_in")


def test_a_file_with_addresses_of_people_is_one_note_of_the_audit(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "_ENTRIES_A_PAGE", 1)
    assert len(lines(client, "accounts")) > 1
    noted = client.get("/api/v1/audit", params={"kind": "personal_data"}).json()["data"]
    (note,) = [each for each in noted if each["subject"] == "/api/v1/accounts"]
    assert note["detail"]["query"] == "format=csv"


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ("format=pdf", "format", "literal_error"),
        ("format=csv&lang=fr", "lang", "literal_error"),
        ("format=csv&format=xlsx", "format", "repeated_parameter"),
        ("format=csv&colour=red", "colour", "unknown_parameter"),
    ],
)
def test_what_is_not_known_is_refused(client: TestClient, query: str, field: str, code: str) -> None:
    answer = client.get(f"/api/v1/parks?{query}")
    assert answer.status_code == 422
    assert [(each["field"], each["code"]) for each in answer.json()["errors"]] == [(field, code)]


def test_what_a_list_refuses_its_file_refuses(client: TestClient) -> None:
    asked = MARCH | {"scope": f"area:{ORDOS}", "by": "area,league", "format": "xlsx"}
    refused = client.get("/api/v1/energy", params=asked)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_by")
    assert refused.headers["content-type"] == "application/problem+json"


def test_one_thing_is_no_file(client: TestClient) -> None:
    answer = client.get(f"/api/v1/areas/{ORDOS}", params={"format": "csv"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "no_parameters")


def test_a_list_too_long_for_a_file_is_known_by_its_first_page(
    client: TestClient, parks: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "_ENTRIES_A_PAGE", 1)
    columns = len(client.get("/api/v1/parks").json()["data"][0])
    taken: list[int] = []
    take = ListPages.take

    def counted(self: ListPages, body: bytes) -> str | None:
        taken.append(1)
        return take(self, body)

    monkeypatch.setattr(ListPages, "take", counted)
    monkeypatch.setattr(exports, "_FORMS", {"csv": AnswerForm("CSV", 2, columns * (len(parks) - 1))})
    assert client.get("/api/v1/parks", params={"format": "csv"}).json()["code"] == "too_much"
    assert len(taken) == 1
    monkeypatch.setattr(exports, "_FORMS", {"csv": AnswerForm("CSV", 2, columns * len(parks))})
    assert len(lines(client, "parks")) == len(parks)
    assert len(taken) == 1 + len(parks)

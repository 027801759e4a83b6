"""Bulk import: every faulty row is named, and all rows are written or none."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import openpyxl
import psycopg
import pytest
from fastapi.testclient import TestClient

from services.api.export.described import CSV, XLSX
from services.api.limited import MEGABYTE, Limits
from services.api.registry import importing
from services.api.routes import importable
from tests.integration.registered import JUNGAR, ORDOS, Registered, credit_code
from tests.integration.served import api

NOTHING = {"created": 0, "updated": 0, "unchanged": 0, "skipped": 0, "hidden": 0, "error_count": 0, "errors": []}
PARK_HEADER = ("code", "name_zh", "name_en", "kind", "area_code")


def as_csv(*rows: Sequence[object], encoding: str = "utf-8-sig") -> bytes:
    stream = io.StringIO()
    csv.writer(stream).writerows(rows)
    return stream.getvalue().encode(encoding)


def as_xlsx(*rows: Sequence[object]) -> bytes:
    workbook = openpyxl.Workbook(write_only=True)
    sheet = workbook.create_sheet()
    for row in rows:
        sheet.append(row)
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def imported(
    client: TestClient, kind: str, body: bytes, *, content_type: str = CSV, dry_run: bool = False, **how: str
) -> Any:
    return client.post(
        f"/api/v1/import/{kind}",
        params={"dry_run": dry_run, **how},
        content=body,
        headers={"Content-Type": content_type},
    )


class HereWork:
    """Does work in this process, where a bound may be patched."""

    def done(self, _limits: Limits, work: Callable[..., Any], *given: Any) -> Any:
        return work(*given)


def places(answer: Any) -> list[tuple[int, str, str]]:
    return [(error["line"], error["field"], error["code"]) for error in answer.json()["errors"]]


def count(client: TestClient, kind: str) -> int:
    return len(client.get(f"/api/v1/{kind}?limit=1000").json()["data"])


@pytest.fixture(scope="module")
def unchanged(module_database_url: str) -> Iterator[TestClient]:
    """The API on one database for the tests that write nothing."""
    with api(database_url=module_database_url) as client:
        yield client


@pytest.mark.parametrize("kind", ["parks", "enterprises", "units", "gateways", "meters"])
@pytest.mark.store
def test_the_template_can_be_imported_as_it_is(client: TestClient, kind: str) -> None:
    for earlier in ("parks", "enterprises", "units", "gateways", "meters"):
        template = client.get(f"/api/v1/import/{earlier}/template")
        assert template.headers["content-type"].startswith(CSV)
        answer = imported(client, earlier, template.content)
        assert (answer.status_code, answer.json()["created"]) == (200, 1), answer.text
        if earlier == kind:
            break
    assert count(client, kind) == 1


def test_a_whole_registry_comes_from_workbooks(client: TestClient, registered: Registered) -> None:
    park = registered.park(area_code=ORDOS)
    first, second = credit_code(101), credit_code(102)
    files: dict[str, list[tuple[object, ...]]] = {
        "enterprises": [
            ("credit_code", "name_zh", "trade", "area_code", "park_code", "valid_from"),
            (first, "焦化厂", "coke", int(JUNGAR), park, "2025-01-01"),
            (second, "数据中心", "data_centre", JUNGAR, None, "2025-01-01"),
        ],
        "units": [("code", "credit_code", "name_zh"), ("U-1", first, "焦炉"), ("U-2", second, "机房")],
        "gateways": [("code", "credit_code"), ("G-1", first), ("G-2", second)],
        "meters": [
            (
                "code",
                "unit_code",
                "gateway_code",
                "name_zh",
                "kind",
                "carrier",
                "flow",
                "unit_of_measure",
                "multiplier",
                "interval_s",
            ),
            ("M-1", "U-1", "G-1", "总表", "counter", "electricity", "input", "kWh", 6000, 900),
            ("M-2", "U-2", "G-2", "机柜", "gauge", "electricity", "it_load", "kW", 1.5, None),
        ],
    }
    for kind, rows in files.items():
        answer = imported(client, kind, as_xlsx(*rows), content_type=XLSX)
        assert answer.json() == NOTHING | {"dry_run": False, "rows": 2, "created": 2}
    enterprise = client.get(f"/api/v1/enterprises/{first}").json()
    assert enterprise["membership"] == {"area_code": JUNGAR, "park_code": park, "valid_from": "2025-01-01"}
    meter = client.get("/api/v1/meters/M-2").json()
    assert (meter["multiplier"], meter["interval_s"], meter["register_size"]) == (1.5, 900, None)
    assert client.get("/api/v1/meters/M-1").json()["multiplier"] == 6000


def test_every_faulty_row_is_named_with_line_field_and_reason(client: TestClient, registered: Registered) -> None:
    registered.park(code="P-OLD")
    body = as_csv(
        PARK_HEADER,
        ("P-1", "甲", "", "ordinary", JUNGAR),
        ("", "乙", "", "ordinary", JUNGAR),
        ("P-3", "", "", "huge", "15"),
        (),
        ("P-1", "丁", "", "ordinary", JUNGAR),
        ("P-OLD", "戊", "", "ordinary", JUNGAR),
        ("P-7", "己", "", "ordinary", "150000"),
        ("P-8", "庚", "", "ordinary", JUNGAR, "more"),
    )
    expected = [
        (3, "code", "missing"),
        (4, "name_zh", "missing"),
        (4, "kind", "literal_error"),
        (4, "area_code", "bad_area_code"),
        (6, "code", "repeated_in_file"),
        (7, "code", "already_exists"),
        (8, "area_code", "not_below_league"),
        (9, "area_code", "cell_count"),
    ]
    tried = imported(client, "parks", body, dry_run=True)
    assert tried.status_code == 200
    assert (tried.json()["rows"], tried.json()["created"], tried.json()["error_count"]) == (7, 0, 8)
    assert places(tried) == expected
    assert tried.json()["errors"][4]["reason"] == "P-1 stands in line 2 too"
    assert tried.json()["errors"][4]["reason_zh"] == "P-1 与第 2 行重复"

    refused = imported(client, "parks", body)
    assert (refused.status_code, refused.json()["code"]) == (422, "import_refused")
    assert refused.headers["content-type"] == "application/problem+json"
    assert places(refused) == expected
    assert count(client, "parks") == 1


def test_a_dry_run_writes_nothing(client: TestClient, database: psycopg.Connection) -> None:
    before = database.execute("SELECT revision FROM registry_revision").fetchone()
    body = as_csv(PARK_HEADER, ("P-1", "甲", "", "ordinary", JUNGAR))
    answer = imported(client, "parks", body, dry_run=True)
    outcome = {"line": 2, "key": "P-1", "outcome": "create", "fields": []}
    assert answer.json() == NOTHING | {"dry_run": True, "rows": 1, "outcomes": [outcome]}
    assert count(client, "parks") == 0
    assert database.execute("SELECT revision FROM registry_revision").fetchone() == before


def test_a_mistyped_dry_run_writes_nothing(client: TestClient) -> None:
    body = as_csv(PARK_HEADER, ("P-1", "甲", "", "ordinary", JUNGAR))
    answer = client.post("/api/v1/import/parks?dryrun=true", content=body, headers={"Content-Type": CSV})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_parameter")
    assert count(client, "parks") == 0


def test_lines_are_those_a_person_sees_in_the_sheet(unchanged: TestClient) -> None:
    body = as_xlsx((), PARK_HEADER, (), ("P-1", "甲", None, "ordinary", JUNGAR), (None, None), ("P-2", "乙", None, "x"))
    answer = imported(unchanged, "parks", body, content_type=XLSX, dry_run=True)
    assert places(answer) == [(6, "kind", "literal_error"), (6, "area_code", "missing")]
    assert answer.json()["rows"] == 2


def test_lines_are_those_a_person_sees_in_the_file(unchanged: TestClient) -> None:
    body = 'code,name_zh,kind,area_code\n"P-1","甲\n乙",ordinary,150622\nP-2,丙,x,150622\n'.encode()
    assert places(imported(unchanged, "parks", body, dry_run=True)) == [
        (2, "name_zh", "bad_character"),
        (4, "kind", "literal_error"),
    ]


def test_columns_that_are_unknown_missing_or_repeated_are_named(unchanged: TestClient) -> None:
    body = as_csv(("code", "nmae_zh", "kind", "kind", "area_code"), ("P-1", "甲", "ordinary", "ordinary", JUNGAR))
    answer = imported(unchanged, "parks", body)
    assert answer.status_code == 422
    assert places(answer) == [
        (1, "nmae_zh", "unknown_column"),
        (1, "kind", "repeated_column"),
        (1, "name_zh", "missing_column"),
    ]


def test_files_of_chinese_spreadsheets_in_gb18030_are_read(client: TestClient) -> None:
    body = as_csv(PARK_HEADER, ("P-1", "鄂尔多斯零碳产业园", "", "zero_carbon", JUNGAR), encoding="gb18030")
    assert imported(client, "parks", body).status_code == 200
    assert client.get("/api/v1/parks/P-1").json()["name_zh"] == "鄂尔多斯零碳产业园"


def test_meters_are_judged_like_those_registered_one_by_one(client: TestClient, registered: Registered) -> None:
    owner, other = registered.enterprise(), registered.enterprise()
    unit, gateway, stranger = registered.unit(owner), registered.gateway(owner), registered.gateway(other)
    header = (
        "code",
        "unit_code",
        "gateway_code",
        "name_zh",
        "kind",
        "carrier",
        "flow",
        "unit_of_measure",
        "multiplier",
    )
    body = as_csv(
        header,
        ("M-1", unit, stranger, "表", "counter", "electricity", "input", "kWh", "1"),
        ("M-2", unit, gateway, "表", "gauge", "electricity", "input", "kWh", "1"),
        ("M-3", "none", gateway, "表", "counter", "peat", "input", "kWh", "1"),
        ("M-4", unit, gateway, "表", "counter", "electricity", "input", "kWh", "1,000"),
    )
    assert places(imported(client, "meters", body)) == [
        (2, "gateway_code", "other_enterprise"),
        (3, "unit_of_measure", "gauge_needs_rate"),
        (4, "unit_code", "unknown"),
        (4, "carrier", "unknown"),
        (5, "multiplier", "comma_in_number"),
    ]


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"", CSV, 422, "invalid_body"),
        (b"code,name_zh,kind,area_code\n", CSV, 422, "invalid_body"),
        (b"\xff\xfe\x00\xd8", CSV, 422, "invalid_body"),
        (b'code,name_zh\nP-1,"open', CSV, 422, "invalid_body"),
        (b"PK\x03\x04 a workbook", CSV, 415, "unsupported_media_type"),
        (b"code\n", XLSX, 422, "invalid_body"),
        (b"{}", "application/json", 415, "unsupported_media_type"),
        (b"x" * 10_000_001, CSV, 413, "too_large"),
        (b"code,name_zh,kind,area_code\n" + b"P,x,ordinary,150622\n" * 50_001, CSV, 413, "too_large"),
    ],
)
def test_a_file_that_is_no_table_is_refused(
    unchanged: TestClient, body: bytes, content_type: str, status: int, code: str
) -> None:
    answer = imported(unchanged, "parks", body, content_type=content_type)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


def test_fifty_thousand_meters_are_imported_at_once(client: TestClient, registered: Registered) -> None:
    owner = registered.enterprise()
    unit, gateway = registered.unit(owner), registered.gateway(owner)
    header = ("code", "unit_code", "gateway_code", "name_zh", "kind", "carrier", "flow", "unit_of_measure")
    rows = ((f"M-{number:05}", unit, gateway, "表", "counter", "electricity", "sub", "kWh") for number in range(50_000))
    body = as_csv(header, *rows)
    answer = imported(client, "meters", body)
    assert (answer.status_code, answer.json()["created"]) == (200, 50_000)
    assert client.get("/api/v1/meters/M-49999").json()["unit_code"] == unit


def outcomes(answer: Any) -> list[tuple[int, str | None, str, list[str]]]:
    return [(row["line"], row["key"], row["outcome"], row["fields"]) for row in answer.json()["outcomes"]]


def test_rows_of_what_is_registered_are_left_alone_on_request(client: TestClient, registered: Registered) -> None:
    registered.park(code="P-OLD")
    body = as_csv(PARK_HEADER, ("P-OLD", "新名", "", "ordinary", JUNGAR), ("P-1", "甲", "", "ordinary", JUNGAR))
    assert places(imported(client, "parks", body)) == [(2, "code", "already_exists")]
    tried = imported(client, "parks", body, existing="skip", dry_run=True)
    assert outcomes(tried) == [(2, "P-OLD", "skip", []), (3, "P-1", "create", [])]
    answer = imported(client, "parks", body, existing="skip").json()
    assert (answer["created"], answer["skipped"], answer["updated"]) == (1, 1, 0)
    assert client.get("/api/v1/parks/P-OLD").json()["name_zh"] != "新名"


def test_rows_of_what_is_registered_change_it_on_request(client: TestClient, registered: Registered) -> None:
    registered.park(code="P-OLD", name_zh="旧名", name_en="Old", kind="ordinary", area_code=JUNGAR)
    registered.park(code="P-SAME", name_zh="同", name_en=None, kind="ordinary", area_code=JUNGAR)
    body = as_csv(
        PARK_HEADER,
        ("P-OLD", "新名", "", "zero_carbon", JUNGAR),
        ("P-SAME", "同", "", "ordinary", JUNGAR),
        ("P-1", "甲", "", "ordinary", JUNGAR),
    )
    tried = imported(client, "parks", body, existing="update", dry_run=True)
    assert outcomes(tried) == [
        (2, "P-OLD", "update", ["name_zh", "kind"]),
        (3, "P-SAME", "unchanged", []),
        (4, "P-1", "create", []),
    ]
    answer = imported(client, "parks", body, existing="update").json()
    assert (answer["created"], answer["updated"], answer["unchanged"]) == (1, 1, 1)
    park = client.get("/api/v1/parks/P-OLD").json()
    assert (park["name_zh"], park["kind"]) == ("新名", "zero_carbon")
    assert park["name_en"] == "Old", "an empty cell says nothing"


def test_an_update_by_file_is_judged_as_a_change_of_one(client: TestClient, registered: Registered) -> None:
    park = registered.park(code="P-OLD", area_code=JUNGAR)
    registered.enterprise(park_code=park, area_code=JUNGAR)
    body = as_csv(("code", "name_zh", "kind", "area_code"), ("P-OLD", "名", "ordinary", "150700"))
    answer = imported(client, "parks", body, existing="update")
    assert places(answer) == [(2, "area_code", "members_elsewhere")]
    assert answer.json()["errors"][0]["cell"] == "D2"


def test_a_file_does_not_change_what_has_its_own_address(client: TestClient, registered: Registered) -> None:
    owner = registered.enterprise(area_code=JUNGAR, valid_from="2025-01-01")
    header = ("credit_code", "name_zh", "trade", "area_code", "valid_from")
    body = as_csv(header, (owner, "新名", "coke", "150602", "2025-01-01"))
    assert places(imported(client, "enterprises", body, existing="update")) == [(2, "area_code", "not_by_import")]
    body = as_csv(header, (owner, "新名", "coke", JUNGAR, "2025-01-01"))
    assert imported(client, "enterprises", body, existing="update").json()["updated"] == 1
    assert client.get(f"/api/v1/enterprises/{owner}").json()["name_zh"] == "新名"


def test_the_file_that_registered_an_enterprise_changes_its_name_after_it_has_moved(
    client: TestClient, registered: Registered
) -> None:
    owner = registered.enterprise(area_code=JUNGAR, valid_from="2025-01-01")
    moved = {"area_code": "150603", "park_code": None, "valid_from": "2025-07-01"}
    assert client.post(f"/api/v1/enterprises/{owner}/memberships", json=moved).status_code == 201
    header = ("credit_code", "name_zh", "trade", "area_code", "valid_from")
    body = as_csv(header, (owner, "新名", "coke", JUNGAR, "2025-01-01"))
    assert imported(client, "enterprises", body, existing="update").json()["updated"] == 1
    enterprise = client.get(f"/api/v1/enterprises/{owner}").json()
    assert (enterprise["name_zh"], enterprise["membership"]["area_code"]) == ("新名", "150603")
    body = as_csv(header, (owner, "新名", "coke", "150603", "2025-01-01"))
    assert places(imported(client, "enterprises", body, existing="update")) == [(2, "valid_from", "not_by_import")]


def test_what_readings_mean_is_not_changed_by_a_file(client: TestClient, registered: Registered) -> None:
    meter = registered.meter()
    known = client.get(f"/api/v1/meters/{meter}").json()
    header = [name for name, value in known.items() if value is not None and name != "names"]
    body = as_csv(header, [known[name] if name != "multiplier" else 777 for name in header])
    assert places(imported(client, "meters", body, existing="update")) == [(2, "multiplier", "dated_field")]
    body = as_csv(header, [known[name] if name != "name_zh" else "新名" for name in header])
    assert imported(client, "meters", body, existing="update").json()["updated"] == 1
    assert client.get(f"/api/v1/meters/{meter}").json()["name_zh"] == "新名"


def test_what_readings_mean_is_changed_by_a_file_from_a_day_on(client: TestClient, registered: Registered) -> None:
    owner = registered.enterprise()
    meters = [registered.meter(owner, multiplier=600) for _ in range(2)]
    header = (
        "code",
        "unit_code",
        "gateway_code",
        "name_zh",
        "kind",
        "carrier",
        "flow",
        "unit_of_measure",
        "multiplier",
    )
    known = [client.get(f"/api/v1/meters/{meter}").json() for meter in meters]
    rows = [[each[name] for name in header[:-1]] for each in known]
    body = as_csv(header, [*rows[0], 800], [*rows[1], 600])
    how: dict[str, Any] = {"existing": "update", "dated_from": "2026-03-01", "reason": "互感器更换"}
    tried = imported(client, "meters", body, dry_run=True, **how)
    assert outcomes(tried) == [(2, meters[0], "update", ["multiplier"]), (3, meters[1], "unchanged", [])]
    assert len(client.get(f"/api/v1/meters/{meters[0]}/terms").json()["data"]) == 1
    answer = imported(client, "meters", body, **how).json()
    assert (answer["updated"], answer["unchanged"]) == (1, 1)
    first, second = client.get(f"/api/v1/meters/{meters[0]}/terms").json()["data"]
    assert (first["multiplier"], second["multiplier"], second["reason"]) == (600, 800, "互感器更换")
    assert second["valid_from"].startswith("2026-03-01T00:00:00+08:00")
    body = as_csv(header, [*rows[0], 900], [*rows[1], "0"])
    refused = imported(client, "meters", body, **how)
    assert places(refused) == [(2, "valid_from", "already_exists"), (3, "multiplier", "greater_than_equal")]


@pytest.mark.parametrize("before", ["output", None])
def test_a_file_makes_no_counter_of_a_meter_that_measures_both_ways(
    client: TestClient, registered: Registered, before: str | None
) -> None:
    meter = registered.meter(kind="interval", negative_flow=before)
    header = ("code", "unit_code", "gateway_code", "name_zh", "carrier", "flow", "unit_of_measure")
    known = client.get(f"/api/v1/meters/{meter}").json()
    how: dict[str, Any] = {"existing": "update", "dated_from": "2026-03-01", "reason": "换表"}
    body = as_csv((*header, "kind", "negative_flow"), [*(known[name] for name in header), "counter", "output"])
    refused = imported(client, "meters", body, **how)
    assert places(refused) == [(2, "negative_flow", "not_for_counters")]
    assert client.get(f"/api/v1/meters/{meter}").json() == known


def test_a_file_changes_what_has_dates_of_a_bounded_number_of_meters(
    client: TestClient, registered: Registered, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "MOST_DATED", 1)
    monkeypatch.setattr(importable, "_work", HereWork())
    owner = registered.enterprise()
    header = ("code", "unit_code", "gateway_code", "name_zh", "kind", "carrier", "flow", "unit_of_measure")
    known = [client.get(f"/api/v1/meters/{registered.meter(owner, multiplier=600)}").json() for _ in range(3)]
    rows = [[each[name] for name in header] for each in known]
    how: dict[str, Any] = {"existing": "update", "dated_from": "2026-03-01", "reason": "互感器更换"}
    body = as_csv((*header, "multiplier"), [*rows[0], 800], [*rows[1], 800])
    for dry_run in (True, False):
        refused = imported(client, "meters", body, dry_run=dry_run, **how)
        (error,) = refused.json()["errors"]
        assert (refused.status_code, error["field"], error["code"]) == (422, "dated_from", "too_many_dated")
    assert client.get(f"/api/v1/meters/{known[0]['code']}").json()["multiplier"] == 600
    body = as_csv((*header, "multiplier"), [*rows[0], 800], [*rows[1], 600], [*rows[2], 600])
    assert imported(client, "meters", body, **how).json()["updated"] == 1


@pytest.mark.parametrize(
    ("how", "fault"),
    [
        ({"dated_from": "2026-03-01", "reason": "x"}, ("dated_from", "only_with")),
        ({"existing": "update", "dated_from": "2026-03-01"}, ("reason", "missing")),
        ({"existing": "update", "reason": "x"}, ("reason", "only_with")),
    ],
)
def test_how_a_file_changes_what_has_dates_is_said_whole(
    unchanged: TestClient, how: dict[str, Any], fault: tuple[str, str]
) -> None:
    answer = imported(unchanged, "meters", b"code\n", **how)
    assert answer.status_code == 422
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [fault]


def test_the_sender_may_say_how_a_file_was_saved(client: TestClient) -> None:
    body = as_csv(PARK_HEADER, ("P-1", "P煤", "", "ordinary", JUNGAR), encoding="gbk")
    refused = imported(client, "parks", body)
    assert refused.json()["code"] == "invalid_body"
    assert "which reads ú, or GB18030, which reads 煤" in refused.json()["detail"]
    assert imported(client, "parks", body, encoding="gbk").status_code == 200
    assert client.get("/api/v1/parks/P-1").json()["name_zh"] == "P煤"


def test_hidden_rows_are_refused_left_out_or_read_as_the_sender_says(unchanged: TestClient) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in (PARK_HEADER, ("P-1", "甲", None, "ordinary", JUNGAR), ("P-2", "乙", None, "ordinary", JUNGAR)):
        sheet.append(row)
    sheet.row_dimensions[3].hidden = True
    stream = io.BytesIO()
    workbook.save(stream)

    def tried(**how: str) -> Any:
        return imported(unchanged, "parks", stream.getvalue(), content_type=XLSX, dry_run=True, **how)

    assert places(tried()) == [(3, "row", "hidden_row")]
    skipped = tried(hidden_rows="skip")
    assert outcomes(skipped) == [(2, "P-1", "create", []), (3, None, "hidden", [])]
    assert (skipped.json()["rows"], skipped.json()["hidden"]) == (1, 1)
    assert [row["key"] for row in tried(hidden_rows="take").json()["outcomes"]] == ["P-1", "P-2"]


def test_an_import_that_takes_too_much_writes_nothing(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    body = as_csv(PARK_HEADER, ["P-1", "园区", "", "ordinary", JUNGAR])
    with monkeypatch.context() as patched:
        patched.setattr(importable, "LIMITS", Limits(memory_bytes=400 * MEGABYTE, processor_s=60, longest_s=0))
        answer = imported(client, "parks", body)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert "took more than 0 s" in answer.json()["detail"]
    assert count(client, "parks") == 0
    assert imported(client, "parks", body).json()["created"] == 1

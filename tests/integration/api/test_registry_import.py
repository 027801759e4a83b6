"""Bulk import: every faulty row is named, and all rows are written or none."""

import io
from typing import Any

import openpyxl
import psycopg
import pytest
from fastapi.testclient import TestClient

from services.api.export.described import CSV, XLSX
from services.api.limited import MEGABYTE, Limits
from services.api.routes import importable
from tests.integration.api.table_files import NOTHING, PARK_HEADER, as_csv, as_xlsx, count, imported, outcomes, places
from tests.integration.registered import JUNGAR, ORDOS, Registered, credit_code


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

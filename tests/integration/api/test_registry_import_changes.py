"""Bulk import of what is registered: left alone, changed, or changed from a day on."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from services.api.registry import importing
from services.api.routes import importable
from tests.integration.api.table_files import PARK_HEADER, HereWork, as_csv, imported, outcomes, places
from tests.integration.registered import JUNGAR, Registered


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

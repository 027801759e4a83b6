"""Lists are ordered as asked, found by several values at once, counted, and paged without a gap or a repeat."""

import itertools
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.api import listing
from tests.integration.alerted import ALERTS, NOW, Raised
from tests.integration.line import Line
from tests.integration.registered import DALAD, HOHHOT, JUNGAR, ORDOS, Registered, credit_code
from tests.integration.served import RAW

UNITS = "/api/v1/units"
FINDINGS = "/api/v1/quality/findings"
REJECTED = "/api/v1/rejected"
DROPPED = "/api/v1/dropped"
MINUTE = timedelta(minutes=1)
TABLES = "/api/v1/tables"
TARGETS = "/api/v1/targets"


def asked(client: TestClient, address: str, **parameters: Any) -> dict[str, Any]:
    answer = client.get(address, params=parameters)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def paged(client: TestClient, address: str, **parameters: Any) -> list[dict[str, Any]]:
    """Every entry, by pages of two."""
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = asked(client, address, limit=2, **parameters | ({"cursor": cursor} if cursor else {}))
        found += page["data"]
        cursor = page["next"]
        if cursor is None:
            return found


@pytest.fixture
def units(registered: Registered) -> list[str]:
    """Units with and without an English name and a day on which they were commissioned; some alike."""
    owner = registered.enterprise(name_zh="焦化厂")
    days = (None, "2020-01-01", "2020-01-01", "2019-05-01", None, "2021-12-31", "2019-05-01")
    names = ("Oven", None, "Oven", "Kiln", "Kiln", None, "Boiler")
    return [registered.unit(owner, commissioned_on=day, name_en=name) for day, name in zip(days, names, strict=True)]


@pytest.mark.parametrize("turned", list(itertools.product([False, True], repeat=3)))
def test_pages_follow_any_order_with_what_is_not_known_last(
    client: TestClient, units: list[str], turned: tuple[bool, bool, bool]
) -> None:
    names = ("commissioned_on", "name_en", "code")
    order = ",".join(("-" if back else "") + name for name, back in zip(names, turned, strict=True))
    expected = asked(client, UNITS, limit=1000)["data"]
    for name, back in reversed(list(zip(names, turned, strict=True))):
        expected.sort(key=lambda unit: unit[name] or "", reverse=back)
        expected.sort(key=lambda unit: unit[name] is None)
    found = paged(client, UNITS, order=order)
    assert [unit["code"] for unit in found] == [unit["code"] for unit in expected]
    assert sorted(unit["code"] for unit in found) == sorted(units)


def test_an_order_is_completed_by_the_code_and_may_be_given_as_several_parameters(
    client: TestClient, units: list[str]
) -> None:
    found = [unit["code"] for unit in paged(client, UNITS, order="-name_en")]
    assert found == [unit["code"] for unit in paged(client, UNITS, order=["-name_en", "code"])]
    assert found[-2:] == sorted(found[-2:]), "those without a name, by their codes"


@pytest.mark.parametrize("order", ["password", "--code", "code;DROP TABLE unit", "enterprise_id", ""])
def test_a_list_is_ordered_by_its_declared_columns_alone(client: TestClient, order: str) -> None:
    refusal = client.get(UNITS, params={"order": order})
    assert (refusal.status_code, refusal.json()["code"]) == (422, "invalid_parameter")
    assert [fault["field"] for fault in refusal.json()["errors"]] == ["order"]


def test_a_cursor_of_another_order_is_refused(client: TestClient, units: list[str]) -> None:
    cursor = asked(client, UNITS, limit=2, order="name_en")["next"]
    refusal = client.get(UNITS, params={"limit": 2, "order": "-name_en", "cursor": cursor})
    assert (refusal.status_code, refusal.json()["code"]) == (400, "bad_cursor")


def test_several_values_of_a_filter_find_what_fits_any(client: TestClient, registered: Registered) -> None:
    coke = registered.enterprise(trade="coke", area_code=JUNGAR)
    cement = registered.enterprise(trade="cement", area_code=DALAD)
    steel = registered.enterprise(trade="steel", area_code="150102")
    found = "/api/v1/enterprises"

    def codes(**parameters: Any) -> set[str]:
        return {one["credit_code"] for one in asked(client, found, **parameters)["data"]}

    assert codes(trade="coke,cement") == codes(trade=["coke", "cement"]) == {coke, cement}
    assert codes(area=f"{ORDOS},{HOHHOT}") == {coke, cement, steel}
    assert codes(area=f"{JUNGAR},{HOHHOT}", trade="steel,coke") == {coke, steel}
    refusal = client.get(found, params={"trade": "coke,tulips"}).json()
    assert (refusal["code"], [fault["field"] for fault in refusal["errors"]]) == ("invalid_parameter", ["trade"])
    refusal = client.get(found, params={"area": f"{JUNGAR},999999"}).json()
    assert (refusal["code"], [fault["field"] for fault in refusal["errors"]]) == ("invalid_parameter", ["area"])


@pytest.mark.parametrize(
    ("address", "parameter", "values"),
    [
        ("meters", "area", ["999999", ORDOS, "999998"]),
        ("meters", "park", ["P-X", "P-1", "P-Y"]),
        ("meters", "enterprise", [credit_code(8), "OWNER", credit_code(9)]),
        ("meters", "unit", ["U-X", "U-1", "U-Y"]),
        ("meters", "gateway", ["G-X", "G-1", "G-Y"]),
        ("meters", "carrier", ["peat", "electricity", "amber"]),
        ("alerts", "rule", ["rule_x", "rule_y"]),
        ("statistics", "owner", ["area:999999", f"area:{ORDOS}", "area:999998"]),
    ],
)
def test_all_values_that_name_nothing_are_told_at_once_and_in_order(
    client: TestClient, registered: Registered, address: str, parameter: str, values: list[str]
) -> None:
    registered.park(code="P-1")
    owner = registered.enterprise()
    registered.unit(owner, code="U-1")
    registered.gateway(owner, code="G-1")
    given = [value.replace("OWNER", owner) for value in values]
    refusal = client.get(f"/api/v1/{address}", params={parameter: given})
    assert refusal.status_code == 422, refusal.text
    faults = refusal.json()["errors"]
    assert [(fault["field"], fault["code"]) for fault in faults] == [(parameter, "unknown")] * 2
    for fault, value in zip(faults, (values[0], values[-1]), strict=True):
        assert value.removeprefix("area:") in fault["reason"]


def test_entries_of_all_pages_are_counted_where_asked(client: TestClient, units: list[str]) -> None:
    assert asked(client, UNITS, limit=2)["total"] is None
    assert asked(client, UNITS, limit=2, total=True)["total"] == 7
    assert asked(client, UNITS, limit=2, total=True, q="kiln")["total"] == 2
    assert asked(client, UNITS, limit=2, total=True, q="焦炉")["total"] == 7


def test_alerts_are_ordered_and_paged_by_when_they_ended(client: TestClient, raised: Raised) -> None:
    raised.rule()
    ended = [raised.alert(subject_code=f"U-{hour}", resolved_at=NOW.replace(hour=hour)) for hour in (7, 5, 6)]
    open_ones = [raised.alert(subject_code=f"U-{number}") for number in (20, 21)]
    found = [alert["alert_id"] for alert in paged(client, ALERTS, order="resolved_at,alert_id")]
    assert found == [ended[1], ended[2], ended[0], *open_ones]
    found = [alert["alert_id"] for alert in paged(client, ALERTS, order="-resolved_at,-alert_id")]
    assert found == [ended[0], ended[2], ended[1], *reversed(open_ones)]
    subjects = asked(client, ALERTS, subject="unit:U-5,unit:U-20", total=True)
    assert (subjects["total"], subjects["counts"]["alerts"]) == (2, 2)


def test_findings_are_ordered_by_value_narrowed_to_several_checks_and_counted(
    client: TestClient, database: psycopg.Connection
) -> None:
    values = {"stuck": (3.5, 0.1, 3.5), "repeated": (7.25, -1.0), "rounded": (100.0,)}
    for check, found in values.items():
        for number, value in enumerate(found):
            database.execute(
                """
                INSERT INTO finding
                    (check_slug, subject_kind, subject_code, day, starts_at, ends_at, value, limit_value)
                VALUES (%s, 'meter', 'M-1', %s, %s, %s, %s, 1)
                """,
                [check, f"2026-03-0{number + 1}", NOW, NOW, value],
            )
    asking = {"start": "2026-03-01", "end": "2026-03-08"}
    usual = paged(client, FINDINGS, **asking)
    assert [(one["day"][-1], one["check"]) for one in usual] == [
        ("1", "stuck"),
        ("1", "repeated"),
        ("1", "rounded"),
        ("2", "stuck"),
        ("2", "repeated"),
        ("3", "stuck"),
    ]
    worst = paged(client, FINDINGS, order="-value", check="stuck,repeated", **asking)
    assert [(one["value"], one["day"][-1]) for one in worst] == [
        (7.25, "1"),
        (3.5, "1"),
        (3.5, "3"),
        (0.1, "2"),
        (-1.0, "2"),
    ]
    assert asked(client, FINDINGS, limit=1, total=True, check=["stuck", "rounded"], **asking)["total"] == 4
    refusal = client.get(FINDINGS, params={"check": "stuck,tulips"} | asking)
    assert (refusal.status_code, refusal.json()["code"]) == (404, "unknown_check")


def test_what_was_rejected_is_ordered_narrowed_by_several_values_and_counted(
    client: TestClient, registered: Registered, line: Line
) -> None:
    owner = registered.enterprise()
    first, second = (registered.gateway(owner, code=code) for code in ("G-1", "G-2"))
    for gateway, meter in ((first, "M-B"), (second, "M-A"), (first, "M-C"), (second, "M-B")):
        line.send(gateway, [(meter, NOW, 1.0)])
    for gateway, length in ((first, 3), (second, 9), (first, 6)):
        client.post("/api/v1/readings", params={"gateway": gateway}, content=b"x" * length, headers=RAW)
    usual = [(one["gateway"], one["meter"]) for one in paged(client, f"{REJECTED}-readings")]
    assert usual == [("G-2", "M-B"), ("G-1", "M-C"), ("G-2", "M-A"), ("G-1", "M-B")], "the newest first"
    found = paged(client, f"{REJECTED}-readings", order="meter,-gateway", meter="M-A,M-B", outcome="open,taken")
    assert [(one["meter"], one["gateway"]) for one in found] == [("M-A", "G-2"), ("M-B", "G-2"), ("M-B", "G-1")]
    assert asked(client, f"{REJECTED}-readings", limit=1, total=True, outcome="open,taken")["total"] == 4
    assert [one["payload_bytes"] for one in paged(client, f"{REJECTED}-messages")] == [6, 9, 3]
    assert [one["payload_bytes"] for one in paged(client, f"{REJECTED}-messages", order="-payload_bytes")] == [9, 6, 3]
    assert asked(client, f"{REJECTED}-messages", total=True, gateway="G-1,G-3")["total"] == 2


def test_no_more_of_a_list_that_grows_are_put_in_order_than_may_be(
    client: TestClient, registered: Registered, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MOST_SORTED", 3)
    owner = registered.enterprise()
    for gateway in (registered.gateway(owner, code="G-1"), registered.gateway(owner, code="G-2")):
        for _ in range(2):
            client.post("/api/v1/readings", params={"gateway": gateway}, content=b"x", headers=RAW)
    refused = client.get(f"{REJECTED}-messages", params={"order": "-payload_bytes"})
    assert (refused.status_code, refused.json()["code"]) == (422, "too_much")
    assert "narrow the list, or leave order out" in refused.json()["detail"]
    assert len(paged(client, f"{REJECTED}-messages", order="-payload_bytes", gateway="G-1")) == 2
    for own in ({}, {"order": "id"}, {"order": "-id"}):
        assert len(paged(client, f"{REJECTED}-messages", **own)) == 4
    assert len(asked(client, UNITS, order="-name_zh")["data"]) == 0


def test_what_is_not_kept_is_listed_newest_day_first_or_as_asked(
    client: TestClient, database: psycopg.Connection
) -> None:
    days = {("G-1", "2026-03-01"): 5, ("G-2", "2026-03-01"): 9, ("G-1", "2026-03-02"): 7, ("", "2026-03-02"): 1}
    for (gateway, day), dropped in days.items():
        database.execute(
            """
            INSERT INTO dropped_count (gateway_code, kind, reason, day, dropped)
            VALUES (%s, 'rejected_reading', 'age', %s, %s)
            """,
            [gateway, day, dropped],
        )
    assert [one["dropped"] for one in paged(client, DROPPED)] == [1, 7, 5, 9]
    assert [one["dropped"] for one in paged(client, DROPPED, order="-dropped")] == [9, 7, 5, 1]
    counted = asked(client, DROPPED, limit=1, total=True, gateway="G-1,G-2")
    assert (counted["data"][0]["dropped"], counted["total"]) == (7, 3)


def test_tables_and_targets_are_ordered_counted_and_paged_though_no_database_holds_them(client: TestClient) -> None:
    names = [table["name"] for table in asked(client, TABLES, limit=1000)["data"]]
    assert names == sorted(names)
    found = paged(client, TABLES, order="-unverified,rows")
    assert sorted(table["name"] for table in found) == names
    places = [(-table["unverified"], table["rows"], table["name"]) for table in found]
    assert places == sorted(places)
    assert asked(client, f"{TABLES}/{found[0]['name']}", limit=1, total=True)["total"] == found[0]["rows"]
    targets = asked(client, TARGETS, plan="13", kind="target", limit=1000)["data"]
    without_year = [one["code"] for one in targets if one["target_year"] is None]
    by_year = paged(client, TARGETS, plan="13", kind="target", order="-target_year,-code")
    expected = sorted(targets, key=lambda one: (one["target_year"] or 0, one["code"]), reverse=True)
    assert [one["code"] for one in by_year] == [one["code"] for one in expected]
    assert [one["code"] for one in by_year][len(targets) - len(without_year) :] == without_year[::-1]
    assert asked(client, TARGETS, plan="13", kind="target", limit=1, total=True)["total"] == len(targets)
    refusal = client.get(TARGETS, params={"order": "quote"})
    assert (refusal.status_code, refusal.json()["code"]) == (422, "invalid_parameter")


def test_what_belongs_to_one_thing_is_ordered_counted_and_paged_too(client: TestClient, registered: Registered) -> None:
    owner = registered.enterprise(area_code=JUNGAR, valid_from="2026-01-01")
    memberships = f"/api/v1/enterprises/{owner}/memberships"
    for area, day in ((DALAD, "2026-02-01"), (JUNGAR, "2026-03-01"), (DALAD, "2026-04-01")):
        assert client.post(memberships, json={"area_code": area, "valid_from": day}).status_code == 201
    usual = [one["valid_from"] for one in paged(client, memberships)]
    assert usual == ["2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01"]
    assert [one["valid_from"] for one in paged(client, memberships, order="-valid_from")] == usual[::-1]
    by_area = paged(client, memberships, order="area_code,-valid_from")
    assert [(one["area_code"], one["valid_from"][5:7]) for one in by_area] == [
        (DALAD, "04"),
        (DALAD, "02"),
        (JUNGAR, "03"),
        (JUNGAR, "01"),
    ]
    counted = asked(client, memberships, limit=1, total=True)
    assert (len(counted["data"]), counted["total"]) == (1, 4)
    refusal = client.get(memberships, params={"order": "recorded_by"})
    assert (refusal.status_code, refusal.json()["code"]) == (422, "invalid_parameter")


def test_readings_of_a_meter_are_read_either_way_round_and_counted(
    client: TestClient, registered: Registered, line: Line
) -> None:
    owner = registered.enterprise()
    gateway = registered.gateway(owner)
    meter = registered.meter(owner, gateway_code=gateway)
    line.send(gateway, [(meter, NOW + minutes * MINUTE, float(minutes)) for minutes in (0, 15, 30, 45)])
    readings = f"/api/v1/meters/{meter}/readings"
    assert [one["value"] for one in paged(client, readings)] == [0, 15, 30, 45]
    assert [one["value"] for one in paged(client, readings, order="-ts")] == [45, 30, 15, 0]
    since = (NOW + 20 * MINUTE).isoformat()
    assert [one["value"] for one in paged(client, readings, order="-ts", start=since)] == [45, 30]
    assert asked(client, readings, limit=1, total=True)["total"] == 4
    assert asked(client, readings, limit=1, total=True, start=since)["total"] == 2
    assert asked(client, readings, limit=1)["total"] is None

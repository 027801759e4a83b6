"""Two editors of one thing do not overwrite each other."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.integration.alerted import Raised
from tests.integration.registered import DALAD, JUNGAR, Registered

pytestmark = pytest.mark.store


def read(client: TestClient, address: str) -> str:
    answer = client.get(f"/api/v1/{address}")
    assert answer.status_code == 200, answer.text
    return str(answer.headers["etag"])


def changed(client: TestClient, address: str, tag: str, change: dict[str, Any]) -> Any:
    return client.patch(f"/api/v1/{address}", json=change, headers={"If-Match": tag})


@pytest.mark.parametrize("kind", ["parks", "enterprises", "units", "meters"])
def test_the_second_editor_is_told_what_the_first_has_changed(
    client: TestClient, registered: Registered, kind: str
) -> None:
    owner = registered.enterprise()
    unit = registered.unit(owner)
    code = {"parks": registered.park(), "enterprises": owner, "units": unit, "meters": registered.meter(owner)}[kind]
    tag = read(client, f"{kind}/{code}")

    first = changed(client, f"{kind}/{code}", tag, {"name_zh": "甲"})
    assert first.status_code == 200, first.text
    second = changed(client, f"{kind}/{code}", tag, {"name_en": "B"})
    assert second.status_code == 412
    assert second.json()["code"] == "changed_since"
    assert [(each["field"], each["reason_zh"]) for each in second.json()["errors"]] == [
        ("name_zh", "您读取后已被他人改为：甲")
    ]
    assert client.get(f"/api/v1/{kind}/{code}").json()["name_en"] is None

    assert changed(client, f"{kind}/{code}", first.headers["etag"], {"name_en": "B"}).status_code == 200
    removed = client.delete(f"/api/v1/{kind}/{code}", headers={"If-Match": tag})
    assert removed.status_code == 412


def test_what_says_nothing_of_a_state_is_written_as_before(client: TestClient, registered: Registered) -> None:
    park = registered.park()
    assert client.patch(f"/api/v1/parks/{park}", json={"name_zh": "甲"}).status_code == 200
    assert changed(client, f"parks/{park}", "*", {"name_zh": "乙"}).status_code == 200
    assert changed(client, f"parks/{park}", read(client, f"parks/{park}"), {"name_zh": "丙"}).status_code == 200


def test_the_tag_of_what_is_read_still_spares_its_reading(client: TestClient, registered: Registered) -> None:
    owner = registered.enterprise()
    tag = read(client, f"enterprises/{owner}")
    address = f"/api/v1/enterprises/{owner}"
    assert client.get(address, headers={"If-None-Match": tag}).status_code == 304
    # a further membership is no change of the enterprise's own fields, and another answer
    given = {"area_code": "150621", "park_code": None, "valid_from": "2025-06-01"}
    assert client.post(f"{address}/memberships", json=given).status_code == 201
    assert client.get(address, headers={"If-None-Match": tag}).status_code == 200
    assert changed(client, f"enterprises/{owner}", tag, {"name_zh": "甲"}).status_code == 200


def test_a_rule_is_changed_by_who_has_read_its_newest_version(client: TestClient, raised: Raised) -> None:
    slug = raised.rule("pue_high")
    tag = read(client, f"rules/{slug}")
    address = f"/api/v1/rules/{slug}"
    first = client.put(address, json={"enabled": False}, headers={"If-Match": tag})
    assert first.status_code == 200, first.text
    second = client.put(address, json={"enabled": True}, headers={"If-Match": tag})
    assert second.status_code == 412
    assert {each["field"] for each in second.json()["errors"]} == {"version", "enabled"}
    assert client.put(address, json={"enabled": True}, headers={"If-Match": first.headers["etag"]}).status_code == 200


def test_who_moves_an_enterprise_has_seen_where_it_belongs(client: TestClient, registered: Registered) -> None:
    owner = registered.enterprise(area_code=JUNGAR, valid_from="2026-01-01")
    memberships = f"enterprises/{owner}/memberships"
    tag = read(client, memberships)
    assert read(client, f"{memberships}?limit=1&order=-valid_from").partition(".")[0] == tag.partition(".")[0]

    moved = {"area_code": DALAD, "valid_from": "2026-02-01"}
    first = client.post(f"/api/v1/{memberships}", json=moved, headers={"If-Match": tag})
    assert first.status_code == 201, first.text
    for answer in (
        client.post(f"/api/v1/{memberships}", json=moved | {"valid_from": "2026-03-01"}, headers={"If-Match": tag}),
        changed(client, f"{memberships}/2026-01-01", tag, {"area_code": DALAD}),
        client.delete(f"/api/v1/{memberships}/2026-01-01", headers={"If-Match": tag}),
    ):
        assert answer.status_code == 412, answer.text
        assert [each["field"] for each in answer.json()["errors"]] == ["memberships"]
    kept = client.get(f"/api/v1/{memberships}").json()["data"]
    assert [(each["area_code"], each["valid_from"]) for each in kept] == [(JUNGAR, "2026-01-01"), (DALAD, "2026-02-01")]

    again = changed(client, f"{memberships}/2026-02-01", first.headers["etag"], {"area_code": JUNGAR})
    assert again.status_code == 200, again.text


def test_who_corrects_a_term_has_seen_those_that_hold(client: TestClient, registered: Registered) -> None:
    meter = registered.meter(registered.enterprise(), multiplier=600)
    terms = f"meters/{meter}/terms"
    tag = read(client, terms)
    entry = {"valid_from": "2026-01-05T11:00:00+08:00", "multiplier": 800, "reason": "换互感器"}
    first = client.post(f"/api/v1/{terms}", json=entry, headers={"If-Match": tag})
    assert first.status_code == 201, first.text
    correction = {"multiplier": 750, "reason": "铭牌"}
    refused = changed(client, f"{terms}/{first.json()['id']}", tag, correction)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (412, "terms")
    assert changed(client, f"{terms}/{first.json()['id']}", read(client, terms), correction).status_code == 200


def test_who_changes_an_account_has_seen_what_it_is(client: TestClient) -> None:
    made = client.post("/api/v1/accounts", json={"name": "wang.fang", "role": "supervisor", "area": JUNGAR})
    assert made.status_code == 201, made.text
    tag = read(client, "accounts/wang.fang")
    first = changed(client, "accounts/wang.fang", tag, {"area": DALAD})
    assert first.status_code == 200, first.text
    refused = changed(client, "accounts/wang.fang", tag, {"disabled": True})
    assert refused.status_code == 412
    assert [(each["field"], each["reason_zh"]) for each in refused.json()["errors"]] == [
        ("area", f"您读取后已被他人改为：{DALAD}")
    ]
    assert client.get("/api/v1/accounts/wang.fang").json()["disabled_at"] is None
    assert changed(client, "accounts/wang.fang", first.headers["etag"], {"disabled": True}).status_code == 200

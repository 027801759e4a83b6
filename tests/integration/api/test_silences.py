"""Silences in the API: what is not told for a time."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.api.access.role import Role
from tests.integration.alerted import (
    NOW,
    SILENCES,
    Raised,
    refusal,
    refuses_no_bodies,
)
from tests.integration.clock import ask_at
from tests.integration.registered import DALAD, JUNGAR, ORDOS, Registered
from tests.signed_in import ADMINISTRATOR, add_with_key, bearer


@pytest.fixture(autouse=True)
def _ten_in_the_morning(client: TestClient) -> None:
    ask_at(client, NOW)


QUIET = {"reason": "停产检修", "ends_at": "2026-03-05T18:00:00+08:00"}


@pytest.mark.store
def test_silence_begins_now_and_is_ended_and_kept(client: TestClient, raised: Raised) -> None:
    raised.rule("gateway_silent", title={"zh": "端设备失联", "en": "Gateway silent"})
    made = client.post(SILENCES, json=QUIET | {"rule": "gateway_silent", "area": ORDOS})
    assert made.status_code == 201, made.text
    silence = made.json()
    assert (silence["state"], silence["starts_at"], silence["title_en"]) == (
        "active",
        "2026-03-02T02:00:00Z",
        "Gateway silent",
    )
    assert silence["area"] == {"code": ORDOS, "name_zh": "鄂尔多斯市", "name_en": "Ordos City"}
    address = f"{SILENCES}/{silence['silence_id']}"
    assert client.get(address).json() == silence
    ended = client.post(f"{address}/end", json={}).json()
    assert (ended["state"], ended["ended_by"], ended["ends_at"]) == (
        "ended",
        ADMINISTRATOR,
        "2026-03-02T02:00:00.000001Z",
    )
    assert refusal(client.post(f"{address}/end", json={})) == (409, "silence_over")
    assert [s["silence_id"] for s in client.get(SILENCES, params={"state": "ended"}).json()["data"]] == [
        silence["silence_id"]
    ]
    assert client.delete(address).status_code == 405


def test_silence_may_begin_later_and_be_ended_before_it_does(client: TestClient) -> None:
    later = client.post(SILENCES, json=QUIET | {"area": ORDOS, "starts_at": "2026-03-04T00:00:00+08:00"}).json()
    assert later["state"] == "upcoming"
    ended = client.post(f"{SILENCES}/{later['silence_id']}/end", json={})
    assert ended.status_code == 200, ended.text
    assert ended.json()["ends_at"] == "2026-03-03T16:00:00.000001Z"
    again = client.post(f"{SILENCES}/{later['silence_id']}/end", json={})
    assert refusal(again) == (409, "silence_over")


@pytest.mark.store
def test_silences_are_listed_newest_first_and_narrowed(
    client: TestClient, raised: Raised, registered: Registered
) -> None:
    rule, enterprise = raised.rule(), registered.enterprise()
    unit = registered.unit(enterprise)
    made = [
        client.post(SILENCES, json=QUIET | given).json()["silence_id"]
        for given in ({"rule": rule}, {"area": JUNGAR}, {"enterprise": enterprise}, {"subject": unit})
    ]
    by_rule, by_area, by_enterprise, by_subject = made

    def found(**parameters: Any) -> list[int]:
        return [row["silence_id"] for row in client.get(SILENCES, params=parameters).json()["data"]]

    assert found() == made[::-1]
    assert found(rule=rule) == [by_rule]
    assert found(area=ORDOS) == [by_area]
    assert found(enterprise=enterprise) == [by_enterprise]
    assert found(subject=unit) == [by_subject]
    first = client.get(SILENCES, params={"limit": 3}).json()
    assert found(limit=3, cursor=first["next"]) == [by_rule]


@pytest.mark.store
def test_silence_takes_its_subject_as_alerts_print_it(client: TestClient, registered: Registered) -> None:
    unit = registered.unit(registered.enterprise())
    by_kind, by_code = (
        client.post(SILENCES, json=QUIET | {"subject": subject}).json() for subject in (f"unit:{unit}", unit)
    )
    assert (by_kind["subject"], by_code["subject"]) == (f"unit:{unit}", unit)

    def found(subject: str) -> list[int]:
        return [row["silence_id"] for row in client.get(SILENCES, params={"subject": subject}).json()["data"]]

    assert found(f"unit:{unit}") == found(unit) == [by_code["silence_id"], by_kind["silence_id"]]
    assert found(f"gateway:{unit}") == [by_code["silence_id"]]


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({}, ("body", "silences_all")),
        ({"rule": "none"}, ("rule", "unknown")),
        ({"area": "999999"}, ("area", "unknown")),
        ({"enterprise": "91150622MA0N0000XG"}, ("enterprise", "credit_code_check")),
        ({"subject": "NONE"}, ("subject", "unknown")),
        ({"subject": "unit:NONE"}, ("subject", "unknown")),
        ({"subject": f"unit:{ORDOS}"}, ("subject", "unknown")),
        ({"subject": "plant:1"}, ("subject", "bad_subject")),
        ({"subject": "a b"}, ("subject", "bad_code")),
        ({"area": ORDOS, "reason": " "}, ("reason", "string_too_short")),
        ({"area": ORDOS, "author": "Director Wang"}, ("author", "extra_forbidden")),
        ({"area": ORDOS, "ends_at": "2026-03-02T09:59:59+08:00"}, ("ends_at", "not_later")),
        ({"area": ORDOS, "ends_at": "2027-04-01T00:00:00+08:00"}, ("ends_at", "lasts_too_long")),
        (
            {"area": ORDOS, "starts_at": "2026-01-01T00:00:00+08:00", "ends_at": "2026-02-01T00:00:00+08:00"},
            ("ends_at", "not_later"),
        ),
        ({"area": ORDOS, "ends_at": 1772500000}, ("ends_at", "bad_moment")),
        ({"area": ORDOS, "ends_at": "2026-03-05T18:00:00"}, ("ends_at", "bad_moment")),
        ({"area": ORDOS, "ended_by": "x"}, ("ended_by", "extra_forbidden")),
    ],
)
def test_silence_that_makes_no_sense_is_refused_with_the_field(
    client: TestClient, given: dict[str, Any], fault: tuple[str, str]
) -> None:
    answer = client.post(SILENCES, json=QUIET | given)
    assert refusal(answer) == (422, "invalid_body")
    assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [fault]
    assert client.get(SILENCES).json()["data"] == []


def test_silence_is_ended_once_by_many_at_once(client: TestClient) -> None:
    number = client.post(SILENCES, json=QUIET | {"area": ORDOS}).json()["silence_id"]
    end = f"{SILENCES}/{number}/end"
    with ThreadPoolExecutor(6) as pool:
        answers = sorted(pool.map(lambda _: client.post(end).status_code, range(6)))
    assert answers == [200] + [409] * 5
    assert refusal(client.post(f"{SILENCES}/999/end")) == (404, "unknown_silence")


def test_what_is_no_silence_is_refused_without_failing(client: TestClient) -> None:
    refuses_no_bodies(client, SILENCES)
    assert client.get(SILENCES).json()["data"] == []


@pytest.fixture
def of_jungar(database: psycopg.Connection) -> dict[str, str]:
    """What a supervisor of Jungar Banner comes with."""
    add_with_key(database, "wang", Role.SUPERVISOR, key="enk_wang", area=JUNGAR)
    return bearer("enk_wang")


@pytest.mark.store
@pytest.mark.parametrize("given", [{"area": ORDOS}, {"area": DALAD}, {"area": "150000"}, {"rule": "gateway_silent"}])
def test_nobody_silences_what_is_not_its_own(
    client: TestClient, raised: Raised, of_jungar: dict[str, str], given: dict[str, str]
) -> None:
    raised.rule("gateway_silent")
    answer = client.post(SILENCES, json=QUIET | given, headers=of_jungar)
    assert refusal(answer) == (403, "outside_reach")
    assert client.get(SILENCES).json()["data"] == []


@pytest.mark.store
def test_a_supervisor_silences_and_ends_within_its_area_under_its_name(
    client: TestClient, registered: Registered, of_jungar: dict[str, str]
) -> None:
    own, beside = registered.enterprise(), registered.enterprise(area_code=DALAD)
    made = client.post(SILENCES, json=QUIET | {"enterprise": own}, headers=of_jungar)
    assert (made.status_code, made.json()["author"]) == (201, "wang")
    outside = client.post(SILENCES, json=QUIET | {"enterprise": beside}, headers=of_jungar)
    assert [(e["field"], e["code"]) for e in outside.json()["errors"]] == [("enterprise", "unknown")]
    of_league = client.post(SILENCES, json=QUIET | {"area": ORDOS}).json()["silence_id"]
    assert refusal(client.post(f"{SILENCES}/{of_league}/end", headers=of_jungar)) == (404, "unknown_silence")
    ended = client.post(f"{SILENCES}/{made.json()['silence_id']}/end", headers=of_jungar).json()
    assert (ended["state"], ended["ended_by"]) == ("ended", "wang")


def test_nobody_invents_who_ends_a_silence(client: TestClient) -> None:
    number = client.post(SILENCES, json=QUIET | {"area": ORDOS}).json()["silence_id"]
    answer = client.post(f"{SILENCES}/{number}/end", json={"author": "Director Wang"})
    assert refusal(answer) == (422, "invalid_body")
    assert client.get(f"{SILENCES}/{number}").json()["state"] == "active"

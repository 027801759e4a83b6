"""Terms of a meter: given, listed, corrected and withdrawn; what does not fit is refused by name."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest
from fastapi.testclient import TestClient

from services.core.calendar import SHANGHAI
from services.core.db.statements import Statements
from services.energy.check import report
from tests.integration.line import QUARTER, Line, quarters
from tests.integration.registered import Registered
from tests.signed_in import ADMINISTRATOR

TEN = datetime(2026, 10, 5, 10, 0, tzinfo=SHANGHAI)
ELEVEN = TEN + 4 * QUARTER


class Terms:
    """The terms of one meter over the API."""

    def __init__(self, client: TestClient, meter: str) -> None:
        self._client, self._address, self.meter = client, f"/api/v1/meters/{meter}", meter

    def add(self, *, dry_run: bool = False, **said: Any) -> httpx.Response:
        entry = {"valid_from": ELEVEN.isoformat(), "reason": "工单 117"} | said
        answer: httpx.Response = self._client.post(f"{self._address}/terms", json=entry, params={"dry_run": dry_run})
        return answer

    def listed(self, **query: Any) -> list[dict[str, Any]]:
        answer = self._client.get(f"{self._address}/terms", params=query)
        assert answer.status_code == 200, answer.text
        data: list[dict[str, Any]] = answer.json()["data"]
        return data

    def multipliers(self) -> list[float]:
        return [term["multiplier"] for term in self.listed()]

    def correct(self, term_id: int, *, dry_run: bool = False, **said: Any) -> httpx.Response:
        entry = {"reason": "照片更正"} | said
        answer: httpx.Response = self._client.patch(
            f"{self._address}/terms/{term_id}", json=entry, params={"dry_run": dry_run}
        )
        return answer

    def withdraw(self, term_id: int, *, dry_run: bool = False) -> httpx.Response:
        answer: httpx.Response = self._client.delete(f"{self._address}/terms/{term_id}", params={"dry_run": dry_run})
        return answer

    def change(self, **patch: Any) -> httpx.Response:
        answer: httpx.Response = self._client.patch(self._address, json=patch)
        return answer

    def read(self) -> dict[str, Any]:
        body: dict[str, Any] = self._client.get(self._address).json()
        return body


@pytest.fixture
def terms(client: TestClient, registered: Registered) -> Terms:
    return Terms(client, registered.meter(multiplier=600))


def refused(answer: httpx.Response) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return [(fault["field"], fault["code"]) for fault in answer.json()["errors"]]


def assert_meters_are_their_newest_terms(database: psycopg.Connection) -> None:
    """As `enermon check` compares them."""
    statements = Statements.beside(report.__file__, "check.sql")
    assert statements.run(database, "meters_off").scalar_one() == 0


def test_a_meter_begins_with_a_term_from_ever(terms: Terms) -> None:
    (first,) = terms.listed()
    assert (first["valid_from"], first["valid_to"], first["multiplier"], first["withdrawn_at"]) == (
        None,
        None,
        600,
        None,
    )


def test_a_term_holds_from_its_moment_on(terms: Terms, database: psycopg.Connection) -> None:
    answer = terms.add(multiplier=800)
    assert answer.status_code == 201, answer.text
    assert answer.json() == terms.listed()[1]
    first, second = terms.listed()
    assert first["valid_to"] == second["valid_from"] == "2026-10-05T11:00:00+08:00"
    assert (second["multiplier"], second["fields"], second["author"], second["reason"]) == (
        800,
        ["multiplier"],
        ADMINISTRATOR,
        "工单 117",
    )
    assert terms.read()["multiplier"] == 800
    assert_meters_are_their_newest_terms(database)


def test_a_term_between_others_changes_what_they_carry_on_and_not_what_they_say(
    terms: Terms, database: psycopg.Connection
) -> None:
    terms.add(valid_from="2026-10-20", rated_per_hour=9000, interval_s=300)
    terms.add(valid_from="2026-10-25", multiplier=1000)
    terms.add(valid_from="2026-10-10", multiplier=800, interval_s=60)
    shown = [(term["multiplier"], term["interval_s"], term["rated_per_hour"]) for term in terms.listed()]
    assert shown == [(600, 900, None), (800, 60, None), (800, 300, 9000), (1000, 300, 9000)]
    assert_meters_are_their_newest_terms(database)


def test_a_corrected_term_stays_in_the_list_of_all(terms: Terms, database: psycopg.Connection) -> None:
    number = terms.add(multiplier=800).json()["id"]
    answer = terms.correct(number, multiplier=750, valid_from=TEN.isoformat())
    assert answer.status_code == 200, answer.text
    assert [term["multiplier"] for term in terms.listed(withdrawn=True)] == [600, 750, 800]
    assert [term["withdrawn_at"] is None for term in terms.listed(withdrawn=True)] == [True, True, False]
    assert terms.multipliers() == [600, 750]
    assert terms.correct(number, multiplier=740).json()["code"] == "unknown_term"
    assert_meters_are_their_newest_terms(database)


def test_the_term_before_a_withdrawn_one_holds_on(terms: Terms, database: psycopg.Connection) -> None:
    number = terms.add(multiplier=800).json()["id"]
    assert terms.withdraw(number).status_code == 204
    assert terms.multipliers() == [600]
    assert (terms.listed()[0]["valid_to"], terms.read()["multiplier"]) == (None, 600)
    assert terms.withdraw(number).status_code == 404
    assert_meters_are_their_newest_terms(database)


def test_the_first_term_is_corrected_and_not_withdrawn_or_moved(terms: Terms) -> None:
    (first,) = terms.listed()
    assert (terms.withdraw(first["id"]).status_code, terms.withdraw(first["id"]).json()["code"]) == (409, "first_term")
    assert terms.correct(first["id"], valid_from="2026-01-01").json()["code"] == "first_term"
    assert terms.correct(first["id"], multiplier=550).status_code == 200
    assert terms.multipliers() == [550]


def test_a_moment_begins_one_term(terms: Terms) -> None:
    terms.add(multiplier=800)
    again = terms.add(interval_s=60, valid_from=ELEVEN.astimezone(UTC).isoformat())
    assert (again.status_code, again.json()["code"]) == (409, "already_exists")
    assert "PATCH" in again.json()["detail"]
    later = terms.add(valid_from="2026-10-07", interval_s=60).json()["id"]
    assert terms.correct(later, valid_from=ELEVEN.isoformat()).json()["code"] == "already_exists"


@pytest.mark.parametrize(
    ("said", "faults"),
    [
        ({}, [("body", "no_field_given")]),
        ({"multiplier": 0}, [("multiplier", "greater_than_equal")]),
        ({"multiplier": "NaN"}, [("multiplier", "float_type")]),
        ({"multiplier": None}, [("multiplier", "missing")]),
        ({"unit_of_measure": "m3"}, [("unit_of_measure", "bad_unit_of_measure")]),
        ({"unit_of_measure": "kW"}, [("unit_of_measure", "counter_needs_amount")]),
        ({"kind": "gauge", "valid_from": "2026-10-06"}, [("unit_of_measure", "gauge_needs_rate")]),
        ({"kind": "interval"}, [("valid_from", "not_start_of_day")]),
        ({"unit_code": "none", "valid_from": "2026-10-06"}, [("unit_code", "unknown")]),
        ({"gateway_code": "none"}, [("gateway_code", "unknown")]),
        ({"multiplier": 2, "valid_from": "2026-10-05T11:00:00"}, [("valid_from", "bad_moment_or_day")]),
        ({"multiplier": 2, "valid_from": "1999-10-05"}, [("valid_from", "bad_moment_or_day")]),
        ({"multiplier": 2, "valid_from": None}, [("valid_from", "bad_moment_or_day")]),
        ({"multiplier": 2, "reason": " "}, [("reason", "string_too_short")]),
        ({"multipler": 2}, [("multipler", "extra_forbidden")]),
        ({"flow": "sub"}, [("flow", "extra_forbidden")]),
        ({"interval_s": 0}, [("interval_s", "greater_than_equal")]),
    ],
)
def test_a_term_that_does_not_fit_is_refused_by_name(
    terms: Terms, said: dict[str, Any], faults: list[tuple[str, str]]
) -> None:
    found = refused(terms.add(**said))
    assert [field for field, _ in found] == [field for field, _ in faults]
    assert len(terms.listed()) == 1


def test_a_term_does_not_begin_in_the_future(terms: Terms) -> None:
    later = datetime.now(UTC) + timedelta(minutes=11)
    assert refused(terms.add(multiplier=800, valid_from=later.isoformat())) == [("valid_from", "in_future")]
    soon = datetime.now(UTC) + timedelta(minutes=9)
    assert terms.add(multiplier=800, valid_from=soon.isoformat()).status_code == 201


def test_a_meter_goes_to_another_enterprise_with_its_gateway_and_at_the_start_of_a_day(
    terms: Terms, registered: Registered
) -> None:
    owner = registered.enterprise()
    unit, gateway = registered.unit(owner), registered.gateway(owner)
    alone = terms.add(unit_code=unit, valid_from="2026-10-06")
    assert refused(alone) == [("gateway_code", "other_enterprise")]
    assert refused(terms.add(unit_code=unit, gateway_code=gateway)) == [("valid_from", "not_start_of_day")]
    assert terms.add(unit_code=unit, gateway_code=gateway, valid_from="2026-10-06").status_code == 201
    # A later gateway of the seller would not fit any more.
    assert terms.read()["unit_code"] == unit


def test_another_carrier_must_fit_every_term(terms: Terms) -> None:
    terms.add(unit_of_measure="MWh")
    assert refused(terms.change(carrier="water")) == [("unit_of_measure", "bad_unit_of_measure")]
    both = {"carrier": "water", "unit_of_measure": "m3"}
    assert refused(terms.change(**both, valid_from=TEN.isoformat()))[0] == ("unit_of_measure", "bad_unit_of_measure")
    assert terms.change(**both, correct_from_start=True, reason="never electricity").status_code == 200
    assert [term["unit_of_measure"] for term in terms.listed()] == ["m3"]


def test_a_change_of_what_has_dates_says_from_when(terms: Terms) -> None:
    answer = terms.change(multiplier=800, interval_s=60)
    assert refused(answer) == [("multiplier", "needs_valid_from"), ("interval_s", "needs_valid_from")]
    assert all(word in answer.json()["detail"] for word in ("valid_from", "correct_from_start"))
    assert terms.change(multiplier=600, name_zh="总表").status_code == 200, "what stays needs no date"
    assert terms.read()["name_zh"] == "总表"
    both = terms.change(multiplier=800, valid_from="2026-10-05", correct_from_start=True, reason="x")
    assert refused(both) == [("correct_from_start", "not_with")]
    assert refused(terms.change(multiplier=800, correct_from_start=True)) == [("reason", "missing")]
    assert terms.multipliers() == [600]


def test_a_change_with_a_date_makes_a_term_and_leaves_the_first_day_of_the_meter(terms: Terms) -> None:
    answer = terms.change(multiplier=800, valid_from=ELEVEN.isoformat(), name_zh="总表")
    assert (answer.status_code, answer.json()["multiplier"], answer.json()["valid_from"]) == (200, 800, None)
    assert terms.multipliers() == [600, 800]
    assert terms.change(multiplier=800, valid_from=ELEVEN.isoformat()).status_code == 200
    assert terms.multipliers() == [600, 800], "the same again changes nothing"
    earlier = terms.change(multiplier=800, valid_from="2026-10-01")
    assert earlier.status_code == 200
    assert terms.multipliers() == [600, 800, 800]
    assert terms.change(multiplier=700, valid_from="2026-10-01").json()["code"] == "already_exists"


def test_valid_from_alone_is_the_first_day_of_the_meter(terms: Terms) -> None:
    assert terms.change(valid_from="2026-01-01").json()["valid_from"] == "2026-01-01"
    assert refused(terms.change(valid_from=ELEVEN.isoformat())) == [("valid_from", "bad_day")]
    assert refused(terms.change(correct_from_start=True, reason="x"))[0] == ("correct_from_start", "only_with")
    assert len(terms.listed()) == 1


def test_what_was_never_otherwise_is_corrected_in_all_terms(terms: Terms, database: psycopg.Connection) -> None:
    terms.add(multiplier=800, valid_from="2026-10-01")
    terms.add(multiplier=900, interval_s=60, valid_from="2026-10-02")
    assert terms.change(multiplier=100, correct_from_start=True, reason="typing error").status_code == 200
    shown = [(term["valid_from"], term["multiplier"], term["interval_s"]) for term in terms.listed()]
    assert shown == [(None, 100, 900), ("2026-10-02T00:00:00+08:00", 100, 60)]
    assert len(terms.listed(withdrawn=True)) == 5
    assert_meters_are_their_newest_terms(database)


def test_terms_are_listed_in_pages(terms: Terms, client: TestClient) -> None:
    for day in range(1, 5):
        terms.add(multiplier=600 + day, valid_from=f"2026-10-0{day}")
    address, seen, cursor = f"/api/v1/meters/{terms.meter}/terms?limit=2&total=true", [], ""
    while cursor is not None:
        page = client.get(f"{address}{cursor}").json()
        assert page["total"] == 5
        seen += [term["multiplier"] for term in page["data"]]
        cursor = page["next"] and f"&cursor={page['next']}"
    assert seen == [600, 601, 602, 603, 604]
    assert client.get("/api/v1/meters/none/terms").json()["code"] == "unknown_meter"


@pytest.mark.store
def test_a_dry_run_says_which_sums_would_change_and_changes_none(
    terms: Terms, client: TestClient, line: Line, database: psycopg.Connection
) -> None:
    meter = terms.read()
    line.send(meter["gateway_code"], quarters(terms.meter, TEN, [100.0, 101.0, 102.0, 103.0, 104.0, 105.0]))
    line.send(meter["gateway_code"], quarters(terms.meter, TEN - timedelta(days=30), [70.0, 71.0]))
    line.roll_up()
    answer = terms.add(multiplier=800, dry_run=True)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["dry_run"], body["carrier_unit"], body["rebooked"], body["complete"]) == (True, "kWh", True, True)
    assert body["readings"] == 7, "of those before a week before its month, only the last one is needed"
    before = line.total(scope=f"meter:{terms.meter}", start="2026-10-01", end="2026-11-01")
    assert before is not None
    october = {"month": "2026-10", "unit": meter["unit_code"], "before": before, "after": before + 200.0}
    assert [{key: row[key] for key in october} for row in body["changes"]] == [october]
    assert terms.multipliers() == [600]
    assert database.execute("SELECT count(*) FROM meter_change").fetchone() == (0,)

    number = terms.add(multiplier=800).json()["id"]
    line.roll_up()
    assert line.total(scope=f"meter:{terms.meter}", start="2026-10-01", end="2026-11-01") == october["after"]
    undone = terms.withdraw(number, dry_run=True)
    assert (undone.status_code, [(row["before"], row["after"]) for row in undone.json()["changes"]]) == (
        200,
        [(before + 200.0, before)],
    )
    first = terms.listed()[0]["id"]
    changed = terms.correct(first, multiplier=300, dry_run=True).json()["changes"]
    assert [row["month"] for row in changed] == ["2026-09", "2026-10"]
    assert terms.multipliers() == [600, 800]


@pytest.mark.store
def test_a_dry_run_of_a_patch_changes_nothing(
    terms: Terms, client: TestClient, line: Line, database: psycopg.Connection
) -> None:
    line.send(terms.read()["gateway_code"], quarters(terms.meter, TEN, [100.0, 101.0, 102.0]))
    line.roll_up()
    address, before = f"/api/v1/meters/{terms.meter}?dry_run=true", terms.read()

    def tried(**patch: Any) -> list[tuple[float, float]]:
        answer = client.patch(address, json=patch)
        assert answer.status_code == 200, answer.text
        return [(row["before"], row["after"]) for row in answer.json()["changes"]]

    assert tried(multiplier=800, valid_from=(TEN + QUARTER).isoformat()) == [(1200.0, 1400.0)]
    assert tried(multiplier=300, correct_from_start=True, reason="typing error") == [(1200.0, 600.0)]
    assert tried(name_zh="总表") == []
    assert refused(client.patch(address, json={"multiplier": 2})) == [("multiplier", "needs_valid_from")]
    assert refused(client.patch(address, json={"carrier": "heat"})) == [("carrier", "not_with")]
    assert terms.read() == before
    assert database.execute("SELECT count(*) FROM meter_change").fetchone() == (0,)


@pytest.mark.store
def test_a_dry_run_of_a_move_says_what_leaves_and_what_comes(terms: Terms, registered: Registered, line: Line) -> None:
    seller = terms.read()
    buyer = registered.enterprise()
    unit, gateway = registered.unit(buyer), registered.gateway(buyer)
    line.send(seller["gateway_code"], quarters(terms.meter, TEN, [0.0, 1.0, 2.0]))
    line.roll_up()
    move = terms.add(unit_code=unit, gateway_code=gateway, valid_from="2026-10-05", dry_run=True).json()
    found = {row["unit"]: (row["enterprise"], row["before"], row["after"]) for row in move["changes"]}
    assert found[unit] == (buyer, 0.0, 1200.0)
    assert found[seller["unit_code"]][1:] == (1200.0, 0.0)


def test_a_change_of_gateway_alone_books_nothing_again(
    terms: Terms, registered: Registered, client: TestClient, database: psycopg.Connection
) -> None:
    owner = client.get(f"/api/v1/units/{terms.read()['unit_code']}").json()["credit_code"]
    gateway = registered.gateway(owner)
    assert terms.add(gateway_code=gateway, dry_run=True).json()["rebooked"] is False
    assert terms.add(gateway_code=gateway).status_code == 201
    assert database.execute("SELECT count(*) FROM meter_change").fetchone() == (0,)


def test_a_gateway_or_unit_of_an_earlier_term_stays(terms: Terms, registered: Registered, client: TestClient) -> None:
    old = terms.read()
    owner = client.get(f"/api/v1/units/{old['unit_code']}").json()["credit_code"]
    terms.add(gateway_code=registered.gateway(owner), unit_code=registered.unit(owner), valid_from="2026-10-06")
    for address in (f"units/{old['unit_code']}", f"gateways/{old['gateway_code']}"):
        assert client.delete(f"/api/v1/{address}").json()["code"] == "in_use"

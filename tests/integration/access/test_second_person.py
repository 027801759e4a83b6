"""What changes closed months waits until a second person confirms it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest
from fastapi.testclient import TestClient

from services.api.access.role import Role
from services.core.calendar import SHANGHAI
from tests.integration.access.browser import PASSWORD, Browser, person
from tests.integration.clock import ask_at
from tests.integration.line import QUARTER, Line, quarters
from tests.integration.registered import DALAD, JUNGAR, Registered
from tests.integration.served import ADDRESS
from tests.signed_in import ADMINISTRATOR, ADMINISTRATOR_KEY, BY_ADMINISTRATOR, SECOND, SECOND_KEY, add_with_key, bearer

pytestmark = pytest.mark.store

PROPOSALS = "/api/v1/proposals"
IN_OCTOBER = datetime(2026, 10, 6, 8, tzinfo=SHANGHAI)
IN_NOVEMBER = datetime(2026, 11, 20, 8, tzinfo=SHANGHAI)
SMALLER = {"multiplier": 0.00125, "correct_from_start": True, "reason": "铭牌"}
OCTOBER = {"month": "2026-10", "flow": "input", "before": 4000.0, "after": 0.005}


class Works:
    """A counter with a multiplier of 1000 and readings of October and November, in the midst of November."""

    def __init__(self, client: TestClient, line: Line, registered: Registered) -> None:
        ask_at(client, IN_NOVEMBER + timedelta(days=5))
        self.line = line
        self.api = TestClient(client.app, base_url=ADDRESS, headers=BY_ADMINISTRATOR, raise_server_exceptions=False)
        self.enterprise = registered.enterprise()
        self.unit, self.gateway = registered.unit(self.enterprise), registered.gateway(self.enterprise)
        own = {"unit_code": self.unit, "gateway_code": self.gateway}
        self.meter = registered.meter(**own, multiplier=1000, carrier="raw_coal", unit_of_measure="t")
        line.send(self.gateway, quarters(self.meter, IN_OCTOBER, [1.0, 2.0, 3.0, 4.0, 5.0]))
        line.send(self.gateway, quarters(self.meter, IN_NOVEMBER, [5.0, 6.0, 7.0, 8.0, 9.0]))
        line.roll_up()

    def ask(self, method: str, path: str, body: Any = None, *, key: str = ADMINISTRATOR_KEY) -> httpx.Response:
        answer: httpx.Response = self.api.request(method, f"/api/v1/{path}", json=body, headers=bearer(key))
        return answer

    def patch(self, **body: Any) -> httpx.Response:
        return self.ask("PATCH", f"meters/{self.meter}", body)

    def proposed(self, answer: httpx.Response) -> int:
        """The number of what waits now."""
        assert answer.status_code == 202, answer.text
        assert answer.headers["Location"] == f"{PROPOSALS}/{answer.json()['proposal_id']}"
        return int(answer.json()["proposal_id"])

    def confirm(self, number: int, *, key: str = SECOND_KEY) -> httpx.Response:
        return self.ask("POST", f"proposals/{number}/confirm", key=key)

    def proposal(self, number: int) -> dict[str, Any]:
        answer = self.ask("GET", f"proposals/{number}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def of_october(self) -> float | None:
        self.line.roll_up()
        return self.line.total(scope=f"meter:{self.meter}", start="2026-10-01", end="2026-11-01")


@pytest.fixture
def works(client: TestClient, line: Line, registered: Registered) -> Works:
    return Works(client, line, registered)


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_nobody_alone_rewrites_a_closed_month(works: Works, database: psycopg.Connection) -> None:
    answer = works.patch(**SMALLER)
    number = works.proposed(answer)
    assert works.of_october() == 4000.0
    assert works.ask("GET", f"meters/{works.meter}").json()["multiplier"] == 1000
    assert database.execute("SELECT count(*) FROM reinterpretation").fetchone() == (0,)
    told = answer.json()
    assert (told["state"], told["author"], told["method"]) == ("waiting", ADMINISTRATOR, "PATCH")
    assert (told["path"], told["body"]) == (f"/api/v1/meters/{works.meter}", SMALLER)
    effect = told["effect"]
    assert (effect["since"], effect["meters"], effect["enterprises"]) == (None, [works.meter], [works.enterprise])
    assert (effect["carrier_unit"], effect["complete"]) == ("t", True)
    assert effect["changes"][0] == OCTOBER | {"enterprise": works.enterprise, "unit": works.unit}
    read = works.proposal(number)
    assert read.pop("names")["enterprise"] == {works.enterprise: {"zh": "焦化厂", "en": None}}
    assert read == told


def test_a_second_person_has_it_done_in_the_name_of_its_author(works: Works, database: psycopg.Connection) -> None:
    number = works.proposed(works.patch(**SMALLER))
    confirmed = works.confirm(number)
    assert (confirmed.status_code, confirmed.json()["multiplier"]) == (200, 0.00125)
    assert works.of_october() == 0.005
    found = works.proposal(number)
    assert (found["state"], found["author"], found["decided_by"]) == ("confirmed", ADMINISTRATOR, SECOND)
    (term,) = works.ask("GET", f"meters/{works.meter}/terms").json()["data"]
    assert (term["author"], term["reason"]) == (ADMINISTRATOR, "铭牌")
    assert database.execute("SELECT DISTINCT changed_by FROM reinterpretation").fetchall() == [(ADMINISTRATOR,)]
    assert code_of(works.confirm(number)) == (409, "proposal_over")
    acts = works.ask("GET", "audit?limit=1000").json()["data"]
    of = {(act["kind"], act["action"]): (act["account"], act["credential"]) for act in reversed(acts)}
    assert of["meter_term", "insert"] == (ADMINISTRATOR, f"proposal {number}")
    assert of["proposal", "update"] == (SECOND, "api_key 2")


def test_nobody_confirms_its_own_with_whatever_key(works: Works, database: psycopg.Connection) -> None:
    number = works.proposed(works.patch(**SMALLER))
    row = database.execute("SELECT account_id FROM user_account WHERE name = %s", (ADMINISTRATOR,)).fetchone()
    assert row is not None
    database.execute(
        "INSERT INTO api_key (account_id, name, token_sha256, created_by) VALUES (%s, 'x', sha256('enk_another'), 'x')",
        row,
    )
    for key in (ADMINISTRATOR_KEY, "enk_another"):
        answer = works.confirm(number, key=key)
        assert code_of(answer) == (409, "own_proposal")
        assert "make an account for a second person" in answer.json()["detail"]
    assert works.proposal(number)["state"] == "waiting"


def test_nobody_confirms_its_own_by_a_key_made_of_another(works: Works, database: psycopg.Connection) -> None:
    add_with_key(database, "jungar", Role.SUPERVISOR, key="enk_jungar", area=JUNGAR)
    number = works.proposed(works.patch(**SMALLER))
    made = works.ask("POST", "accounts/jungar/keys", {"name": "mine now"}).json()["key"]
    answer = works.confirm(number, key=made)
    assert code_of(answer) == (409, "let_in_by_author")
    assert f"{ADMINISTRATOR}, who proposes it, made this key" in answer.json()["detail"]
    assert works.of_october() == 4000.0
    by_other = works.ask("POST", "accounts/jungar/keys", {"name": "k"}, key=SECOND_KEY).json()["key"]
    assert works.confirm(number, key=by_other).status_code == 200
    assert works.proposal(number)["decided_by"] == "jungar"


def test_nobody_confirms_its_own_by_an_account_that_it_has_just_let_in(
    works: Works, client: TestClient, database: psycopg.Connection
) -> None:
    person(database, "jungar", Role.SUPERVISOR, area=JUNGAR)
    person(database, "of.provider", Role.SUPERVISOR, area=JUNGAR)
    number = works.proposed(works.patch(**SMALLER))
    fresh = {"name": "fresh", "role": "supervisor", "area": JUNGAR}
    given = {
        "jungar": works.ask("POST", "accounts/jungar/password").json()["first_password"],
        "fresh": works.ask("POST", "accounts", fresh).json()["first_password"],
    }
    bound = works.ask("PATCH", "accounts/of.provider", {"oidc_subject": "https://id.example.cn 7"})
    assert bound.status_code == 200
    confirm = f"{PROPOSALS}/{number}/confirm"
    for name, password in given.items():
        browser = Browser(client)
        browser.sign_in(name, password)
        change = {"old_password": password, "new_password": PASSWORD}
        browser.csrf_token = browser.ask("POST", "/api/v1/session/password", change).json()["csrf_token"]
        assert browser.code("POST", confirm) == (409, "let_in_by_author")
        own_key = browser.ask("POST", "/api/v1/session/keys", {"name": "k"}).json()["key"]
        assert code_of(works.confirm(number, key=own_key)) == (409, "let_in_by_author")
    browser = Browser(client)
    browser.sign_in("of.provider")
    assert browser.code("POST", confirm) == (409, "let_in_by_author")
    assert works.of_october() == 4000.0
    ask_at(client, IN_NOVEMBER + timedelta(days=12, minutes=1))
    browser = Browser(client)
    browser.sign_in("jungar")
    assert browser.code("POST", confirm)[0] == 200


def test_who_gets_a_password_from_another_confirms_at_once(
    works: Works, client: TestClient, database: psycopg.Connection
) -> None:
    person(database, "jungar", Role.SUPERVISOR, area=JUNGAR)
    number = works.proposed(works.patch(**SMALLER))
    password = works.ask("POST", "accounts/jungar/password", key=SECOND_KEY).json()["first_password"]
    browser = Browser(client)
    browser.sign_in("jungar", password)
    change = {"old_password": password, "new_password": PASSWORD}
    browser.csrf_token = browser.ask("POST", "/api/v1/session/password", change).json()["csrf_token"]
    assert browser.code("POST", f"{PROPOSALS}/{number}/confirm")[0] == 200


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.PROGRAM, Role.ENTERPRISE])
def test_only_who_might_have_done_it_confirms_it(works: Works, database: psycopg.Connection, role: Role) -> None:
    number = works.proposed(works.patch(**SMALLER))
    enterprise = works.enterprise if role is Role.ENTERPRISE else None
    add_with_key(database, "altan", role, key="enk_altan", enterprise=enterprise)
    assert code_of(works.confirm(number, key="enk_altan")) == (403, "not_allowed")
    assert works.of_october() == 4000.0


def test_only_who_sees_the_subject_sees_and_confirms_it(works: Works, database: psycopg.Connection) -> None:
    number = works.proposed(works.patch(**SMALLER))
    for area in (DALAD, JUNGAR):
        add_with_key(database, f"of.{area}", Role.SUPERVISOR, key=f"enk_{area}", area=area)
    assert works.ask("GET", "proposals", key=f"enk_{DALAD}").json()["data"] == []
    assert code_of(works.confirm(number, key=f"enk_{DALAD}")) == (404, "unknown_proposal")
    (seen,) = works.ask("GET", "proposals", key=f"enk_{JUNGAR}").json()["data"]
    assert seen["proposal_id"] == number
    assert works.confirm(number, key=f"enk_{JUNGAR}").status_code == 200
    assert works.proposal(number)["decided_by"] == f"of.{JUNGAR}"


def test_what_is_declined_withdrawn_or_old_is_over(works: Works, client: TestClient) -> None:
    number = works.proposed(works.patch(**SMALLER))
    declined = works.ask("POST", f"proposals/{number}/decline", {"reason": "铭牌照片不符"}, key=SECOND_KEY).json()
    assert (declined["state"], declined["decided_by"], declined["reason"]) == ("declined", SECOND, "铭牌照片不符")
    withdrawn = works.proposed(works.patch(**SMALLER))
    assert works.ask("POST", f"proposals/{withdrawn}/decline").json()["state"] == "withdrawn"
    expired = works.proposed(works.patch(**SMALLER))
    ask_at(client, IN_NOVEMBER + timedelta(days=36))
    assert works.proposal(expired)["state"] == "expired"
    for each in (number, withdrawn, expired):
        assert code_of(works.confirm(each)) == (409, "proposal_over")
    listed = works.ask("GET", "proposals?state=declined,expired&order=proposal_id&total=true").json()
    assert ([each["proposal_id"] for each in listed["data"]], listed["total"]) == ([number, expired], 2)


def test_what_cannot_be_done_any_more_is_refused_as_usual_and_is_over(works: Works) -> None:
    at = (IN_OCTOBER + QUARTER).isoformat()
    first = {"ts": at, "kind": "replace", "value": 2.5, "expected_value": 2.0, "reason": "照片"}
    other = works.proposed(works.ask("POST", f"meters/{works.meter}/corrections", first | {"value": 2.25}))
    number = works.proposed(works.ask("POST", f"meters/{works.meter}/corrections", first))
    assert works.confirm(number).status_code == 201
    assert code_of(works.confirm(other)) == (409, "another_value_stands")
    found = works.proposal(other)
    assert (found["state"], found["refusal"]["code"]) == ("refused", "another_value_stands")
    assert "2.5 counts" in found["refusal"]["detail"]


def test_of_many_who_confirm_at_once_one_has_it_done(works: Works, database: psycopg.Connection) -> None:
    number = works.proposed(works.patch(**SMALLER))
    with ThreadPoolExecutor(6) as pool:
        answers = sorted(answer.status_code for answer in pool.map(lambda _: works.confirm(number), range(6)))
    assert answers == [200] + [409] * 5
    assert database.execute("SELECT count(*) FROM reinterpretation").fetchone() == (1,)
    assert works.proposal(number)["state"] == "confirmed"


def test_the_same_asked_for_again_waits_once(works: Works) -> None:
    numbers = {works.proposed(works.patch(**SMALLER)) for _ in range(3)}
    assert len(numbers) == 1


def test_a_correction_shows_the_sums_before_and_after(works: Works) -> None:
    entry = {"ts": IN_OCTOBER.isoformat(), "kind": "withdraw", "reason": "照片"}
    answer = works.ask("POST", f"meters/{works.meter}/corrections", entry)
    works.proposed(answer)
    changes = answer.json()["effect"]["changes"]
    assert [(each["month"], each["before"], each["after"]) for each in changes] == [("2026-10", 4000.0, 3000.0)]


def past(works: Works) -> list[tuple[str, str, Any]]:
    """Operations that change October."""
    meter, at = f"meters/{works.meter}", (IN_OCTOBER + QUARTER).isoformat()
    settlement = {"from": at, "to": (IN_OCTOBER + 2 * QUARTER).isoformat(), "action": "set_aside", "reason": "停"}
    heat = {"enterprise": works.enterprise, "carrier": "raw_coal", "ncv_mj_per_kg": 20.0, "laboratory": "L"}
    return [
        ("POST", f"{meter}/terms", {"valid_from": at, "multiplier": 2.0, "reason": "x"}),
        ("PATCH", meter, {"multiplier": 2.0, "valid_from": at}),
        ("PATCH", meter, {"flow": "output"}),
        ("PATCH", meter, {"valid_to": "2026-10-03"}),
        ("POST", f"{meter}/replacements", {"ts": at, "final_value": 2.0, "first_value": 0.0}),
        ("POST", f"{meter}/acceptances", {"ts": at, "reason": "x"}),
        ("POST", f"{meter}/settlements", settlement),
        ("POST", f"{meter}/corrections", {"ts": at, "kind": "withdraw", "reason": "x"}),
        ("POST", f"enterprises/{works.enterprise}/memberships", {"area_code": DALAD, "valid_from": "2026-10-02"}),
        ("PATCH", f"enterprises/{works.enterprise}/memberships/2025-01-01", {"area_code": DALAD}),
        ("POST", "heat-values", heat | {"month": "2026-10", "report": "R"}),
        ("POST", "heat-values", heat | {"report": "R"}),
    ]


@pytest.mark.parametrize("number", range(12))
def test_every_way_to_change_a_closed_month_waits(works: Works, number: int) -> None:
    method, path, body = past(works)[number]
    before = works.ask("GET", "energy?start=2026-10-01&end=2026-11-01&bucket=total").json()["data"]
    proposal = works.proposed(works.ask(method, path, body))
    works.line.roll_up()
    assert works.ask("GET", "energy?start=2026-10-01&end=2026-11-01&bucket=total").json()["data"] == before
    assert works.confirm(proposal).is_success


def test_what_was_recorded_of_the_past_is_not_removed_alone(works: Works) -> None:
    at = (IN_OCTOBER + QUARTER).isoformat()
    meter = f"meters/{works.meter}"
    made = {}
    for path, body in (
        (f"{meter}/terms", {"valid_from": at, "multiplier": 2.0, "reason": "x"}),
        (f"{meter}/acceptances", {"ts": at, "reason": "x"}),
        (f"enterprises/{works.enterprise}/memberships", {"area_code": DALAD, "valid_from": "2026-10-02"}),
    ):
        made[path] = works.confirm(works.proposed(works.ask("POST", path, body))).json()
    for path in (
        f"{meter}/terms/{made[f'{meter}/terms']['id']}",
        f"{meter}/acceptances/{at.replace('+', '%2B')}",
        f"enterprises/{works.enterprise}/memberships/2026-10-02",
    ):
        removal = works.proposed(works.ask("DELETE", path))
        assert works.confirm(removal).status_code == 204


def test_a_file_that_changes_the_past_is_one_proposal(works: Works) -> None:
    row = works.ask("GET", f"meters/{works.meter}").json() | {"multiplier": 2.0}
    names = [name for name, value in row.items() if value is not None and name != "names"]
    text = ",".join(names) + "\n" + ",".join(str(row[name]) for name in names) + "\n"
    answer = works.api.post(
        "/api/v1/import/meters",
        params={"existing": "update", "dated_from": IN_OCTOBER.isoformat(), "reason": "互感器"},
        content=text.encode(),
        headers={"Content-Type": "text/csv"},
    )
    number = works.proposed(answer)
    assert (answer.json()["body"], answer.json()["body_bytes"]) == (None, len(text.encode()))
    assert works.ask("GET", f"proposals/{number}/body").text == text
    assert works.confirm(number).json()["updated"] == 1
    assert works.ask("GET", f"meters/{works.meter}").json()["multiplier"] == 2.0


@pytest.mark.parametrize(
    "body",
    [
        {"name_zh": "一号"},
        {"multiplier": 2.0, "valid_from": "2026-11-01"},
        {"multiplier": 2.0, "valid_from": (IN_NOVEMBER + QUARTER).isoformat()},
        {"valid_to": "2026-12-24"},
        {"multiplier": 1000.0, "correct_from_start": True, "reason": "as it is"},
    ],
)
def test_what_leaves_closed_months_as_they_are_is_done_at_once(works: Works, body: dict[str, Any]) -> None:
    assert works.patch(**body).status_code == 200


def test_a_meter_of_which_nothing_is_stored_is_changed_at_once(works: Works, registered: Registered) -> None:
    fresh = registered.meter()
    assert works.ask("PATCH", f"meters/{fresh}", SMALLER).status_code == 200
    entry = {"ts": IN_NOVEMBER.isoformat(), "kind": "supply", "value": 1.0, "reason": "抄表"}
    assert works.ask("POST", f"meters/{fresh}/corrections", entry).status_code == 201


def test_no_month_is_made_up_of_supplied_values_alone(works: Works, registered: Registered) -> None:
    fresh = registered.meter()
    entry = {"ts": IN_OCTOBER.isoformat(), "kind": "supply", "value": 1.0, "reason": "抄表"}
    works.proposed(works.ask("POST", f"meters/{fresh}/corrections", entry))
    assert works.ask("GET", f"meters/{fresh}/corrections").json()["data"] == []


def test_the_first_reading_of_a_month_reaches_into_the_one_before(works: Works) -> None:
    entry = {"ts": IN_NOVEMBER.isoformat(), "kind": "replace", "value": 5.5, "reason": "照片"}
    works.proposed(works.ask("POST", f"meters/{works.meter}/corrections", entry))
    later = entry | {"ts": (IN_NOVEMBER + 2 * QUARTER).isoformat(), "value": 7.25}
    assert works.ask("POST", f"meters/{works.meter}/corrections", later).status_code == 201


def test_a_trial_needs_no_second_person(works: Works) -> None:
    answer = works.ask("PATCH", f"meters/{works.meter}?dry_run=true", SMALLER)
    assert (answer.status_code, answer.json()["dry_run"]) == (200, True)
    assert works.ask("GET", "proposals").json()["data"] == []


def test_what_was_proposed_is_neither_changed_nor_deleted(works: Works, database: psycopg.Connection) -> None:
    works.proposed(works.patch(**SMALLER))
    for change in ("UPDATE proposal SET author = 'x'", "UPDATE proposal SET body = ''", "DELETE FROM proposal"):
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
            database.execute(change.encode())


def test_no_account_has_any_number_of_proposals_waiting(works: Works) -> None:
    for number in range(100):
        works.proposed(works.patch(**SMALLER | {"multiplier": 0.001 * (number + 1)}))
    assert code_of(works.patch(**SMALLER | {"multiplier": 7.0})) == (409, "too_many_proposals")

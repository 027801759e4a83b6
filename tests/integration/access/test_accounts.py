"""Administrators let people and programs in, and say what each may do."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.api.access.role import Role
from tests.integration.access.browser import PASSWORD, Browser, person
from tests.integration.registered import DALAD, JUNGAR, ORDOS, Registered
from tests.signed_in import ADMINISTRATOR, ADMINISTRATOR_KEY, SECOND, SECOND_KEY, add_with_key, bearer

pytestmark = pytest.mark.store

ACCOUNTS = "/api/v1/accounts"
WANG = {"name": "wang", "role": "supervisor", "area": JUNGAR, "display_name": "王"}


class Office:
    """An administrator at work."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def does(self, method: str, path: str = "", json: Any = None, *, key: str | None = None) -> Any:
        answer = self.client.request(method, ACCOUNTS + path, json=json, headers=bearer(key) if key else {})
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def is_refused(self, method: str, path: str = "", json: Any = None, *, key: str | None = None) -> tuple[int, Any]:
        answer = self.client.request(method, ACCOUNTS + path, json=json, headers=bearer(key) if key else {})
        body = answer.json()
        return answer.status_code, [(each["field"], each["code"]) for each in body.get("errors", [])] or body["code"]

    def key(self, name: str, *, by: str | None = None, **given: Any) -> str:
        return str(self.does("POST", f"/{name}/keys", {"name": "k", **given}, key=by)["key"])


@pytest.fixture
def office(client: TestClient) -> Office:
    return Office(client)


def test_a_person_is_let_in_with_a_first_password_shown_once(office: Office, client: TestClient) -> None:
    made = office.does("POST", json=WANG)
    password = made.pop("first_password")

    known = office.does("GET", "/wang")
    assert known.pop("names")["area"] == {JUNGAR: {"zh": "准格尔旗", "en": "Jungar Banner"}}
    assert known == made
    assert (made["has_password"], made["must_change_password"], made["disabled_at"]) == (True, True, None)
    told = Browser(client).sign_in("wang", password).json()
    assert (told["account"], told["area"], told["must_change_password"]) == ("wang", JUNGAR, True)
    assert office.is_refused("POST", json=WANG) == (409, [("name", "already_exists")])


def test_a_program_has_keys_alone(office: Office, client: TestClient) -> None:
    assert office.does("POST", json={"name": "export", "role": "program"})["first_password"] is None
    assert office.is_refused("POST", "/export/password") == (409, "keys_alone")
    key = office.key("export", rights=["read", "know"])

    assert client.get("/api/v1/meters", headers=bearer(key)).status_code == 200
    assert client.post("/api/v1/parks", json={}, headers=bearer(key)).json()["code"] == "not_allowed"
    [listed] = office.does("GET", "/export/keys")["data"]
    assert (listed["rights"], listed["created_by"], "key" in listed) == (["read", "know"], ADMINISTRATOR, False)
    assert listed["last_used_at"] is not None


@pytest.mark.parametrize(
    ("entry", "faults"),
    [
        ({"role": "supervisor"}, [("area", "needed_by_role")]),
        ({"role": "enterprise", "area": JUNGAR}, [("enterprise", "needed_by_role"), ("area", "not_of_role")]),
        ({"role": "auditor", "area": JUNGAR}, [("area", "not_of_role")]),
        ({"role": "supervisor", "area": "150699"}, [("area", "unknown")]),
        ({"role": "gateway"}, [("role", "not_among")]),
        ({"role": "king"}, [("role", "enum")]),
        ({"role": "auditor", "name": "Wang"}, [("name", "bad_account_name")]),
        ({"role": "auditor", "email": "nobody"}, [("email", "bad_email")]),
        ({"role": "enterprise", "enterprise": "91150622MA00000010"}, [("enterprise", "unknown")]),
        ({"role": "auditor", "password": PASSWORD}, [("password", "extra_forbidden")]),
    ],
)
def test_faults_of_an_account_are_told_in_both_languages(
    client: TestClient, entry: dict[str, Any], faults: list[tuple[str, str]]
) -> None:
    answer = client.post(ACCOUNTS, json={"name": "wang", **entry})
    assert (answer.status_code, [(each["field"], each["code"]) for each in answer.json()["errors"]]) == (422, faults)
    assert all(each["reason_zh"] != each["reason"] for each in answer.json()["errors"])


def test_an_enterprise_is_named_by_its_credit_code(office: Office, client: TestClient, registered: Registered) -> None:
    works, other = registered.enterprise(), registered.enterprise()
    made = office.does("POST", json={"name": "works", "role": "enterprise", "enterprise": works})
    browser = Browser(client)
    browser.sign_in("works", made["first_password"])

    assert (made["enterprise"], made["area"]) == (works, None)
    told = browser.ask("GET", "/api/v1/session").json()
    assert (told["enterprise"], told["areas"]) == (works, None)
    found = office.does("GET", f"?enterprise={works},{other}&disabled=false")
    assert [each["name"] for each in found["data"]] == ["works"]


def test_an_enterprise_changes_no_account_not_even_its_own(
    client: TestClient, database: psycopg.Connection, registered: Registered
) -> None:
    works = registered.enterprise()
    person(database, "works", Role.ENTERPRISE, enterprise=works)
    browser = Browser(client)
    browser.sign_in("works")

    for method, path, body in (
        ("PATCH", "/works", {"role": "administrator", "enterprise": None}),
        ("GET", "", None),
        ("POST", "", WANG),
        ("POST", "/works/keys", {"name": "k"}),
        ("POST", f"/{ADMINISTRATOR}/password", None),
        ("GET", f"/{ADMINISTRATOR}/sessions", None),
    ):
        assert browser.code(method, ACCOUNTS + path, body) == (403, "not_allowed")


def test_accounts_are_found_by_what_they_are_and_never_by_a_pattern(
    office: Office, database: psycopg.Connection
) -> None:
    office.does("POST", json=WANG | {"email": "wang@example.cn"})
    person(database, "a_b"), person(database, "axb")

    def names(asked: str) -> list[str]:
        return [each["name"] for each in office.does("GET", asked)["data"]]

    assert names("?role=supervisor") == names(f"?area={JUNGAR}") == names("?q=WANG@") == ["wang"]
    assert names("?q=_") == ["a_b"]
    assert names("?q=%25") == []
    assert names("?role=administrator&order=-name") == [SECOND, ADMINISTRATOR]
    first = office.does("GET", "?limit=2&total=true")
    assert (first["total"], len(first["data"])) == (5, 2)
    assert names(f"?limit=2&cursor={first['next']}") == ["axb", SECOND]


def test_an_account_is_changed_as_its_role_asks(office: Office) -> None:
    office.does("POST", json=WANG)

    assert office.does("PATCH", "/wang", {"area": ORDOS})["area"] == ORDOS
    assert office.is_refused("PATCH", "/wang", {"role": "auditor"}) == (422, [("area", "not_of_role")])
    assert office.is_refused("PATCH", "/wang", {"role": None}) == (422, [("role", "missing")])
    assert office.is_refused("PATCH", "/wang", {"name": "li"}) == (422, [("name", "extra_forbidden")])
    assert office.is_refused("PATCH", "/li", {"disabled": True}) == (404, "unknown_account")
    changed = office.does("PATCH", "/wang", {"role": "program", "area": None})
    assert (changed["role"], changed["has_password"]) == ("program", False)


@pytest.mark.parametrize("change", [{"disabled": True}, {"role": "auditor"}])
def test_the_last_administrator_stays(office: Office, change: dict[str, Any]) -> None:
    office.does("PATCH", f"/{SECOND}", change)

    assert office.is_refused("PATCH", f"/{ADMINISTRATOR}", change) == (409, "last_administrator")
    assert office.does("PATCH", f"/{ADMINISTRATOR}", {"email": "a@example.cn"})["role"] == "administrator"


def test_two_administrators_who_disable_each_other_at_once_leave_one(
    office: Office, database: psycopg.Connection
) -> None:
    pairs = [(SECOND, None), (ADMINISTRATOR, SECOND_KEY)]
    with ThreadPoolExecutor(2) as both:

        def disable(pair: tuple[str, str | None]) -> int:
            name, key = pair
            headers = bearer(key) if key else {}
            answer = office.client.patch(f"{ACCOUNTS}/{name}", json={"disabled": True}, headers=headers)
            return int(answer.status_code)

        statuses = sorted(both.map(disable, pairs))

    assert statuses[0] == 200
    assert statuses[1] in (401, 409)
    left = database.execute("SELECT count(*) FROM user_account WHERE disabled_at IS NULL").fetchone()
    assert left == (1,)


def test_a_new_password_is_given_to_who_has_lost_it(office: Office, client: TestClient) -> None:
    browser = Browser(client)
    browser.sign_in("wang", office.does("POST", json=WANG)["first_password"])

    given = office.does("POST", "/wang/password")["first_password"]

    assert browser.code("GET", "/api/v1/session") == (401, "not_signed_in")
    assert browser.sign_in("wang", given).json()["must_change_password"] is True


def test_sessions_of_others_are_ended_by_the_administrator(
    office: Office, client: TestClient, database: psycopg.Connection
) -> None:
    person(database, "wang")
    browser = Browser(client)
    browser.sign_in("wang")
    [session] = office.does("GET", "/wang/sessions")["data"]

    assert (session["peer"], session["current"]) == ("192.0.2.1", False)
    one = f"sessions/{session['session_id']}"
    assert office.is_refused("DELETE", f"/{SECOND}/{one}") == (404, "unknown_session")
    office.does("DELETE", f"/wang/{one}")
    assert browser.code("GET", "/api/v1/session") == (401, "not_signed_in")


def test_a_key_is_revoked_at_once_and_expires(office: Office, client: TestClient, database: psycopg.Connection) -> None:
    office.does("POST", json=WANG)
    made = office.does("POST", "/wang/keys", {"name": "k", "expires_at": "2099-01-01T00:00:00+08:00"})
    other = office.key("wang")

    def status(key: str) -> int:
        return int(client.get("/api/v1/session", headers=bearer(key)).status_code)

    assert (status(made["key"]), status(other)) == (200, 200)
    assert office.is_refused("DELETE", f"/{SECOND}/keys/{made['key_id']}") == (404, "unknown_key")
    office.does("DELETE", f"/wang/keys/{made['key_id']}")
    assert (status(made["key"]), status(other)) == (401, 200)
    database.execute("UPDATE api_key SET expires_at = now() - interval '1 s' WHERE name = 'k'")
    client.app.state.remembered.forget()  # type: ignore[attr-defined]
    assert status(other) == 401
    past = {"name": "k", "expires_at": "2020-01-01T00:00:00+08:00"}
    assert office.is_refused("POST", "/wang/keys", past) == (422, [("expires_at", "in_past")])


def test_a_key_does_at_most_what_its_account_may(office: Office) -> None:
    office.does("POST", json=WANG)

    def faults(**given: Any) -> Any:
        return office.is_refused("POST", "/wang/keys", {"name": "k", **given})

    assert faults(rights=["administer"]) == (422, [("rights", "not_among")])
    assert faults(areas=[DALAD]) == (422, [("areas", "area_outside")])
    assert faults(areas=["999999"]) == (422, [("areas", "unknown")])
    assert faults(rights=[]) == (422, [("rights", "too_short")])


def test_a_key_of_an_area_is_worth_nothing_when_its_account_is_bound_elsewhere(
    office: Office, client: TestClient
) -> None:
    office.does("POST", json=WANG | {"area": ORDOS})
    key, whole = office.key("wang", areas=[JUNGAR]), office.key("wang")

    def areas(key: str) -> Any:
        answer = client.get("/api/v1/session", headers=bearer(key))
        return answer.json()["areas"] if answer.is_success else answer.status_code

    assert (areas(key), areas(whole)) == ([JUNGAR], [ORDOS])
    office.does("PATCH", "/wang", {"area": DALAD})
    assert (areas(key), areas(whole)) == (401, [DALAD])
    office.does("PATCH", "/wang", {"area": JUNGAR})
    assert (areas(key), areas(whole)) == ([JUNGAR], [JUNGAR])


def test_a_narrow_key_of_an_administrator_leads_to_nothing_broader(office: Office, client: TestClient) -> None:
    narrow = office.key(ADMINISTRATOR, by=SECOND_KEY, rights=["administer", "read", "know"])
    office.does("POST", json=WANG)
    office.does("POST", json={"name": "export", "role": "program"})

    for method, path, body in (
        ("POST", "", {"name": "mine", "role": "administrator"}),
        ("POST", f"/{SECOND}/keys", {"name": "more"}),
        ("POST", f"/{SECOND}/password", None),
        ("PATCH", "/wang", {"role": "administrator", "area": None}),
        ("PATCH", f"/{SECOND}", {"disabled": True}),
        ("POST", "/export/keys", {"name": "more", "rights": ["register"]}),
    ):
        assert office.is_refused(method, path, body, key=narrow) == (403, "beyond_own_rights")
    office.does("POST", "/export/keys", {"name": "less", "rights": ["read"]}, key=narrow)


def test_a_key_that_is_narrowed_to_an_area_does_nothing_of_the_whole(office: Office, client: TestClient) -> None:
    key = office.key(ADMINISTRATOR, by=SECOND_KEY, areas=[JUNGAR])

    assert office.is_refused("GET", key=key) == (403, "not_allowed")
    assert client.get("/api/v1/meters", headers=bearer(key)).status_code == 200
    asked = {"name": "k", "rights": ["administer"], "areas": [JUNGAR]}
    assert office.is_refused("POST", f"/{SECOND}/keys", asked) == (422, [("areas", "not_with")])


def test_a_person_makes_keys_for_itself_with_at_most_its_own_rights(
    client: TestClient, database: psycopg.Connection
) -> None:
    person(database, "wang", Role.SUPERVISOR, area=JUNGAR)
    add_with_key(database, "li", Role.AUDITOR, key="enk_li")
    browser = Browser(client)
    browser.sign_in("wang")
    own = "/api/v1/session/keys"

    made = browser.ask("POST", own, {"name": "tablet", "rights": ["read"]})
    assert made.status_code == 201
    assert client.get("/api/v1/session", headers=bearer(made.json()["key"])).json()["areas"] == [JUNGAR]
    assert browser.code("POST", own, {"name": "k", "rights": ["administer"]}) == (422, "invalid_body")
    assert browser.code("POST", own, {"name": "k", "areas": [ORDOS]}) == (422, "invalid_body")
    [listed] = browser.ask("GET", own).json()["data"]
    row = database.execute("SELECT key_id FROM api_key WHERE created_by = 'li'").fetchone()
    assert row is not None
    assert browser.code("DELETE", f"{own}/{row[0]}") == (404, "unknown_key")
    assert browser.ask("DELETE", f"{own}/{listed['key_id']}").status_code == 204
    assert client.get("/api/v1/session", headers=bearer(made.json()["key"])).status_code == 401


def test_a_key_opens_its_own_account_no_further(
    office: Office, client: TestClient, database: psycopg.Connection
) -> None:
    ends = {"rights": ["administer"], "expires_at": "2099-01-01T00:00:00+08:00"}
    key = office.key(ADMINISTRATOR, by=SECOND_KEY, **ends)

    for leaked in (key, ADMINISTRATOR_KEY):
        longer = {"name": "long", "rights": ["administer"]}
        assert office.is_refused("POST", f"/{ADMINISTRATOR}/keys", longer, key=leaked) == (403, "needs_session")
        assert office.is_refused("POST", f"/{ADMINISTRATOR}/password", key=leaked) == (403, "needs_session")
        subject = {"oidc_subject": "https://id.example.cn 7"}
        assert office.is_refused("PATCH", f"/{ADMINISTRATOR}", subject, key=ADMINISTRATOR_KEY) == (403, "needs_session")
    person(database, "chief", Role.ADMINISTRATOR)
    browser = Browser(client)
    browser.sign_in("chief")
    assert browser.ask("POST", f"{ACCOUNTS}/chief/keys", {"name": "k"}).status_code == 201


def test_a_key_of_little_neither_lists_nor_ends_keys_and_sessions_of_its_account(
    office: Office, client: TestClient, database: psycopg.Connection
) -> None:
    person(database, "wang", Role.SUPERVISOR, area=JUNGAR)
    browser = Browser(client)
    browser.sign_in("wang")
    whole = browser.ask("POST", "/api/v1/session/keys", {"name": "whole"}).json()
    [session] = browser.ask("GET", "/api/v1/sessions").json()["data"]
    little = office.key("wang", rights=["know"])

    for key in (little, whole["key"]):
        for method, path in (
            ("GET", "session/keys"),
            ("DELETE", f"session/keys/{whole['key_id']}"),
            ("GET", "sessions"),
            ("DELETE", f"sessions/{session['session_id']}"),
        ):
            answer = client.request(method, f"/api/v1/{path}", headers=bearer(key))
            assert (answer.status_code, answer.json()["code"]) == (403, "needs_session")
        assert client.get("/api/v1/session", headers=bearer(key)).json()["account"] == "wang"


def test_an_account_has_so_many_keys(office: Office, database: psycopg.Connection) -> None:
    office.does("POST", json=WANG)
    database.execute(
        "INSERT INTO api_key (account_id, name, token_sha256, created_by)"
        " SELECT account_id, 'k', sha256(n::text::bytea), 'x' FROM user_account, generate_series(1, 100) AS n"
        " WHERE name = 'wang'"
    )
    assert office.is_refused("POST", "/wang/keys", {"name": "k"}) == (422, [("name", "too_many")])

"""Browsers are signed in by a session on the server, and out by its end."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest
from fastapi.testclient import TestClient
from psycopg.sql import SQL, Identifier

from services.api.access.passwords import Passwords
from services.api.access.role import Role
from services.api.access.seen import FAILED_SIGN_IN
from services.api.access.sessions import MOST_SESSIONS
from services.api.access.tokens import token_sha256
from services.provenance.audited import audit_mark
from tests.integration.access.browser import PASSWORD, Browser, person
from tests.integration.registered import JUNGAR
from tests.signed_in import BY_ADMINISTRATOR, add_with_key, bearer

pytestmark = pytest.mark.store


NEW = "ein Zaun aus grünem Glas"


OUT = (401, "not_signed_in")


def rows(database: psycopg.Connection, table: str) -> int:
    row = database.execute(SQL("SELECT count(*) FROM {}").format(Identifier(table))).fetchone()
    assert row is not None
    return int(row[0])


def test_who_signs_in_is_told_who_it_is_and_what_it_may(browser: Browser, wang: str) -> None:
    answer = browser.sign_in(" Wang ")

    told = answer.json()
    assert (told["account"], told["display_name"], told["role"], told["area"]) == ("wang", "王", "supervisor", JUNGAR)
    assert {"read", "register"} <= set(told["rights"])
    assert "administer" not in told["rights"]
    assert (told["areas"], told["signed_by"], told["must_change_password"]) == ([JUNGAR], "session", False)
    assert browser.ask("GET", "/api/v1/session").json() == told
    assert browser.code("GET", "/api/v1/meters")[0] == 200


def test_the_cookie_is_kept_from_scripts_from_other_hosts_and_from_plain_lines(browser: Browser, wang: str) -> None:
    session, device = browser.sign_in(wang).headers.get_list("set-cookie")

    assert session.startswith("__Host-enermon=")
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Secure"} <= set(session.split("; "))
    assert "Domain" not in session
    assert {"HttpOnly", "Path=/", "SameSite=strict", "Secure"} <= set(device.split("; "))


def test_a_session_is_kept_as_a_digest(signed_in: Browser, database: psycopg.Connection) -> None:
    kept = database.execute("SELECT token_sha256, peer FROM session").fetchall()

    assert [(len(digest), peer) for digest, peer in kept] == [(32, "192.0.2.1")]
    assert signed_in.token.encode() not in kept[0][0]


def test_a_key_says_whose_it_is_too(client: TestClient) -> None:
    told = client.get("/api/v1/session").json()
    assert (told["account"], told["signed_by"], told["csrf_token"]) == ("admin", "key", None)


def test_unknown_wrong_disabled_and_program_are_one_answer_for_one_amount_of_work(
    client: TestClient, database: psycopg.Connection, wang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    person(database, "gone")
    database.execute("UPDATE user_account SET disabled_at = now() WHERE name = 'gone'")
    add_with_key(database, "export", Role.PROGRAM, key="enk_export")
    work: list[str] = []
    real = Passwords._is_right

    def counted(self: Passwords, given: str, kept: str) -> bool:
        work.append(kept.split("$")[3])
        return real(self, given, kept)

    monkeypatch.setattr(Passwords, "_is_right", counted)

    tried = [("wang", "wrong"), ("nobody", PASSWORD), ("gone", PASSWORD), ("export", PASSWORD), ("\0'--", PASSWORD)]
    answers = [Browser(client, peer=f"192.0.2.{n}").sign_in(*each) for n, each in enumerate(tried)]

    assert {(each.status_code, each.content) for each in answers} == {(401, answers[0].content)}
    assert answers[0].json()["code"] == "wrong_credentials"
    assert "set-cookie" not in answers[0].headers
    assert work == [work[0]] * len(tried)


def test_signing_out_ends_the_session_at_once(signed_in: Browser, client: TestClient) -> None:
    cookies = dict(signed_in.cookies)

    assert signed_in.ask("DELETE", "/api/v1/session").status_code == 204

    assert "__Host-enermon" not in signed_in.cookies
    signed_in.cookies = cookies
    assert signed_in.code("GET", "/api/v1/session") == OUT


def test_a_write_without_the_token_of_the_session_is_refused(signed_in: Browser) -> None:
    right = signed_in.csrf_token
    signed_in.csrf_token = None
    for token in ({}, *({"X-CSRF-Token": given} for given in ("", "0" * 64, "\u00e9".encode("latin-1")))):
        assert signed_in.code("DELETE", "/api/v1/session", **token) == (403, "no_csrf_token")
    signed_in.csrf_token = right
    assert signed_in.ask("DELETE", "/api/v1/session").status_code == 204


def test_signing_in_gives_a_new_token_and_ends_the_one_before(signed_in: Browser, database: psycopg.Connection) -> None:
    before = signed_in.token
    signed_in.sign_in("wang")

    assert signed_in.token != before
    assert rows(database, "session") == 1


def test_a_token_that_a_stranger_has_set_is_never_taken_over(browser: Browser, wang: str) -> None:
    browser.cookies["__Host-enermon"] = "planted"
    browser.sign_in(wang)

    assert browser.token != "planted"
    browser.cookies["__Host-enermon"] = "planted"
    assert browser.code("GET", "/api/v1/session") == OUT


@pytest.mark.parametrize("used", [False, True])
def test_a_session_ends_when_it_is_idle_and_after_a_day(
    signed_in: Browser, at: Callable[[timedelta], None], used: bool
) -> None:
    for hours in range(1, 24):
        at(timedelta(hours=hours))
        if used or hours < 2:
            assert signed_in.code("GET", "/api/v1/session")[0] == 200
        elif hours > 9:
            assert signed_in.code("GET", "/api/v1/session") == OUT
    at(timedelta(hours=24, minutes=1))
    assert signed_in.code("GET", "/api/v1/session") == OUT


def test_changing_the_password_ends_all_other_sessions_and_renews_this_one(
    signed_in: Browser, client: TestClient
) -> None:
    other = Browser(client, peer="192.0.2.9")
    other.sign_in("wang")
    before = signed_in.token

    changed = signed_in.ask("POST", "/api/v1/session/password", {"old_password": PASSWORD, "new_password": NEW})

    assert changed.status_code == 200
    assert signed_in.token != before
    signed_in.csrf_token = changed.json()["csrf_token"]
    assert signed_in.code("GET", "/api/v1/session")[0] == 200
    assert other.code("GET", "/api/v1/session") == OUT
    assert other.sign_in("wang").status_code == 401
    assert other.sign_in("wang", NEW).status_code == 200


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("not mine", NEW, "wrong_password"),
        (PASSWORD, PASSWORD, "invalid_body"),
        (PASSWORD, "kurz", "invalid_body"),
        (PASSWORD, "wang-wang-1", "invalid_body"),
    ],
)
def test_a_password_is_changed_by_who_knows_it_into_a_good_one(
    signed_in: Browser, old: str, new: str, code: str
) -> None:
    answer = signed_in.ask("POST", "/api/v1/session/password", {"old_password": old, "new_password": new})

    assert answer.json()["code"] == code
    assert old not in answer.text
    assert new not in answer.text
    assert signed_in.code("GET", "/api/v1/session")[0] == 200


def test_a_first_password_lets_one_do_nothing_before_it_is_changed(
    browser: Browser, database: psycopg.Connection
) -> None:
    person(database, "new", must_change_password=True)

    assert browser.sign_in("new").json()["must_change_password"] is True
    assert browser.code("GET", "/api/v1/meters") == (403, "password_to_change")
    assert browser.code("POST", "/api/v1/session/keys", {"name": "k"}) == (403, "password_to_change")
    changed = browser.ask("POST", "/api/v1/session/password", {"old_password": PASSWORD, "new_password": NEW})
    assert changed.json()["must_change_password"] is False
    assert browser.code("GET", "/api/v1/meters")[0] == 200


def test_a_key_neither_signs_out_nor_changes_a_password_nor_makes_keys(client: TestClient) -> None:
    body = {"old_password": PASSWORD, "new_password": NEW}
    for method, path, json in (
        ("DELETE", "session", None),
        ("POST", "session/password", body),
        ("POST", "session/keys", {"name": "more"}),
    ):
        answer = client.request(method, f"/api/v1/{path}", json=json)
        assert (answer.status_code, answer.json()["code"]) == (403, "needs_session")


def test_one_sees_and_ends_ones_own_sessions_and_no_others(
    signed_in: Browser, client: TestClient, database: psycopg.Connection
) -> None:
    person(database, "li")
    other, second = Browser(client, peer="192.0.2.7"), Browser(client, peer="192.0.2.8")
    other.sign_in("li")
    second.sign_in("wang")
    [of_li] = other.ask("GET", "/api/v1/sessions").json()["data"]
    mine = signed_in.ask("GET", "/api/v1/sessions").json()["data"]

    assert [(each["peer"], each["current"]) for each in mine] == [("192.0.2.8", False), ("192.0.2.1", True)]
    assert signed_in.code("DELETE", f"/api/v1/sessions/{of_li['session_id']}") == (404, "unknown_session")
    assert signed_in.code("DELETE", "/api/v1/sessions/" + "_" * 16)[0] == 422
    assert signed_in.ask("DELETE", f"/api/v1/sessions/{mine[0]['session_id']}").status_code == 204
    assert second.code("GET", "/api/v1/session") == OUT
    assert other.code("GET", "/api/v1/session")[0] == 200


def test_an_account_has_so_many_sessions_and_the_oldest_goes(
    client: TestClient, wang: str, database: psycopg.Connection
) -> None:
    database.execute(
        "INSERT INTO session (token_sha256, account_id, created_at, last_seen_at, expires_at)"
        " SELECT sha256(n::text::bytea), account_id, now() - n * interval '1 s', now(), now() + interval '1 h'"
        " FROM user_account, generate_series(1, %s) AS n WHERE name = 'wang'",
        [MOST_SESSIONS + 5],
    )
    Browser(client).sign_in(wang)
    assert rows(database, "session") == MOST_SESSIONS


def test_who_is_disabled_is_out_at_once_and_stays_out_when_let_in_again(signed_in: Browser, client: TestClient) -> None:
    assert signed_in.code("GET", "/api/v1/session")[0] == 200
    for disabled in (True, False):
        answer = client.patch("/api/v1/accounts/wang", json={"disabled": disabled}, headers=BY_ADMINISTRATOR)
        assert answer.status_code == 200
        assert signed_in.code("GET", "/api/v1/session") == OUT


def test_a_change_of_rights_holds_for_the_next_request(signed_in: Browser, client: TestClient) -> None:
    assert signed_in.code("GET", "/api/v1/supervision-bodies")[0] == 200
    client.patch("/api/v1/accounts/wang", json={"role": "auditor", "area": None})
    told = signed_in.ask("GET", "/api/v1/session").json()
    assert (told["role"], told["area"]) == ("auditor", None)
    assert signed_in.code("POST", "/api/v1/parks", {}) == (403, "not_allowed")


@pytest.mark.parametrize(
    ("wanted", "leads_to"),
    [
        ("/alerts/7?lang=en", "/alerts/7?lang=en"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("https://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/%0d%0aSet-Cookie:a=b", "/%0d%0aSet-Cookie:a=b"),
        ('/"><script>', "/&#34;&gt;&lt;script&gt;"),
    ],
)
def test_the_login_leads_to_pages_of_its_own_alone(browser: Browser, wanted: str, leads_to: str) -> None:
    page = browser._client.get("/login", params={"next": wanted}).text
    assert f'data-next="{leads_to}"' in page
    assert f'href="{leads_to}"' in page


def test_a_link_of_a_mail_is_a_page_that_tells_nobody_anything_before_one_is_signed_in(
    browser: Browser, wang: str
) -> None:
    page = browser.ask("GET", "/alerts/7?lang=en")
    assert page.status_code == 200
    # Which view is opened says the address alone.
    assert page.text == browser.ask("GET", "/alerts/8").text
    assert browser.code("GET", "/api/v1/alerts/7") == (401, "not_signed_in")
    browser.sign_in(wang)
    assert browser.code("GET", "/api/v1/alerts/7") == (404, "unknown_alert")


def test_another_process_shuts_out_within_a_second(signed_in: Browser, database: psycopg.Connection) -> None:
    assert signed_in.code("GET", "/api/v1/session")[0] == 200
    database.execute("DELETE FROM session")
    until_s = time.monotonic() + 1.1
    while time.monotonic() < until_s:
        if signed_in.code("GET", "/api/v1/session") == OUT:
            return
    pytest.fail("it was still let in")


def test_a_key_is_not_taken_for_a_session_nor_a_session_for_a_key(signed_in: Browser, client: TestClient) -> None:
    assert client.get("/api/v1/session", headers=bearer(signed_in.token)).status_code == 401
    signed_in.cookies["__Host-enermon"] = "enk_of-the-administrator-of-the-tests"
    assert signed_in.code("GET", "/api/v1/session") == OUT


def test_signing_in_and_out_and_failing_to_stand_in_the_audit(
    browser: Browser, client: TestClient, wang: str, database: psycopg.Connection
) -> None:
    for name in (wang, wang, "nobody"):
        assert browser.sign_in(name, "a wrong password").status_code == 401
    assert browser.sign_in(wang).status_code == 200
    for thread in threading.enumerate():
        if thread.name == FAILED_SIGN_IN:
            thread.join()

    kept = database.execute(
        "SELECT kind, subject, action, after ->> 'token_sha256' FROM audit"
        " WHERE kind IN ('sign_in_failed', 'session') ORDER BY kind"
    ).fetchall()
    assert [row[:3] for row in kept] == [("session", "wang", "insert"), ("sign_in_failed", "wang", "note")]
    assert kept[0][3] == audit_mark(token_sha256(browser.token))

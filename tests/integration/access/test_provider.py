"""People sign in by an OpenID provider, and by nothing that only looks like its answer."""

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from fastapi.testclient import TestClient
from joserfc.jwk import RSAKey

from services.api.access.role import Role
from tests.integration.access.browser import Browser, person
from tests.integration.access.own_provider import CLIENT, SECRET, OwnProvider, own_provider, shared_secret
from tests.integration.registered import JUNGAR
from tests.integration.served import ADDRESS, api
from tests.signed_in import add_with_key

pytestmark = pytest.mark.store

START = "/api/v1/session/oidc?next=/alerts"
REFUSED = "/login?refused=provider&next=%2Falerts"


@pytest.fixture
def provider() -> Iterator[OwnProvider]:
    with own_provider() as provider:
        provider.claims = {"sub": "4711", "preferred_username": "Wang"}
        yield provider


@pytest.fixture
def client(database_url: str, provider: OwnProvider) -> Iterator[TestClient]:
    """The API, whose people sign in by the provider; the claim preferred_username holds their names."""
    given: dict[str, Any] = {"oidc_issuer": provider.issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET}
    with api(database_url=database_url, alerts_link=ADDRESS, oidc_claim="preferred_username", **given) as client:
        yield client


@pytest.fixture
def browser(client: TestClient, database: psycopg.Connection) -> Browser:
    person(database, "wang", Role.SUPERVISOR, area=JUNGAR, must_change_password=True)
    return Browser(client)


def way_back(browser: Browser, provider: OwnProvider) -> str:
    """Where the provider leads a browser that was sent to it."""
    there = browser.ask("GET", START)
    assert there.headers["location"].startswith(f"{provider.issuer}/authorize?")
    back = urlsplit(provider.authorize(there.headers["location"]))
    assert f"{back.scheme}://{back.netloc}" == ADDRESS
    return f"{back.path}?{back.query}"


def comes_back(browser: Browser, path: str) -> str:
    answer = browser.ask("GET", path)
    assert answer.status_code == 303
    return str(answer.headers["location"])


def signs_in(browser: Browser, provider: OwnProvider) -> str:
    return comes_back(browser, way_back(browser, provider))


def test_who_the_provider_names_is_signed_in_and_led_on(
    browser: Browser, provider: OwnProvider, database: psycopg.Connection
) -> None:
    assert signs_in(browser, provider) == "/alerts"

    told = browser.ask("GET", "/api/v1/session").json()
    assert (told["account"], told["signed_by"], told["must_change_password"]) == ("wang", "session", False)
    assert "__Host-enermon-oidc" not in browser.cookies
    kept = database.execute("SELECT oidc_subject, password_hash FROM user_account WHERE name = 'wang'").fetchone()
    assert kept == (f"{provider.issuer} 4711", None)


def test_a_subject_stays_whose_it_is_whatever_it_is_called_later(
    browser: Browser, provider: OwnProvider, client: TestClient, database: psycopg.Connection
) -> None:
    person(database, "li")
    signs_in(browser, provider)

    provider.claims = {"sub": "4711", "preferred_username": "li"}
    signs_in(browser, provider)
    assert browser.ask("GET", "/api/v1/session").json()["account"] == "wang"

    provider.claims = {"sub": "another", "preferred_username": "wang"}
    stranger = Browser(client)
    assert signs_in(stranger, provider) == REFUSED
    assert "__Host-enermon" not in stranger.cookies


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "1"},
        {"sub": "1", "preferred_username": "nobody"},
        {"sub": "1", "preferred_username": "w%"},
        {"sub": "1", "preferred_username": "wang\0"},
        {"sub": "1", "preferred_username": ["wang"]},
        {"sub": "1", "preferred_username": "wang", "preferred_username_verified": False},
        {"sub": "1", "preferred_username": "export"},
        {"sub": "1", "preferred_username": "gone"},
    ],
)
def test_a_provider_lets_nobody_in_who_has_no_account(
    browser: Browser, provider: OwnProvider, database: psycopg.Connection, claims: dict[str, Any]
) -> None:
    add_with_key(database, "export", Role.PROGRAM, key="enk_export")
    person(database, "gone")
    database.execute("UPDATE user_account SET disabled_at = now() WHERE name = 'gone'")
    provider.claims = claims

    assert signs_in(browser, provider) == REFUSED
    assert "__Host-enermon" not in browser.cookies


def test_who_is_disabled_is_not_let_in_by_the_provider(
    browser: Browser, provider: OwnProvider, database: psycopg.Connection
) -> None:
    signs_in(browser, provider)
    database.execute("UPDATE user_account SET disabled_at = now() WHERE name = 'wang'")
    assert signs_in(browser, provider) == REFUSED


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "http://127.0.0.1:1"},
        {"iss": None},
        {"aud": "another"},
        {"aud": ["enermon", "another"]},
        {"aud": ["enermon", "another"], "azp": "another"},
        {"nonce": "0" * 64},
        {"nonce": None},
        {"exp": -3600, "iat": -7200},
        {"exp": None},
        {"iat": 3600},
        {"sub": None},
        {"sub": 4711},
    ],
    ids=str,
)
def test_a_token_that_is_not_of_this_sign_in_is_refused(
    browser: Browser, provider: OwnProvider, wrong: dict[str, Any]
) -> None:
    now_s = int(time.time())  # a time is given from now on
    wrong = {name: now_s + value if name in ("exp", "iat") and value else value for name, value in wrong.items()}
    provider.wrong = wrong
    assert signs_in(browser, provider) == REFUSED
    assert "__Host-enermon" not in browser.cookies


def test_a_token_that_another_has_signed_is_refused(browser: Browser, provider: OwnProvider) -> None:
    provider.signs_with = RSAKey.generate_key(2048, {"kid": "1"})
    assert signs_in(browser, provider) == REFUSED
    provider.signs_with, provider.algorithm = shared_secret(SECRET * 3), "HS256"
    assert signs_in(browser, provider) == REFUSED


def test_a_code_holds_once(browser: Browser, provider: OwnProvider) -> None:
    back = way_back(browser, provider)
    cookies = dict(browser.cookies)
    assert comes_back(browser, back) == "/alerts"

    browser.cookies = cookies
    assert comes_back(browser, back) == REFUSED
    assert "__Host-enermon" not in browser.cookies


def test_an_answer_to_another_browser_is_refused_before_the_provider_is_asked(
    browser: Browser, provider: OwnProvider, client: TestClient
) -> None:
    back = way_back(browser, provider)
    other = Browser(client)
    way_back(other, provider)
    asked = len(provider.asked)

    assert comes_back(other, back) == REFUSED
    assert comes_back(Browser(client), back) == "/login?refused=provider&next=%2F"
    state = parse_qs(urlsplit(back).query)["state"][0]
    assert comes_back(browser, back.replace(state, state[:-1])) == REFUSED
    assert len(provider.asked) == asked
    assert "__Host-enermon" not in other.cookies


def test_a_code_that_was_seen_on_the_way_is_worth_nothing_elsewhere(
    browser: Browser, provider: OwnProvider, client: TestClient
) -> None:
    seen = parse_qs(urlsplit(way_back(browser, provider)).query)["code"][0]
    thief = Browser(client)
    own = way_back(thief, provider)
    code = parse_qs(urlsplit(own).query)["code"][0]

    assert comes_back(thief, own.replace(code, seen)) == REFUSED


def test_the_answer_of_another_provider_is_refused(browser: Browser, provider: OwnProvider) -> None:
    back = way_back(browser, provider)
    named = parse_qs(urlsplit(back).query)["iss"][0]
    other = back.replace(named.replace(":", "%3A").replace("/", "%2F"), "http%3A%2F%2F127.0.0.1%3A1")
    assert other != back
    assert comes_back(browser, other) == REFUSED


def test_a_refusal_of_the_provider_leads_to_the_login(browser: Browser, provider: OwnProvider) -> None:
    state = parse_qs(urlsplit(way_back(browser, provider)).query)["state"][0]
    assert comes_back(browser, f"/api/v1/session/oidc/callback?error=access_denied&state={state}") == REFUSED


@pytest.mark.parametrize("metadata", [{"issuer": "http://127.0.0.1:1"}, {"authorization_endpoint": "javascript:x"}])
def test_a_provider_that_calls_itself_otherwise_is_not_gone_to(
    browser: Browser, provider: OwnProvider, metadata: dict[str, Any]
) -> None:
    provider.metadata = metadata
    assert comes_back(browser, START) == REFUSED


def test_a_provider_that_changes_its_key_goes_on(
    browser: Browser, provider: OwnProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    signs_in(browser, provider)
    provider.key = RSAKey.generate_key(2048, {"kid": "2"})
    assert signs_in(browser, provider) == REFUSED
    monkeypatch.setattr("services.api.access.provider._KEYS_ANEW_S", 0.0)
    assert signs_in(browser, provider) == "/alerts"


def test_the_way_leads_on_to_pages_of_its_own_alone(browser: Browser, provider: OwnProvider) -> None:
    there = browser.ask("GET", "/api/v1/session/oidc?next=//evil.example")
    back = urlsplit(provider.authorize(there.headers["location"]))
    assert comes_back(browser, f"{back.path}?{back.query}") == "/"


def test_the_login_shows_the_provider_where_there_is_one(browser: Browser, database_url: str) -> None:
    assert 'href="/api/v1/session/oidc?next=%2Falerts"' in browser.ask("GET", "/login?next=/alerts").text
    with api(database_url=database_url) as without:
        assert "oidc" not in without.get("/login").text
        assert without.get("/api/v1/session/oidc").json()["code"] == "no_provider"

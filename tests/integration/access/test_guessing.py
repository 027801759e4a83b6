"""Passwords that are guessed, and names and passwords that are none."""

import time

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.api.access.passwords import PasswordCheck, Passwords
from tests.integration.access.browser import KEPT, PASSWORD, Browser, person

pytestmark = pytest.mark.store


def test_guessing_is_slowed_and_keeps_nobody_else_out(client: TestClient, wang: str, browser: Browser) -> None:
    guesser = Browser(client, peer="198.51.100.1")
    answers = [guesser.sign_in(wang, f"guess {n}") for n in range(8)]

    assert [each.status_code for each in answers[:5]] == [401] * 5
    slowed = answers[-1]
    assert (slowed.status_code, slowed.json()["code"]) == (429, "too_many_tries")
    assert int(slowed.headers["retry-after"]) >= 1
    assert guesser.sign_in(wang).status_code == 429
    assert browser.sign_in(wang).status_code == 200


def test_a_browser_that_is_known_is_let_in_beside_a_guesser_of_its_own_network(
    client: TestClient, signed_in: Browser
) -> None:
    signed_in.ask("DELETE", "/api/v1/session")
    stranger = Browser(client, peer="192.0.2.1")
    for n in range(30):
        stranger.sign_in("wang", f"guess {n}")

    assert stranger.sign_in("wang").status_code == 429
    stranger.cookies["__Host-enermon-device"] = "A" * 43
    assert stranger.sign_in("wang").status_code == 429
    assert signed_in.sign_in("wang").status_code == 200


def test_thousands_of_failed_logins_cost_a_bounded_amount_of_work_and_memory(
    client: TestClient, wang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashings: list[str] = []
    real = Passwords.check

    def counted(self: Passwords, given: str, kept: str | None, *, source: str) -> PasswordCheck:
        hashings.append(given)
        return real(self, given, kept, source=source)

    monkeypatch.setattr(Passwords, "check", counted)
    guesser = Browser(client, peer="198.51.100.2")
    began_s = time.monotonic()

    for _ in range(2_000):
        guesser.sign_in(wang, "guess")

    took_s = time.monotonic() - began_s
    # Five are free, then 1, 2, 4 … seconds lie between them.
    assert len(hashings) <= 5 + took_s + 1
    assert client.app.state.lockout.entries <= 3  # type: ignore[attr-defined]
    assert Browser(client).sign_in(wang).status_code == 200


def test_a_password_of_ten_megabytes_is_not_read(browser: Browser, wang: str) -> None:
    assert browser.sign_in(wang, "x" * 10_000_000).status_code == 413
    assert browser.sign_in(wang, PASSWORD + "x" * 50_000).status_code == 401


def test_full_width_letters_of_a_chinese_keyboard_are_those_of_any(
    browser: Browser, database: psycopg.Connection
) -> None:
    person(database, "wide")
    wide = "".join(chr(ord(each) + 0xFEE0) if "!" <= each <= "~" else each for each in PASSWORD)
    assert wide != PASSWORD
    assert browser.sign_in("wide", wide).status_code == 200


@pytest.mark.parametrize("name", ["%", "_ang", "wan_", "wang' OR '1'='1", "WANG\0", "w" * 1000])
def test_a_name_is_never_a_pattern(browser: Browser, wang: str, name: str) -> None:
    assert browser.code("POST", "/api/v1/session", {"name": name, "password": PASSWORD})[0] == 401


def test_a_password_kept_with_old_parameters_is_kept_anew(browser: Browser, database: psycopg.Connection) -> None:
    from argon2 import PasswordHasher

    old = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(PASSWORD)
    person(database, "early", kept=old)

    assert browser.sign_in("early").status_code == 200
    kept = database.execute("SELECT password_hash FROM user_account WHERE name = 'early'").fetchone()
    assert kept is not None
    assert kept[0].split("$")[3] == KEPT.split("$")[3]

"""Passwords are kept as argon2id, are not such as many choose, and a flood of them takes neither memory nor cores."""

from functools import partial
from threading import Event, Thread

import pytest
from argon2 import Parameters, PasswordHasher, Type, extract_parameters
from argon2.exceptions import InvalidHashError
from hypothesis import given, settings
from hypothesis import strategies as st

from services.api.access.passwords import COMMON, PARAMETERS, HashingsBusy, PasswordCheck, Passwords, fault_of_new
from services.api.reasons import Fault

QUICK = Parameters(type=Type.ID, version=19, salt_len=16, hash_len=32, time_cost=1, memory_cost=64, parallelism=1)
GOOD = "vier Pferde grasen"


def code_of(password: str, account: str = "li.na") -> str | None:
    fault = fault_of_new(password, account=account)
    return None if fault is None else fault.code


def test_a_password_is_kept_as_argon2id_with_no_less_than_owasp_asks() -> None:
    kept = Passwords().hashed(GOOD)
    found = extract_parameters(kept)
    assert kept.startswith("$argon2id$v=19$m=32768,t=3,p=1$")
    assert found == PARAMETERS
    assert found.memory_cost >= 19 * 1024
    assert found.time_cost >= 2
    assert GOOD not in kept


def test_only_the_right_password_opens_and_each_has_its_own_salt() -> None:
    passwords = Passwords(QUICK)
    first, second = passwords.hashed(GOOD), passwords.hashed(GOOD)
    assert first != second
    assert passwords.check(GOOD, first) == passwords.check(GOOD, second) == PasswordCheck(right=True)
    assert passwords.check(GOOD + " ", first) == PasswordCheck(right=False)
    assert passwords.check("", first) == PasswordCheck(right=False)


def test_what_was_hashed_with_other_parameters_is_hashed_anew_when_it_is_right() -> None:
    kept = Passwords(Parameters(Type.ID, 19, 16, 32, time_cost=2, memory_cost=64, parallelism=1)).hashed(GOOD)
    passwords = Passwords(QUICK)
    assert passwords.check("another password", kept) == PasswordCheck(right=False)
    right, anew = passwords.check(GOOD, kept)
    assert right
    assert anew is not None
    assert extract_parameters(anew) == QUICK
    assert passwords.check(GOOD, anew) == PasswordCheck(right=True)


def test_an_account_that_is_not_there_takes_the_same_work(monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[Parameters] = []
    verify = PasswordHasher.verify

    def noted(self: PasswordHasher, kept: str | bytes, password: str | bytes) -> bool:
        verified.append(extract_parameters(kept if isinstance(kept, str) else kept.decode()))
        return bool(verify(self, kept, password))

    monkeypatch.setattr(PasswordHasher, "verify", noted)
    passwords = Passwords(QUICK)
    assert not passwords.check(GOOD, passwords.hashed("another password")).right
    assert not passwords.check(GOOD, None).right
    assert not passwords.check("", None).right
    assert not passwords.check("x" * 60_000, passwords.hashed(GOOD)).right
    assert verified == [QUICK] * 4


def test_what_is_no_hash_is_a_fault_of_the_store_and_not_a_wrong_password() -> None:
    with pytest.raises(InvalidHashError):
        Passwords(QUICK).check(GOOD, "plain text")


def test_full_width_letters_are_those_of_any_keyboard() -> None:
    passwords = Passwords(QUICK)
    kept = passwords.hashed("四匹马在草原吃草２０２６年")
    assert passwords.check("四匹马在草原吃草2026年", kept).right


@given(st.text(st.characters(), max_size=300))
@settings(max_examples=60, deadline=None)
def test_any_text_can_be_checked_and_a_password_that_may_be_chosen_opens(password: str) -> None:
    passwords = Passwords(QUICK)
    kept = passwords.hashed(password)
    assert passwords.check(password, kept).right or code_of(password) == "password_too_long"


class SlowHasher:
    """Verifies when it is told to, so that hashings wait for each other."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun, self._go_on, self.right = Event(), Event(), list[bool]()
        self._threads: list[Thread] = []
        verify = PasswordHasher.verify

        def slow(hasher: PasswordHasher, kept: str, password: bytes) -> bool:
            self.begun.set()
            assert self._go_on.wait(60)
            return bool(verify(hasher, kept, password))

        monkeypatch.setattr(PasswordHasher, "verify", slow)

    def begin(self, passwords: Passwords, kept: str, *, source: str, waiting: int) -> None:
        """Check a password; return when it is at work, or waits as the last of so many."""
        thread = Thread(target=lambda: self.right.append(passwords.check(GOOD, kept, source=source).right), daemon=True)
        thread.start()
        self._threads.append(thread)
        assert self.begun.wait(60)
        while passwords.waiting < waiting:
            thread.join(0.01)

    def end(self) -> list[bool]:
        """Let them go on, and tell which were right."""
        self._go_on.set()
        for thread in self._threads:
            thread.join(60)
        return self.right


def test_no_more_than_a_few_are_hashed_at_once_and_who_finds_the_queue_full_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    passwords = Passwords(QUICK, at_once=1, waiting=1, within_s=60)
    kept = passwords.hashed(GOOD)
    slow = SlowHasher(monkeypatch)
    slow.begin(passwords, kept, source="192.0.2.1", waiting=0)
    slow.begin(passwords, kept, source="192.0.2.2", waiting=1)
    for hashing in (partial(passwords.check, GOOD, kept), partial(passwords.check, GOOD, None)):
        with pytest.raises(HashingsBusy):
            hashing()
    with pytest.raises(HashingsBusy):
        passwords.hashed(GOOD)
    assert slow.end() == [True, True]
    assert passwords.check(GOOD, kept).right


def test_a_flood_from_one_network_leaves_places_for_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    passwords = Passwords(QUICK, at_once=1, waiting=9, most_of_one=3, within_s=60)
    kept = passwords.hashed(GOOD)
    slow = SlowHasher(monkeypatch)
    for waiting in range(3):
        slow.begin(passwords, kept, source="192.0.2.1", waiting=waiting)
    for _ in range(20):
        with pytest.raises(HashingsBusy):
            passwords.check(GOOD, kept, source="192.0.2.1")
    slow.begin(passwords, kept, source="198.51.100.7", waiting=3)
    assert slow.end() == [True] * 4
    assert passwords.check(GOOD, kept, source="192.0.2.1").right


@pytest.mark.parametrize(
    "password",
    [
        GOOD,
        "四匹马在草原上吃草看月亮",
        "kT9#vv2Lq!x0",
        "moss-anvil-thirty-kite",
        "7 лошадей в степи",
        "aaaaab" * 40 + "kite",
    ],
)
def test_what_few_would_guess_may_be_chosen(password: str) -> None:
    assert code_of(password) is None


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "Password2024!",
        "P@ssw0rd2024",
        "passwordpassword",
        "admin@123456",
        "enermon-admin-2026",
        "qwertyuiop12",
        "1qaz2wsx3edc",
        "woaini520520",
        "123456789012",
        "13812345678901",
        "abcdefghijkl",
        "zyxwvutsrqponm",
        "aaaaaaaaaaaa",
        "abcabcabcabc",
        "password password",
        "admin@enermon",
        "内蒙古能源监察密码２０２６",
    ],
)
def test_what_many_choose_is_refused_with_whatever_around_it(password: str) -> None:
    assert code_of(password) == "password_common"


@given(st.sampled_from(sorted(COMMON)), st.text("0123456789!@#_-.", max_size=8), st.text("0123456789!", max_size=14))
def test_a_common_password_is_not_made_a_good_one_by_years_and_signs(word: str, before: str, after: str) -> None:
    assert code_of(before + word.title() + after, account="nobody") in {"password_common", "password_too_short"} or any(
        each.isdigit() for each in word
    )


@pytest.mark.parametrize("password", ["zhao.lihua2026", "ZHAO.LIHUA!!", "zhao.lihuazhao.lihua"])
def test_the_name_of_the_account_is_no_password(password: str) -> None:
    assert code_of(password, account="Zhao.Lihua") == "password_of_name"
    assert code_of("moss anvil " + password, account="Zhao.Lihua") is None


def test_length_is_counted_in_characters_and_the_fault_says_how_many() -> None:
    assert fault_of_new("kT9#vv2Lq!x", account="li.na") == Fault("password", "password_too_short", {"least": 12})
    assert fault_of_new("草原" * 5, account="", field="new") == Fault("new", "password_too_short", {"least": 12})
    assert code_of("kT9#vv2Lq!x0" * 22) == "password_too_long"
    assert code_of("ﷺ" * 100) == "password_too_long"
    fault = fault_of_new("short", account="li.na")
    assert fault is not None
    assert (fault.reason, fault.reason_zh) == ("must have at least 12 characters", "至少需要 12 个字符")

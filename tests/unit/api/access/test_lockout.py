"""Guessing is slowed by what failed, and nobody is kept out by what others tried."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.api.access.lockout import BRAKE, OWN, Lockout, Trying

OWNER = Trying("zhao.lihua", IPv4Address("198.51.100.7"))
OF_OTHERS = st.builds(
    Trying,
    account=st.sampled_from(["zhao.lihua", "li.na", "nobody"]),
    peer=st.integers(0, 400).map(lambda number: IPv4Address("203.0.112.0") + number),
    device=st.sampled_from([None, None, "other"]),
)
ATTACK = st.lists(st.tuples(OF_OTHERS, st.integers(0, 40)), max_size=150)


def attacked(lockout: Lockout, attack: Iterable[tuple[Trying, int]], now_s: float) -> float:
    """The time after others have tried so, each so many seconds after the one before."""
    for trying, pause_s in attack:
        now_s += pause_s
        lockout.wait_s(trying, now_s=now_s)
    return now_s


def fail(lockout: Lockout, trying: Trying, times: int, *, now_s: float) -> float:
    """Fail so many times, waiting as told; the time of the last try."""
    for _ in range(times):
        while (wait_s := lockout.wait_s(trying, now_s=now_s)) > 0:
            now_s += wait_s
    return now_s


def siege(lockout: Lockout, account: str) -> float:
    """Try wrong passwords of an account from a hundred networks until it brakes as much as it can; the time then."""
    for now_s in range(120):
        for number in range(100):
            lockout.wait_s(Trying(account, IPv4Address("192.0.2.0") + number), now_s=now_s)
    return 120


@given(ATTACK)
@settings(max_examples=60, deadline=None)
def test_who_has_a_remembered_device_never_waits_for_what_others_tried(attack: list[tuple[Trying, int]]) -> None:
    lockout = Lockout()
    now_s = attacked(lockout, attack, 0)
    assert lockout.wait_s(Trying(OWNER.account, IPv4Address("203.0.112.1"), device="own"), now_s=now_s) == 0


@given(ATTACK)
@settings(max_examples=60, deadline=None)
def test_who_comes_from_where_a_login_succeeded_never_waits_for_what_others_tried(
    attack: list[tuple[Trying, int]],
) -> None:
    lockout = Lockout()
    assert lockout.wait_s(OWNER, now_s=0) == 0
    lockout.was_right(OWNER, now_s=0)
    now_s = attacked(lockout, attack, 0)
    assert lockout.wait_s(OWNER, now_s=now_s) == 0


@given(ATTACK, ATTACK)
@settings(max_examples=60, deadline=None)
def test_who_comes_from_a_new_place_waits_once_at_most_half_a_minute_and_is_let_in_whatever_others_try(
    before: list[tuple[Trying, int]], meanwhile: list[tuple[Trying, int]]
) -> None:
    lockout = Lockout()
    now_s = attacked(lockout, before, 0)
    told_s = lockout.wait_s(OWNER, now_s=now_s)
    assert told_s <= BRAKE.most_s
    if told_s:
        due_s = now_s + told_s
        now_s = max(attacked(lockout, meanwhile, now_s), due_s)
        assert now_s > due_s + 600 or lockout.wait_s(OWNER, now_s=now_s) == 0


def test_one_network_gets_five_tries_and_then_waits_longer_each_time() -> None:
    lockout = Lockout()
    waits = []
    now_s = 0.0
    for _ in range(16):
        while (wait_s := lockout.wait_s(OWNER, now_s=now_s)) > 0:
            now_s += wait_s
            waits.append(round(wait_s))
    assert waits[:8] == [1, 2, 4, 8, 16, 31, 61, 116]
    assert max(waits) <= OWN.most_s
    assert waits == sorted(waits)


def test_a_day_of_guessing_from_one_network_is_a_few_hundred_tries() -> None:
    lockout, now_s, tries = Lockout(), 0.0, 0
    while now_s < 86_400:
        wait_s = lockout.wait_s(OWNER, now_s=now_s)
        tries, now_s = (tries, now_s + wait_s) if wait_s else (tries + 1, now_s)
    assert 250 < tries < 450


def test_many_networks_guess_at_one_account_no_faster_than_each_waits() -> None:
    lockout = Lockout()
    began_s = int(siege(lockout, OWNER.account))
    peers = [IPv4Address("203.0.112.0") + number for number in range(50)]
    tries = sum(
        lockout.wait_s(Trying(OWNER.account, peer), now_s=began_s + after_s) == 0
        for after_s in range(600)
        for peer in peers
    )
    assert 0 < tries <= len(peers) * (600 / BRAKE.most_s)


def test_tries_that_run_side_by_side_are_counted_too() -> None:
    lockout = Lockout()
    assert sum(lockout.wait_s(OWNER, now_s=0) == 0 for _ in range(100)) == OWN.free


def test_who_asks_while_waiting_does_not_wait_longer_for_it() -> None:
    lockout = Lockout()
    now_s = fail(lockout, OWNER, 8, now_s=0)
    told_s = lockout.wait_s(OWNER, now_s=now_s)
    for step in range(100):
        assert lockout.wait_s(OWNER, now_s=now_s + told_s * step / 100) > 0
    assert lockout.wait_s(OWNER, now_s=now_s + told_s) == 0


def test_the_right_password_ends_the_waiting_of_its_place_and_of_no_other() -> None:
    lockout, other = Lockout(), Trying(OWNER.account, IPv4Address("192.0.2.9"))
    now_s = fail(lockout, other, 8, now_s=fail(lockout, OWNER, 8, now_s=0))
    now_s += lockout.wait_s(OWNER, now_s=now_s)
    assert lockout.wait_s(OWNER, now_s=now_s) == 0
    lockout.was_right(OWNER, now_s=now_s)
    assert [lockout.wait_s(OWNER, now_s=now_s) for _ in range(OWN.free)] == [0] * OWN.free
    assert lockout.wait_s(other, now_s=now_s) > 0


def test_what_was_not_looked_at_does_not_count() -> None:
    lockout = Lockout()
    for _ in range(50):
        assert lockout.wait_s(OWNER, now_s=0) == 0
        lockout.was_not_tried(OWNER, now_s=0)
    assert lockout.wait_s(Trying(OWNER.account, IPv4Address("192.0.2.9")), now_s=0) == 0


def test_failures_are_forgotten_in_time_and_the_brake_an_hour_after_an_attack() -> None:
    lockout = Lockout()
    over_s = siege(lockout, OWNER.account)
    assert lockout.wait_s(OWNER, now_s=over_s) == BRAKE.most_s
    assert lockout.wait_s(Trying(OWNER.account, IPv4Address("192.0.2.200")), now_s=over_s + 3600) == 0
    now_s = fail(lockout, OWNER, 8, now_s=10_000)
    assert [lockout.wait_s(OWNER, now_s=now_s + 8 * OWN.forgotten_s) for _ in range(OWN.free)] == [0] * OWN.free


def test_an_account_that_is_not_there_is_braked_as_one_that_is() -> None:
    lockout = Lockout()
    for account in ("zhao.lihua", "no such account"):
        siege(lockout, account)
    waits = [lockout.wait_s(Trying(name, OWNER.peer), now_s=120) for name in ("zhao.lihua", "no such account")]
    assert waits[0] == waits[1] > 0


@pytest.mark.parametrize(
    ("first", "second", "are_one"),
    [
        ("198.51.100.7", "198.51.100.8", False),
        ("198.51.100.7", "::ffff:198.51.100.7", True),
        ("2001:db8:1:100::1", "2001:db8:1:1ff:ffff::9", True),
        ("2001:db8:1:100::1", "2001:db8:1:200::1", False),
    ],
)
def test_a_network_is_what_one_site_is_given(first: str, second: str, are_one: bool) -> None:
    lockout = Lockout()
    peers: list[IPv4Address | IPv6Address] = [ip_address(first), ip_address(second)]
    now_s = fail(lockout, Trying(OWNER.account, peers[0]), 8, now_s=0)
    assert (lockout.wait_s(Trying(OWNER.account, peers[1]), now_s=now_s) > 0) == are_one


@given(st.integers(1, 20), st.lists(st.tuples(OF_OTHERS, st.integers(0, 2)), max_size=300))
@settings(max_examples=40, deadline=None)
def test_what_is_remembered_is_bounded_whatever_is_tried(most: int, attack: list[tuple[Trying, int]]) -> None:
    lockout = Lockout(most=most)
    for now_s, (trying, right) in enumerate(attack):
        if lockout.wait_s(trying, now_s=now_s) == 0 and right == 0:
            lockout.was_right(trying, now_s=now_s)
    assert lockout.entries <= 3 * most


def test_names_of_any_length_take_the_same_room() -> None:
    lockout = Lockout(most=10)
    for number in range(100):
        assert lockout.wait_s(Trying(f"\ud800{number}" * 10_000, OWNER.peer), now_s=0) == 0
    assert lockout.entries <= 20

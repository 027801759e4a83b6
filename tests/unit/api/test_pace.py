"""How fast one may ask."""

from hypothesis import given
from hypothesis import strategies as st

from services.api.guard.pace import Buckets, Rate
from services.api.guard.peers import peer_of

RATE = Rate(name="account", per_s=2.0, burst=10)


def test_so_many_may_come_at_once_and_then_so_many_a_second() -> None:
    buckets = Buckets(RATE)
    assert [buckets.take("ordos", now_s=0.0) >= 0 for _ in range(12)] == [True] * 10 + [False] * 2
    assert [buckets.take("ordos", now_s=1.0) >= 0 for _ in range(3)] == [True, True, False]
    assert buckets.take("baotou", now_s=1.0) == 9


def test_what_was_refused_takes_nothing() -> None:
    """Whoever asks on and on is served as often as one who waits."""
    buckets = Buckets(RATE)
    taken = sum(buckets.take("ordos", now_s=n / 128) >= 0 for n in range(1281))
    assert taken == 10 + 20


def test_a_clock_that_stands_still_or_goes_back_gives_nothing() -> None:
    buckets = Buckets(RATE)
    assert sum(buckets.take("ordos", now_s=100.0 - n) >= 0 for n in range(30)) == 10


@given(st.lists(st.floats(0.0, 5.0), max_size=80), st.floats(0.1, 50.0), st.integers(1, 20))
def test_never_more_than_the_burst_and_the_rate(pauses: list[float], per_s: float, burst: int) -> None:
    buckets = Buckets(Rate(name="account", per_s=per_s, burst=burst))
    now_s = taken = 0.0
    for pause in pauses:
        now_s += pause
        taken += buckets.take("ordos", now_s=now_s) >= 0
    assert taken <= burst + now_s * per_s + 1e-6


def test_those_not_heard_of_for_longest_are_forgotten() -> None:
    buckets = Buckets(RATE)
    for n in range(30_000):
        buckets.take(n, now_s=float(n))
    assert len(buckets._held) == 10_000


def test_a_peer_is_an_ipv4_address_or_the_network_of_a_host() -> None:
    assert peer_of("10.1.2.3") == peer_of("::ffff:10.1.2.3") == "10.1.2.3"
    assert peer_of("2400:3200::1") == peer_of("2400:3200::ffff:1") == "2400:3200::/64"
    assert peer_of("2400:3200:0:1::1") != peer_of("2400:3200::1")
    assert peer_of("fe80::1%eth0") == "fe80::/64"
    assert (peer_of(None), peer_of("testclient")) == ("", "testclient")

"""When a password may be tried: guessing is slowed, and nobody can keep another out by it. Pure.

Failures are counted for each account and peer network, or remembered device, by itself: what is tried from elsewhere
never counts there (device cookies, OWASP). So that many networks together do not guess faster, an account on which
many tries failed brakes those from networks and devices at which nobody has logged in to it yet: each waits once
before its first try, as long as it was told and at most BRAKE.most_s. Nobody waits behind anybody.

A try is counted as failed when it is let in, and taken back if it was right: so those that run side by side are
counted too. What is remembered is bounded, and an entry costs a password hashing to make, or a network of one's own
and an account that is under attack.
"""

import hashlib
import math
from collections import OrderedDict
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_network
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")
Address = IPv4Address | IPv6Address
_SITE_BITS = 56
"""What one site is given of IPv6; of IPv4 it is one address."""


@dataclass(frozen=True, slots=True)
class Pace:
    """`free` tries may fail; then the wait doubles with every `doubling` more, from 1 s to `most_s`.

    A failure is forgotten every `forgotten_s`.
    """

    free: int
    doubling: float
    most_s: float
    forgotten_s: float

    def wait_s(self, failures: float) -> float:
        """How long to wait after so many failures."""
        if failures < self.free:
            return 0.0
        return min(math.exp2(min((failures - self.free) / self.doubling, 30.0)), self.most_s)

    def left(self, failures: float, *, after_s: float) -> float:
        """How many of the failures count after a time."""
        return max(0.0, failures - max(0.0, after_s) / self.forgotten_s)

    def one_more(self, failures: float) -> float:
        """One failure more, where the wait can still grow: what comes after an attack is over is not paid for long."""
        return failures + 1 if self.wait_s(failures) < self.most_s else failures


OWN = Pace(free=5, doubling=1, most_s=300, forgotten_s=900)
"""Of an account and a network or device: in the long run one try in five minutes."""
BRAKE = Pace(free=20, doubling=5, most_s=30, forgotten_s=60)
"""Of an account, from everywhere."""
_TURN_HOLDS_S = 600.0
"""So long a network that has waited may come without waiting again."""


@dataclass(frozen=True, slots=True)
class Trying:
    """Who wants to try a password: the name of the account as given, and whence.

    `device` names the remembered device whose secret came along, once that was found to be one of this account.
    """

    account: str
    peer: Address
    device: str | None = None


@dataclass(frozen=True, slots=True)
class _Failures:
    number: float
    at_s: float
    due_s: float
    """From when on the next try is let in."""


class Lockout:
    """What has failed lately, as one process remembers it: at most `most` entries of each kind, the oldest go first."""

    def __init__(self, *, most: int = 20_000) -> None:
        self._lock = Lock()
        self._own = _Recent[tuple[bytes, str], _Failures](most)
        self._accounts = _Recent[bytes, _Failures](most)
        self._seen = _Recent[tuple[bytes, str], None](most)

    def wait_s(self, trying: Trying, *, now_s: float) -> float:
        """Seconds until the password may be tried. 0: now, once; say afterwards if it was right or was not tried."""
        account, place = _keys(trying)
        with self._lock:
            brake_s = 0.0 if self._is_known(trying) else BRAKE.wait_s(self._of_account(account, now_s))
            entry = self._own.get(place)
            if brake_s and (entry is None or now_s - entry.due_s > _TURN_HOLDS_S):
                entry = _Failures(self._of_place(place, now_s), now_s, now_s + brake_s)
                self._own.put(place, entry)
            if entry is not None and now_s < entry.due_s:
                return entry.due_s - now_s
            number = OWN.one_more(self._of_place(place, now_s))
            self._own.put(place, _Failures(number, now_s, now_s + max(OWN.wait_s(number), brake_s)))
            of_account = BRAKE.one_more(self._of_account(account, now_s))
            self._accounts.put(account, _Failures(of_account, now_s, now_s))
            return 0.0

    def was_right(self, trying: Trying, *, now_s: float) -> None:
        """The password was right: nothing failed here, and this network is known to the account from now on."""
        account, place = _keys(trying)
        with self._lock:
            self._own.drop(place)
            self._seen.put((account, network_of(trying.peer)), None)
            self._take_back(account, now_s)

    def was_not_tried(self, trying: Trying, *, now_s: float) -> None:
        """It was let in and then not looked at, as when too many were being hashed: it does not count."""
        account, place = _keys(trying)
        with self._lock:
            self._own.put(place, _Failures(max(0.0, self._of_place(place, now_s) - 1), now_s, now_s))
            self._take_back(account, now_s)

    @property
    def entries(self) -> int:
        """How many entries are remembered, of all kinds."""
        with self._lock:
            return len(self._own) + len(self._accounts) + len(self._seen)

    def _is_known(self, trying: Trying) -> bool:
        return trying.device is not None or (_digest(trying.account), network_of(trying.peer)) in self._seen

    def _of_place(self, place: tuple[bytes, str], now_s: float) -> float:
        entry = self._own.get(place)
        return 0.0 if entry is None else OWN.left(entry.number, after_s=now_s - entry.at_s)

    def _of_account(self, account: bytes, now_s: float) -> float:
        entry = self._accounts.get(account)
        return 0.0 if entry is None else BRAKE.left(entry.number, after_s=now_s - entry.at_s)

    def _take_back(self, account: bytes, now_s: float) -> None:
        self._accounts.put(account, _Failures(max(0.0, self._of_account(account, now_s) - 1), now_s, now_s))


class _Recent(Generic[K, V]):
    """A mapping of the `most` entries that were written last."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._entries: OrderedDict[K, V] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: K) -> bool:
        return key in self._entries

    def get(self, key: K) -> V | None:
        """The entry, if it is there."""
        return self._entries.get(key)

    def put(self, key: K, value: V) -> None:
        """Write an entry, and forget the oldest if there are too many."""
        self._entries[key] = value
        self._entries.move_to_end(key)
        if len(self._entries) > self._most:
            self._entries.popitem(last=False)

    def drop(self, key: K) -> None:
        """Forget an entry."""
        self._entries.pop(key, None)


def _keys(trying: Trying) -> tuple[bytes, tuple[bytes, str]]:
    account = _digest(trying.account)
    device = trying.device
    return account, (account, f"device {device}" if device is not None else network_of(trying.peer))


def _digest(account: str) -> bytes:
    # Of one size whatever was typed, and no plain text: people type passwords into the field of the name.
    return hashlib.blake2b(account.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def network_of(peer: Address) -> str:
    """The network of one site: what it was given of addresses."""
    if isinstance(peer, IPv6Address):
        if peer.ipv4_mapped is None:
            return str(ip_network((peer, _SITE_BITS), strict=False))
        return str(peer.ipv4_mapped)
    return str(peer)

"""Passwords of accounts: which may be chosen, and how they are kept and checked.

Kept as argon2id with a salt each (docs/decisions/0038). A hashing takes memory and a core, so few run at once and few
wait: whoever floods the login takes neither. Characters are counted and compared after NFKC (NIST SP 800-63B, 3.1.1.2),
so that full-width letters of a Chinese keyboard are those of any other.
"""

import secrets
import unicodedata
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from argon2 import Parameters, PasswordHasher, Type
from argon2.exceptions import VerifyMismatchError

from services.api.reasons import Fault
from services.api.turnstile import Turnstile

PARAMETERS = Parameters(
    type=Type.ID, version=19, salt_len=16, hash_len=32, time_cost=3, memory_cost=32 * 1024, parallelism=1
)
"""How passwords are hashed from now on; what was hashed otherwise is hashed anew at its next login."""
LEAST_CHARACTERS = 12
MOST_CHARACTERS = 256
_LEAST_BESIDE_NAME = 8
_LEAST_DIFFERENT = 5
_LOOKALIKES = str.maketrans("@4301!$5", "aaeoliss")
COMMON = frozenset(Path(__file__).with_name("common_passwords.txt").read_text("utf-8").split())
"""Words of which many make their passwords, and whole ones from twelve characters; in small letters."""


class HashingsBusy(Exception):  # noqa: N818 - named after the fact
    """So many passwords are being hashed and waiting that this one is not: the client is to come again soon."""


class PasswordCheck(NamedTuple):
    """Whether a password is the right one; `anew` is what to keep for it from now on, where that should change."""

    right: bool
    anew: str | None = None


def fault_of_new(password: str, *, account: str, field: str = "password") -> Fault | None:
    """Why `password` may not become that of the account of this name; None where it may."""
    normal = _normal(password)
    if len(normal) < LEAST_CHARACTERS:
        return Fault(field, "password_too_short", {"least": LEAST_CHARACTERS})
    if len(password) > MOST_CHARACTERS or len(normal) > MOST_CHARACTERS:
        return Fault(field, "password_too_long", {"most": MOST_CHARACTERS})
    folded, name = normal.casefold(), _normal(account).casefold()
    if len(folded.replace(name, "") if name else folded) < _LEAST_BESIDE_NAME:
        return Fault(field, "password_of_name")
    if _is_common(folded):
        return Fault(field, "password_common")
    return None


class Passwords:
    """Hashes and checks passwords, `at_once` of them; `waiting` more wait, each for `within_s` at most.

    Of all these `most_of_one` are from one source, such as the network of who asks: nobody alone fills the queue.
    """

    def __init__(
        self,
        parameters: Parameters = PARAMETERS,
        *,
        at_once: int = 2,
        waiting: int = 14,
        most_of_one: int = 4,
        within_s: float = 5.0,
    ) -> None:
        self._hasher = PasswordHasher.from_parameters(parameters)
        self._turnstile, self._within_s = Turnstile(at_once), within_s
        self._most, self._most_of_one = at_once + waiting, most_of_one
        self._present: Counter[str] = Counter()
        self._lock = Lock()
        self._of_nobody = self._hasher.hash(secrets.token_bytes(32))

    @property
    def waiting(self) -> int:
        """How many wait to be hashed."""
        return self._turnstile.waiting

    def hashed(self, password: str, *, source: str = "") -> str:
        """What to keep of a password. Raises HashingsBusy."""
        with self._place(source):
            return self._hasher.hash(_as_bytes(password))

    def check(self, password: str, kept: str | None, *, source: str = "") -> PasswordCheck:
        """Whether it is the password of which `kept` was kept; None, an account that is not there, takes as long.

        Raises HashingsBusy, and argon2.exceptions.InvalidHashError where `kept` is no hash.
        """
        with self._place(source):
            if kept is None or len(password) > MOST_CHARACTERS:
                self._is_right("", self._of_nobody)
                return PasswordCheck(right=False)
            if not self._is_right(password, kept):
                return PasswordCheck(right=False)
            is_old = self._hasher.check_needs_rehash(kept)
            return PasswordCheck(right=True, anew=self._hasher.hash(_as_bytes(password)) if is_old else None)

    def _is_right(self, password: str, kept: str) -> bool:
        try:
            return self._hasher.verify(kept, _as_bytes(password))
        except VerifyMismatchError:
            return False

    @contextmanager
    def _place(self, source: str) -> Iterator[None]:
        with self._lock:
            if self._present.total() >= self._most or self._present[source] >= self._most_of_one:
                raise HashingsBusy
            self._present[source] += 1
        try:
            if not self._turnstile.enter(within_s=self._within_s):
                raise HashingsBusy
            try:
                yield
            finally:
                self._turnstile.leave()
        finally:
            with self._lock:
                self._present[source] -= 1
                self._present += Counter()  # forgets sources of which none is present


def _normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text[: MOST_CHARACTERS + 1])


def _as_bytes(password: str) -> bytes:
    return _normal(password).encode("utf-8", "surrogatepass")


def _is_common(folded: str) -> bool:
    """Whether it is made of what many choose, with years and signs around and between, or with `0` for `o`."""
    core = folded.strip("".join(each for each in set(folded) if not each.isalpha()))
    if len(set(folded)) < _LEAST_DIFFERENT or not core or _is_run(core) or folded in COMMON:
        return True
    return any(_is_made_of_common(form) for form in (core, core.translate(_LOOKALIKES)))


def _is_made_of_common(text: str) -> bool:
    """Whether the letters of a text are common words one after the other."""
    letters = "".join(each for each in text if each.isalpha())
    ends = {0}
    for end in range(1, len(letters) + 1):
        if any(letters[start:end] in COMMON for start in ends):
            ends.add(end)
    return len(letters) in ends


def _is_run(text: str) -> bool:
    """Whether each character is that after, or that before, the one before it: `abcdef`."""
    return len({ord(after) - ord(before) for before, after in pairwise(text)}) <= 1

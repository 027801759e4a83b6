"""Chance that depends on the seed and what it is about, not on when the simulator ran."""

import hashlib

_SCALE = 2.0**-64


def chance(seed: int, fault: str, *about: str | int) -> float:
    """A number in [0, 1)."""
    text = "\x1f".join([str(seed), fault, *map(str, about)])
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) * _SCALE

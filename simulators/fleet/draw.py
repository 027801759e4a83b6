"""Numbers that depend on the seed and a name alone, so that a run repeats on every machine."""

import hashlib


def key_of(seed: int, *names: str) -> int:
    """64 bits for a seed and names."""
    text = "\x1f".join([str(seed), *names])
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())


def uniform(seed: int, *names: str, low: float = 0.0, high: float = 1.0) -> float:
    """A number in [low, high)."""
    return low + (high - low) * key_of(seed, *names) / 2.0**64

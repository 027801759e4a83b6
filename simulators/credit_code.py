"""Unified social credit codes (统一社会信用代码), as GB 32100-2015 defines them, for simulated enterprises."""

import hashlib

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)

_BODY_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_BODY_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)

ENTERPRISE = "91"
PUBLIC_INSTITUTION = "12"


def check_character(first_17: str) -> str:
    """The 18th character for the first 17 (GB 32100-2015, 4.2). Raises ValueError for a wrong length or alphabet."""
    if len(first_17) != len(_WEIGHTS):
        raise ValueError(f"17 characters are needed, {first_17!r} has {len(first_17)}")
    total = sum(weight * ALPHABET.index(char) for weight, char in zip(_WEIGHTS, first_17, strict=True))
    return ALPHABET[(31 - total % 31) % 31]


def organisation_check(body_8: str) -> str:
    """The 9th character of an organisation's body code (GB 11714)."""
    total = sum(weight * _BODY_ALPHABET.index(char) for weight, char in zip(_BODY_WEIGHTS, body_8, strict=True))
    return "0123456789X0"[11 - total % 11]


def credit_code(*, kind: str, area_code: str, key: str) -> str:
    """A valid code of 18 characters. kind: the first two characters; key: text that decides the organisation's part."""
    digest = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8])
    body = "MA" + "".join(ALPHABET[(digest // 31**place) % 31] for place in range(6))
    first_17 = kind + area_code + body + organisation_check(body)
    return first_17 + check_character(first_17)


def is_valid(code: str) -> bool:
    """Whether the code has 18 characters of the alphabet and the right check character."""
    if len(code) != 18 or any(char not in ALPHABET for char in code):
        return False
    return check_character(code[:17]) == code[17]

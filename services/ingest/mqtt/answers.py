"""Answers as they go on the wire: a list a publish, and no publish larger than a broker takes. Pure."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

MOST_BYTES = 256_000
MOST_REJECTIONS = 200

_encode = msgspec.json.Encoder().encode


def payloads(answers: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """The answers, in order, as few payloads of about MOST_BYTES.

    Of more than MOST_REJECTIONS rejections in a message the first are told, and how many there are.
    """
    held: list[bytes] = []
    size = 0
    for answer in answers:
        encoded = _encode(_shortened(answer))
        if held and size + len(encoded) > MOST_BYTES:
            yield b"[" + b",".join(held) + b"]"
            held, size = [], 0
        held.append(encoded)
        size += len(encoded)
    if held:
        yield b"[" + b",".join(held) + b"]"


def _shortened(answer: dict[str, Any]) -> dict[str, Any]:
    rejected = answer["rejected"]
    if len(rejected) <= MOST_REJECTIONS:
        return answer
    others = {"code": "and_more", "detail": f"{len(rejected) - MOST_REJECTIONS} more readings were rejected"}
    return answer | {"rejected": [*rejected[:MOST_REJECTIONS], others]}

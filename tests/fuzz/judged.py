"""What must hold of any payload: it is read or rejected with a documented code, and no reading is lost unseen."""

import json
import math
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.core.calendar import from_us
from services.ingest.formats.enermon import _decode_slowly, decode
from services.ingest.message import Answer, Decoded, UnreadableMessage, rejection_json
from services.ingest.mqtt.answers import payloads as answers_on_the_wire
from services.ingest.rejected import storable
from services.ingest.validate import KnownMeter, KnownRegistry, check

NOW_US = 1_780_000_000_000_000
KNOWN = KnownRegistry(
    {"E01": KnownMeter(1, "GW1"), "G01": KnownMeter(2, "GW1"), "elsewhere": KnownMeter(3, "GW2")}, frozenset({"GW1"})
)
_PAGE = Path(__file__).parents[2] / "docs" / "mqtt.md"
CODES = frozenset(re.findall(r"^\| `(\w+)` \|", _PAGE.read_text("utf-8").split("## 6.")[1], re.MULTILINE))
LONGEST_S = 2.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a payload: the code of its rejection, or how many readings were taken and rejected."""

    code: str
    taken: int
    rejected: tuple[str, ...]
    took_s: float


def judge(payload: bytes) -> Verdict:
    """Take a payload through decoding, validation and answer. Raises AssertionError where something does not hold."""
    began_s = time.perf_counter()
    try:
        decoded = decode("GW1", payload)
        checked = check(decoded, KNOWN, now_us=NOW_US)
    except UnreadableMessage as refused:
        return _judge_refusal(refused, time.perf_counter() - began_s)
    took_s = time.perf_counter() - began_s
    assert took_s < LONGEST_S, f"{took_s:.1f} s"
    told = [rejection_json(r) for r in checked.rejected]
    _kept_and_answered(Answer(checked.seq, len(checked.values), rejected=told))
    for rejection in checked.rejected:
        assert rejection.code in CODES, rejection.code
        for text in (rejection.meter, str(rejection.ts), rejection.value, rejection.detail):
            assert len(text) <= 300, text
            assert "\x00" not in storable(text), text
            storable(text).encode("utf-8")
    assert all(math.isfinite(value) for value in checked.values)
    assert all(from_us(at_us).year >= 2000 for at_us in checked.times_us)
    assert len(checked.values) + len(checked.rejected) == _readings_of(payload), "a reading is lost, or made up"
    _agrees_with_the_slow_decoder(decoded, payload)
    return Verdict("", len(checked.values), tuple(r.code for r in checked.rejected), took_s)


def _judge_refusal(refused: UnreadableMessage, took_s: float) -> Verdict:
    assert took_s < LONGEST_S, f"{took_s:.1f} s"
    assert refused.code in {"undecodable", "too_large"}, refused.code
    assert len(refused.detail) < 500, refused.detail
    _kept_and_answered(Answer(refused.seq, rejected=[{"code": refused.code, "detail": refused.detail}]))
    return Verdict(refused.code, 0, (), took_s)


def _kept_and_answered(answer: Answer) -> None:
    (wire,) = answers_on_the_wire([answer.as_json()])
    json.loads(wire)


def _readings_of(payload: bytes) -> int:
    """How many readings the message holds, counted by other means than the decoder's."""
    try:
        text = payload.decode(json.detect_encoding(payload))
    except UnicodeDecodeError:
        text = payload.decode("gb18030")
    message: list[tuple[str, Any]] = json.loads(
        text.removeprefix("\ufeff").rstrip("\0"), object_pairs_hook=list, parse_int=lambda _: 0
    )
    return next(len(inner) for name, inner in message if name in {"readings", "values"} and inner is not None)


def _agrees_with_the_slow_decoder(decoded: Decoded, payload: bytes) -> None:
    slow = _decode_slowly("GW1", payload)
    assert repr(list(decoded.meters)) == repr(list(slow.meters))
    assert repr(list(decoded.times_us)) == repr(list(slow.times_us))
    assert repr(list(decoded.values)) == repr(list(slow.values))
    assert decoded.seq == slow.seq

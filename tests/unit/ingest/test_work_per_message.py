"""A message costs in proportion to its readings and its length, whatever stands in it."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from services.ingest.arranged import arrange
from services.ingest.formats.enermon import decode
from services.ingest.message import LARGEST_PAYLOAD_BYTES, MOST_READINGS, Decoded, UnreadableMessage
from services.ingest.store import not_new
from services.ingest.validate import KnownMeter, KnownRegistry, check
from tests.growth import TIMES_MORE, growth, is_linear

SIZE = 500
T_MS = 1_767_197_700_000


def readings(size: int, **same: Any) -> bytes:
    each = [{"meter": f"E{i}", "ts": T_MS + i, "value": i} | same for i in range(size)]
    return json.dumps({"readings": each}).encode()


def values(size: int, ts: Any, value: Any) -> bytes:
    return json.dumps({"ts": ts, "values": {f"E{i}": value for i in range(size)}}).encode()


def repeated(text: str, size: int, around: str = '{"readings": [%s]}') -> bytes:
    return (around % ",".join([text] * size)).encode()


MESSAGES: dict[str, Callable[[int], bytes]] = {
    "readings": readings,
    "values": lambda size: values(size, T_MS, 1.0),
    "no numbers": lambda size: readings(size, value={"a": [1, 2]}),
    "no times": lambda size: readings(size, ts=[1, 2]),
    "values at a list as long as they": lambda size: values(size, [0] * (20 * size), 1.0),
    "no numbers at a list as long as they": lambda size: values(size, [0] * (20 * size), None),
    "no numbers at a text as long as they": lambda size: values(size, f"2026-01-01T00:00:00.{'0' * 60 * size}Z", None),
    "a name twice in each": lambda size: repeated('{"meter": "a", "ts": 1, "value": 1, "value": 2}', size),
    "a name again and again in one": lambda size: repeated('"value": 1', 10 * size, '{"readings": [{%s}]}'),
    "a name again and again": lambda size: repeated('"seq": 1', 10 * size, "{%s}"),
    "a meter again and again": lambda size: repeated('"E1": 1', size, '{"ts": 1, "values": {%s}}'),
    "whole numbers of many digits": lambda size: repeated(f'{{"meter": "a", "ts": 1, "value": {"1" * 70}}}', size),
    "one whole number": lambda size: readings(1, value=1).replace(b": 1}", b": %s}" % (b"1" * 100 * size)),
    "one number": lambda size: readings(1, value=1.5).replace(b": 1.5}", b": 0.%s}" % (b"1" * 100 * size)),
    "nested": lambda size: b'{"readings": ' + b"[" * 100 * size,
    "escapes": lambda size: repeated(r'{"meter": "\u0041", "ts": 1, "value": 1}', size),
}


@pytest.mark.parametrize("form", MESSAGES)
def test_a_message_of_any_form_is_read_in_the_same_time_a_reading(form: str) -> None:
    def reading(size: int) -> Callable[[], object]:
        payload = MESSAGES[form](size)
        assert size <= MOST_READINGS
        assert len(payload) <= LARGEST_PAYLOAD_BYTES

        def read() -> None:
            with suppress(UnreadableMessage):
                decode("GW1", payload)

        return read

    assert is_linear(growth(reading, SIZE))


KNOWN = KnownRegistry(
    {f"E{i}": KnownMeter(i, "GW1") for i in range(TIMES_MORE * SIZE)} | {"other": KnownMeter(-1, "GW2")},
    frozenset({"GW1", "GW2"}),
)


def decoded(size: int, *, meter: str = "E{}", value: float = 1.0, step_us: int = 1) -> Decoded:
    codes = [meter.format(i) for i in range(size)]
    return Decoded("GW1", 1, codes, [T_MS * 1000 + i * step_us for i in range(size)], [value] * size)


@pytest.mark.parametrize(
    "changed",
    [{}, {"meter": "not registered {}"}, {"meter": "other"}, {"value": float("nan")}, {"step_us": 10**15}],
    ids=["good", "unknown meters", "meters of another gateway", "not numbers", "in the future"],
)
def test_readings_are_validated_in_the_same_time_each(changed: dict[str, Any]) -> None:
    def validating(size: int) -> Callable[[], object]:
        message = decoded(size, **changed)
        return lambda: check(message, KNOWN, now_us=T_MS * 1000 + 10**9)

    assert is_linear(growth(validating, SIZE))


def test_readings_that_all_contradict_what_is_stored_are_told_in_the_same_time_each() -> None:
    def telling(size: int) -> Callable[[], object]:
        batch = arrange([check(decoded(size), KNOWN, now_us=T_MS * 1000 + 10**9)], now_us=T_MS * 1000)
        stood = dict.fromkeys(range(size), 2.0)
        return lambda: not_new(batch, stood)

    assert is_linear(growth(telling, SIZE))


def test_readings_of_one_moment_that_contradict_each_other_are_told_in_the_same_time_each() -> None:
    def telling(size: int) -> Callable[[], object]:
        message = Decoded("GW1", 1, ["E1"] * size, [T_MS * 1000] * size, [float(i) for i in range(size)])
        checked = check(message, KNOWN, now_us=T_MS * 1000)
        return lambda: not_new(arrange([checked], now_us=T_MS * 1000), {})

    assert is_linear(growth(telling, SIZE))

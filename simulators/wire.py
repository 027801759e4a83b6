"""Messages and answers as docs/mqtt.md defines them."""

from collections.abc import Sequence

import msgspec

MAX_MESSAGE_BYTES = 1_000_000
MAX_MESSAGE_READINGS = 10_000

# Refusals that end when the registry is put right; the reading may then be sent in a new message (docs/mqtt.md, 6).
REGISTRY_CODES = frozenset({"unknown_meter", "meter_of_another_gateway"})


class Reading(msgspec.Struct, frozen=True, gc=False):
    """One value of one meter. ts: epoch milliseconds; of an interval meter the start of the period."""

    meter: str
    ts: int
    value: float


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """Readings of one gateway that will become one message.

    hold: publish only after so many later messages of the gateway; copies: publish so often, unchanged;
    cut_after_s: drop the connection after it, for so many seconds.
    """

    gateway: str
    readings: Sequence[Reading]
    hold: int = 0
    copies: int = 1
    cut_after_s: float = 0.0


class Rejection(msgspec.Struct, frozen=True):
    code: str
    detail: str = ""
    meter: str | None = None
    ts: int | str | None = None


class Answer(msgspec.Struct, frozen=True):
    seq: int | None
    stored: int = 0
    duplicate: int = 0
    rejected: list[Rejection] = []


class _FormA(msgspec.Struct):
    seq: int
    readings: Sequence[Reading]


class _FormB(msgspec.Struct):
    seq: int
    ts: int
    values: dict[str, float]


_encoder = msgspec.json.Encoder()
_answers = msgspec.json.Decoder(list[Answer])
_form_a = msgspec.json.Decoder(_FormA)
_form_b = msgspec.json.Decoder(_FormB)


def readings_topic(gateway: str) -> str:
    return f"enermon/v1/{gateway}/readings"


def status_topic(gateway: str) -> str:
    return f"enermon/v1/{gateway}/status"


def ack_topic(gateway: str) -> str:
    return f"enermon/v1/{gateway}/ack"


def encode(*, seq: int, readings: Sequence[Reading]) -> bytes:
    """The message, in form B where all readings share their time, else form A. Raises ValueError if it is too large."""
    payload = _encoder.encode(_form(seq, readings))
    if len(payload) > MAX_MESSAGE_BYTES or len(readings) > MAX_MESSAGE_READINGS:
        raise ValueError(f"message {seq}: {len(readings)} readings in {len(payload)} bytes are over the limit")
    return payload


def _form(seq: int, readings: Sequence[Reading]) -> _FormA | _FormB:
    if readings and all(reading.ts == readings[0].ts for reading in readings):
        values = {reading.meter: reading.value for reading in readings}
        if len(values) == len(readings):
            return _FormB(seq=seq, ts=readings[0].ts, values=values)
    return _FormA(seq=seq, readings=readings)


def decode_readings(payload: bytes) -> list[Reading]:
    """The readings of a message that `encode` made."""
    try:
        form_b = _form_b.decode(payload)
    except msgspec.ValidationError:
        return list(_form_a.decode(payload).readings)
    return [Reading(meter, form_b.ts, value) for meter, value in form_b.values.items()]


def decode_answers(payload: bytes) -> list[Answer]:
    """The answers of one publish; raises msgspec.DecodeError if the service breaks the contract."""
    return _answers.decode(payload)

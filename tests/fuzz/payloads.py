"""Payloads as no gateway should send them: good messages of odd parts, and damaged ones. Drawn from a seed."""

import json
from collections.abc import Iterator
from random import Random

METERS = ("E01", "G01", "elsewhere", "nobody", "", "é", "\\ud800", "a\\u0000b", "x" * 300, "value", 'q\\"uote', "a:b")
TIMES = (
    *("1767197700000", '"2026-01-01T00:15:00+08:00"', '"2026-01-01T00:15:00.250001Z"', '"2026-01-01T00:15:00"'),
    *('"1999-12-31T23:59:59Z"', '"2999-01-01T00:00:00Z"', '"0001-01-01T00:00:00+23:59"', '"9999-12-31T23:59:59-23:59"'),
    *('"2026-02-30T00:00:00Z"', '"2026-W01-1T00:00:00Z"', '"noon"', '""', "0", "-1", "1.5", "1e3", "1767197700000.0"),
    *("253402300799999", "253402300800000", "1e999", "null", "true", "[]", "{}", "NaN", '"' + "9" * 5000 + '"'),
)
VALUES = (
    *("0", "-0.0", "81233.4", "5e-324", "1.7976931348623157e308", "1e309", "-1e999", "NaN", "Infinity", "-Infinity"),
    *("null", "true", '"12"', "[]", "{}", '{"a": 1, "a": 2}', "9" * 400, "9" * 5000, "-" + "9" * 4301, "1" + "0" * 308),
    *("0." + "3" * 2000, "[" * 50 + "]" * 50, "01", "1.", ".5", "+1", "0x10", "1_000", "1e", "9007199254740993"),
)
SEQS = (
    *("1", "0", "-1", "9223372036854775807", "9223372036854775808", "1.0", "1e3", '"1"', "null", "true", "9" * 5000),
    *("[]", "{}", "NaN"),
)
OTHERS = (
    '"x": 1',
    '"x": {"readings": [], "value": 1}',
    '"seq": 2',
    '"ts": 3',
    '"\\u0073eq": 4',
    '"": ""',
    '"values": {}',
)
SCRAPS = (
    b"",
    b"\x00",
    b"\xff",
    b"\xed\xa0\x80",
    b'"',
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b"\\",
    b"\\u",
    b"e",
    b"-",
    b"9",
)


def payloads(seed: int, number: int) -> Iterator[bytes]:
    """So many payloads; the same for the same seed. None is larger than 1.1 MB."""
    random = Random(seed)
    for _ in range(number):
        yield payload(random)


def payload(random: Random) -> bytes:
    """One payload: about a third of them can be read."""
    draw = random.random()
    if draw < 0.02:
        return random.randbytes(random.randrange(200))
    if draw < 0.0202:
        return _extreme(random)
    message = _message(random)
    return _damaged(random, message) if draw < 0.5 else message


def _message(random: Random) -> bytes:
    usual = random.random() < 0.6
    readings = random.choice((0, 1, 1, 2, 3, 8, 30))
    fields = [f'"seq": {"7" if usual else random.choice(SEQS)}'] if random.random() < 0.9 else []
    if random.random() < 0.5:
        each = ", ".join(_reading(random, usual) for _ in range(readings))
        fields.append(f'"readings": [{each}]')
    else:
        pairs = ", ".join(f'"{_meter(random, usual)}": {_value(random, usual)}' for _ in range(readings))
        fields += [f'"ts": {_ts(random, usual)}', f'"values": {{{pairs}}}']
    while random.random() < 0.1:
        fields.append(random.choice(OTHERS))
    random.shuffle(fields)
    return ("{" + ", ".join(fields) + "}").encode()


def _reading(random: Random, usual: bool) -> str:
    if random.random() < 0.02:
        return random.choice(("null", "[]", "1", '"E01"', "{}"))
    fields = [f'"meter": "{_meter(random, usual)}"', f'"ts": {_ts(random, usual)}', f'"value": {_value(random, usual)}']
    if random.random() < 0.03:
        fields.append(random.choice((*fields, '"x": 1', '"value": 2')))
    if random.random() < 0.03:
        fields.pop(random.randrange(len(fields)))
    return "{" + ", ".join(fields) + "}"


def _meter(random: Random, usual: bool) -> str:
    return random.choice(METERS[:3] if usual and random.random() < 0.95 else METERS)


def _ts(random: Random, usual: bool) -> str:
    if usual and random.random() < 0.95:
        return str(1_767_197_700_000 + 900_000 * random.randrange(1000))
    return random.choice(TIMES)


def _value(random: Random, usual: bool) -> str:
    if usual and random.random() < 0.95:
        return repr(random.uniform(0, 1e6))
    return random.choice(VALUES)


def _damaged(random: Random, message: bytes) -> bytes:
    damaged = bytearray(message)
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(damaged) + 1)
        what = random.random()
        if what < 0.4:
            damaged[at:at] = random.choice(SCRAPS)
        elif what < 0.7:
            del damaged[at : at + random.randint(1, 12)]
        elif what < 0.85 and at < len(damaged):
            damaged[at] = random.randrange(256)
        else:
            end = random.randrange(len(damaged) + 1)
            damaged[at:at] = damaged[end : end + 40]
    return bytes(damaged)


def _extreme(random: Random) -> bytes:
    """Large and deep: what makes a decoder slow or run out of stack."""
    many = random.choice((900, 990, 5_000, 100_000))
    digits = "9" * 900_000
    meters = {f"M{i}": i for i in range(random.randint(9_990, 10_010))}
    return random.choice(
        (
            b"[" * 999_000,
            b'{"readings":' * 50_000,
            b'{"seq": 1, "readings": [{"meter": "E01", "ts": 0, "value": ' + b"[" * many + b"]" * many + b"}]}",
            f'{{"seq": 1, "ts": 0, "values": {{"E01": {digits}, "G01": 1}}}}'.encode(),
            f'{{"seq": 1, "ts": 0, "values": {{"E01": 0.{digits}, "G01": 1e-{digits[:5000]}}}}}'.encode(),
            f'{{"seq": {digits}, "readings": []}}'.encode(),
            f'{{"seq": 1, "ts": "{digits}", "values": {{"E01": 1}}}}'.encode(),
            json.dumps({"seq": 1, "ts": 0, "values": meters}).encode(),
            b'{"seq": 1, "ts": 0, "values": {' + b",".join([b'"E01":1'] * 10_000) + b"}}",
            b" " * random.choice((999_990, 1_000_001)) + b'{"seq": 1}',
            b'"' + b"\\ud83d" * 150_000 + b'"',
        )
    )

"""Streams of bytes as monitors send them: good frames in every shape of the field, and what stands between them."""

import random

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from services.ingest.hj212.crc import crc

KEY_MN = "01E4A7150622000000000009"
KEY = b"0123456789ABCDEF"
_MNS = ("01E4A7150622000000000001", "15062200000017", "DFWSD-2 east")
_FACTORS = ("a21026", "a21002", "a34013", "w01018", "02", "S01", "d20105", "beef")
_FLAGS = ("N", "F", "M", "S", "D", "C", "T", "B", "")
_NOISE = (
    b"#",
    b"##",
    b"###",
    b"##0",
    b"##0340",
    b"##99",
    b"&&",
    b"&&F441",
    b"CP=&&",
    b"ping",
    b"\0\0",
    b"\r\n",
    b"##0000FFFF",
)


def good_frame(rng: random.Random) -> tuple[bytes, bytes]:
    """A frame whose checksum is right, and its data segment as plain bytes."""
    shape = rng.randrange(10)
    mn = KEY_MN if shape == 0 else rng.choice(_MNS)
    flag = 9 if shape == 0 else rng.choice((4, 5, 7, 9))
    split = f"PNUM=2;PNO={rng.randrange(1, 3)}"
    body = _body(rng)
    head = ("" if shape == 1 else f"QN=20261120{rng.randrange(10**9):09d};") + f"ST=31;CN=2011;PW=123456;MN={mn};"
    head += "" if shape == 1 else f"Flag={flag};"
    head += f"{split};" if flag == 7 and shape != 2 else ""
    text = body.encode()
    if shape == 3:
        text += ";i11001-Info=//清洗管路//".encode("gb18030" if rng.random() < 0.5 else "utf-8")
    data = head.encode() + b"CP=&&" + text + b"&&" + (f";{split}".encode() if shape == 2 else b"")
    sent, length = data, len(data)
    if shape == 0:
        whole = len(text) - len(text) % 16
        sealed = Cipher(algorithms.SM4(KEY), modes.ECB()).encryptor().update(text[:whole]) + text[whole:]
        sent = head.encode() + b"CP=&&" + sealed + b"&&"
    elif shape == 3:
        length -= rng.choice((4, 8))  # of characters: 2 or 3 bytes each
    elif shape == 4:
        length = rng.randrange(10_000)
    checksum = f"{crc(data):04X}"
    if shape == 5:
        checksum = checksum.lower()
    return b"##%04d" % length + sent + checksum.encode() + (b"\r\n" if shape != 6 else b""), data


def between(rng: random.Random) -> bytes:
    """What may stand between two frames, and is none."""
    shape = rng.randrange(12)
    if shape < 6:
        return b""
    if shape < 9:
        return b"".join(rng.choice(_NOISE) for _ in range(rng.randrange(1, 5)))
    if shape == 9:
        return rng.randbytes(rng.randrange(60))
    frame, data = good_frame(rng)
    if shape == 10:
        return frame[: rng.randrange(2, frame.rindex(b"&&"))]
    checksum = b"%04X" % (crc(data) ^ rng.randrange(1, 0x10000))
    return b"##%04d" % len(data) + data + checksum + b"\r\n"


def stream(rng: random.Random, frames: int) -> tuple[bytes, list[bytes]]:
    """Bytes with so many good frames, and their data segments."""
    parts, good = [], []
    for _ in range(frames):
        frame, data = good_frame(rng)
        parts += [between(rng), frame]
        good.append(data)
    return b"".join(parts), good


def packets(rng: random.Random, sent: bytes) -> list[bytes]:
    """The bytes cut anywhere."""
    cuts = sorted(rng.randrange(len(sent) + 1) for _ in range(rng.randrange(1 + len(sent) // 100)))
    return [sent[a:b] for a, b in zip([0, *cuts], [*cuts, len(sent)], strict=True)]


def _body(rng: random.Random) -> str:
    parts = [f"DataTime=20261120{rng.randrange(24):02d}{rng.randrange(60):02d}00"]
    if rng.random() < 0.05:
        parts = []
    for factor in rng.sample(_FACTORS, rng.randrange(1, 4)):
        value = rng.choice(("", " 7.5 ", "NaN", "1e999", f"{rng.random() * 100:.2f}", f"{rng.random() * 100:.3f}"))
        parts.append(f"{factor}-Rtd={value},{factor}-Flag={rng.choice(_FLAGS)}")
    return ";".join(parts)

"""SM4 over the fields of a frame, as HJ 212-2025 has it. Pure.

ECB without padding on the text between the two `&&`: whole blocks are encrypted, what is left over stays as it is. The
checksum is that of the plain text. So far only implementers say so (docs/hj212.md).
"""

import re
from collections.abc import Mapping

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from services.ingest.hj212.crc import crc

BLOCK_BYTES = 16
_OPENS, _CLOSES = b"CP=&&", b"&&"
_OF_2025 = re.compile(rb"Flag=(?:8|9|10|11);")
_MN = re.compile(rb"MN=([^;]*);")
_PLAIN = re.compile(rb"\s*(?:&&|[A-Za-z0-9]{2,20}(?:-[A-Za-z0-9]{1,20})?\s*=)")
_PRINTED = re.compile(rb"\{\s*(0[xX][0-9A-Fa-f]{1,2}(?:\s*,\s*0[xX][0-9A-Fa-f]{1,2})*)\s*\}")
_PRINTED_BYTE = re.compile(rb"0[xX]([0-9A-Fa-f]{1,2})")


def may_be_encrypted(segment: bytes) -> bool:
    """Whether the segment is of the edition that has encryption."""
    opens = segment.find(_OPENS)
    return opens > 0 and _OF_2025.search(segment, 0, opens) is not None


def begins_plainly(segment: bytes) -> bool:
    """Whether a field stands behind the first `&&`, or nothing."""
    return _PLAIN.match(segment, segment.find(_OPENS) + len(_OPENS)) is not None


def decrypted(segment: bytes, checksum: int, keys: Mapping[str, bytes]) -> bytes | None:
    """The segment with plain fields, by the key of its MN; None without one, or where the checksum is another.

    A device that prints the bytes, `{0xE4,0x12}`, instead of sending them is read too.
    """
    opens, closes = segment.find(_OPENS), segment.rfind(_CLOSES)
    found = _MN.search(segment, 0, max(opens, 0))
    key = keys.get(found[1].decode("latin-1").strip()) if found else None
    begins = opens + len(_OPENS)
    if key is None or closes < begins:
        return None
    sent = segment[begins:closes]
    printed = _PRINTED.match(sent)
    if printed is not None:
        sent = bytes(int(each, 16) for each in _PRINTED_BYTE.findall(printed[1])) + sent[printed.end() :]
    plain = segment[:begins] + _open(sent, key) + segment[closes:]
    return plain if crc(plain) == checksum else None


def _open(sent: bytes, key: bytes) -> bytes:
    whole = len(sent) - len(sent) % BLOCK_BYTES
    opened = Cipher(algorithms.SM4(key), modes.ECB()).decryptor()  # noqa: S305 - what the standard prescribes
    return opened.update(sent[:whole]) + sent[whole:]

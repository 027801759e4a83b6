"""The text of a payload, and the number of a message that cannot be read. Pure.

RFC 8259 wants UTF-8 and lets a reader overlook a byte order mark. Gateways of the field also end their text with NUL,
as C does, or write UTF-16 or GBK, as their editors do.
"""

import codecs
import re
import zlib
from dataclasses import dataclass

LARGEST_SEQ = 2**63 - 1
_LARGEST_EXACT = 2**53  # a float beyond it may stand for another whole number
_MARKS = (
    (codecs.BOM_UTF8, "utf-8", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32LE"),
    (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32BE"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16LE"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16BE"),
)
# A JSON text begins with a character of ASCII, of which UTF-16 makes one byte NUL.
_FIRST = b'{[" \t\r\n'
# A string that is never closed goes to the end: no quote is tried twice, so the time grows with the length alone.
# Names may stand in other quotes or in none, as programs that write JSON by hand leave them.
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)|[{}]|\'seq\'|\bseq\b', re.DOTALL)
_SEQ = frozenset({'"seq"', "'seq'", "seq"})
_NUMBER = re.compile(r"\s*:\s*([\"'])?(\d{1,19})(?(1)\1|(?:\.0+)?)\s*[,}]", re.ASCII)
_ZIPPED = b"\x1f\x8b"
_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_MOST_UNZIPPED_BYTES = 1_000_000
_MOST_TOKENS = 400_000  # of a message of 4 MB; more of them is no message, and would hold others up


@dataclass(frozen=True, slots=True)
class PayloadText:
    """A payload as text. `fault` says why it cannot be relied on; `guessed` that only its ASCII can be."""

    text: str
    encoding: str = "UTF-8"
    fault: str = ""
    guessed: bool = False

    def note(self) -> str:
        """What to add to a fault of the JSON, so that nobody looks for it in the wrong place."""
        return "" if self.encoding == "UTF-8" else f" (it looks like {self.encoding}; send UTF-8)"


def payload_text(payload: bytes) -> PayloadText:
    """The text without byte order mark and without NUL at its end, in the encoding that it shows."""
    if payload.startswith(_ZIPPED):
        return _unzipped(payload)
    for mark, codec, name in _MARKS:
        if payload.startswith(mark):
            return _strictly(payload[len(mark) :], codec, name)
    if payload[1:2] == b"\0" and payload[0] in _FIRST:
        return _strictly(payload, "utf-16-le", "UTF-16LE")
    if payload[:1] == b"\0" and payload[1:2] and payload[1] in _FIRST:
        return _strictly(payload, "utf-16-be", "UTF-16BE")
    read = _strictly(payload, "utf-8", "UTF-8")
    if not read.fault:
        return read
    guess = _strictly(payload, "gb18030", "GBK")
    return read if guess.fault else PayloadText(guess.text, "GBK", guessed=True)


def _unzipped(payload: bytes) -> PayloadText:
    """The head of the text in a compressed payload, in which its number may stand."""
    fault = "compressed with gzip; send the JSON as it is"
    try:
        head = zlib.decompressobj(_GZIP_WINDOW).decompress(payload, _MOST_UNZIPPED_BYTES)
    except zlib.error:
        head = b""
    return PayloadText(head.decode("utf-8", "replace"), fault=fault)


def number_of(payload: bytes) -> int | None:
    """The number of a message that cannot be taken, in whatever state it is; None where it cannot be seen."""
    return seq_in(payload_text(payload).text)


def _strictly(body: bytes, codec: str, name: str) -> PayloadText:
    try:
        return PayloadText(body.decode(codec).rstrip("\0"), name)
    except UnicodeDecodeError as error:
        return PayloadText(body.decode(codec, "replace"), name, f"not {name} at byte {error.start}")


def seq_of(value: object) -> int | None:
    """The number of a message as a gateway gives it: 41, 41.0 or "41"; None if it is none from 0 to 2**63 - 1."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,19}", value):
        value = int(value)
    if isinstance(value, float) and 0 <= value <= _LARGEST_EXACT and value == int(value):
        value = int(value)
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and 0 <= value <= LARGEST_SEQ else None  # type: ignore[operator,return-value]


def seq_in(text: str) -> int | None:
    """The number of a message that is no JSON: the one `seq` in its outermost braces. None if none or several.

    One further within is another's: to answer with it would end a message that was never read.
    """
    if "seq" not in text:
        return None
    depth, found = 0, set[int | None]()
    for tokens, token in enumerate(_TOKEN.finditer(text)):
        if tokens > _MOST_TOKENS:
            return None
        if token[0] == "{":
            depth += 1
        elif token[0] == "}":
            depth -= 1
        elif depth == 1 and token[0] in _SEQ:
            number = _NUMBER.match(text, token.end())
            found.add(seq_of(number[2]) if number else None)
    return found.pop() if len(found) == 1 else None

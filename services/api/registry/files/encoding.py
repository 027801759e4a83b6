"""In which encoding a text file was saved.

A file without a mark may be right in UTF-8 and in GB18030: the two characters of 洗煤 in GBK are ϴú in UTF-8. So
both are read, and the one whose words a person could have written is taken; where both or none are such, the sender
must say.
"""

import codecs
import enum
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from services.api.errors import INVALID_BODY, Refused


class Encoding(enum.StrEnum):
    """How text may be encoded."""

    UTF_8 = "utf-8"
    UTF_16 = "utf-16"
    GB18030 = "gb18030"


_NAMES = {
    "utf8": Encoding.UTF_8,
    "utf-8-sig": Encoding.UTF_8,
    "utf-16le": Encoding.UTF_16,
    "utf-16be": Encoding.UTF_16,
    "unicode": Encoding.UTF_16,
    "gbk": Encoding.GB18030,
    "gb2312": Encoding.GB18030,
    "cp936": Encoding.GB18030,
    **{encoding.value: encoding for encoding in Encoding},
}

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CHOICE = "say encoding=utf-8, encoding=gb18030 or encoding=utf-16"

LOST = re.compile("\ufffd|锟斤拷?")
"""What stands for characters that could not be saved, and what these become in GB18030."""

_WORDS = re.compile(r"[^\x00-\x7f]+")
# Signs of units and the like that stand with letters and digits: m³, ℃, kW·h, 2×300 MW.
_SIGNS = frozenset("²³°·×±µμΩØ℃‰½¼€£§’–—…“”‘")
_MOST_SHOWN, _WORDS_SHOWN = 12, 3
# A reading is taken when it has at most this share of the other one's strange words.
_FAR_FEWER = 0.25


@dataclass(frozen=True, slots=True)
class _Reading:
    encoding: Encoding
    text: str
    words: int
    strange: int
    """How many of them nobody would write."""
    shown: Sequence[str]
    """The first of these."""

    @property
    def share(self) -> float:
        """Which part of its words nobody would write."""
        return self.strange / self.words


def encoding_named(name: str) -> Encoding:
    """The encoding that goes by this name. Raises Refused."""
    try:
        return _NAMES[name.strip().strip('"').lower()]
    except KeyError:
        raise Refused(INVALID_BODY, f"text in {name} is not read here; {_CHOICE}") from None


def decoded(body: bytes, said: Encoding | None) -> str:
    """The text of a file, without a mark before it; `said`: what its sender says it is. Raises Refused."""
    for mark, codec in _MARKS:
        if body.startswith(mark):
            if said is not None and not codec.startswith(said.value):
                raise Refused(INVALID_BODY, f"the file is marked as {codec}, and encoding={said} was said")
            return _strictly(body[len(mark) :], codec)
    if said is Encoding.UTF_16:
        return _strictly(body, _utf_16_order(body) or "utf-16-le")
    if said is not None:
        return _strictly(body, said.value)
    order = _utf_16_order(body)
    return _strictly(body, order) if order else _by_evidence(body)


def _strictly(body: bytes, codec: str) -> str:
    try:
        return body.decode(codec)
    except UnicodeDecodeError as error:
        number = body.count(b"\n", 0, error.start) + 1
        raise Refused(INVALID_BODY, f"line {number}: the text is not {codec}") from None


def _utf_16_order(body: bytes) -> str | None:
    """The order of bytes, where the head of the file is plainly UTF-16: every other byte of its letters is NUL."""
    head = body[:200]
    pairs = len(head) // 2
    if pairs and head[1::2].count(0) > pairs * 0.6 and 0 not in head[0::2]:
        return "utf-16-le"
    if pairs and head[0::2].count(0) > pairs * 0.6 and 0 not in head[1::2]:
        return "utf-16-be"
    return None


def _by_evidence(body: bytes) -> str:
    readings = [reading for encoding in (Encoding.UTF_8, Encoding.GB18030) if (reading := _read(body, encoding))]
    if not readings:
        number = body.count(b"\n", 0, _first_wrong(body)) + 1
        raise Refused(INVALID_BODY, f"line {number}: the text is neither UTF-8 nor GB18030; save the file as CSV UTF-8")
    if readings[0].encoding is Encoding.UTF_8 and "\ufffd" in readings[0].text:
        number = readings[0].text.count("\n", 0, readings[0].text.index("\ufffd")) + 1
        raise Refused(INVALID_BODY, f"line {number}: characters were lost when the file was saved; type the text again")
    if not any(reading.words for reading in readings):
        return readings[0].text
    if len(readings) == 1:
        (only,) = readings
        if only.encoding is Encoding.GB18030 and only.share > 0.5:
            shown = ", ".join(only.shown)
            raise Refused(
                INVALID_BODY,
                f"the text is not UTF-8, and as GB18030 it reads {shown}: save the file as CSV UTF-8, or {_CHOICE}",
            )
        return only.text
    better, worse = sorted(readings, key=lambda reading: reading.share)
    if worse.share > 0 and better.share <= worse.share * _FAR_FEWER and better.share < 0.5:
        return better.text
    raise Refused(INVALID_BODY, f"{_where_they_differ(*readings)}; {_CHOICE}")


def _read(body: bytes, encoding: Encoding) -> _Reading | None:
    try:
        text = body.decode(encoding.value)
    except UnicodeDecodeError:
        return None
    words = sum(1 for _ in _WORDS.finditer(text))
    strange = (word[0][:_MOST_SHOWN] for word in _WORDS.finditer(text) if not _is_written(word))
    shown = list(islice(strange, _WORDS_SHOWN))
    return _Reading(encoding, text, words, len(shown) + sum(1 for _ in strange), shown)


def _first_wrong(body: bytes) -> int:
    try:
        body.decode()
    except UnicodeDecodeError as error:
        return error.start
    return 0


def _where_they_differ(utf_8: _Reading, gb18030: _Reading) -> str:
    words = zip(_WORDS.finditer(utf_8.text), _WORDS.finditer(gb18030.text), strict=False)
    one, other = next((one[0], other[0]) for one, other in words if one[0] != other[0])
    number = utf_8.text.count("\n", 0, utf_8.text.index(one)) + 1
    return (
        f"line {number}: the text may be UTF-8, which reads {one[:_MOST_SHOWN]}, or GB18030, which reads"
        f" {other[:_MOST_SHOWN]}"
    )


def _is_written(word: re.Match[str]) -> bool:
    """Whether a person would write this run of characters where it stands."""
    characters = word[0]
    begin, end = word.span()
    before, after = word.string[max(begin - 1, 0) : begin], word.string[end : end + 1]
    if all(_is_latin(character) for character in characters):
        return any(beside.isascii() and beside.isalpha() for beside in (before, after))
    if all(character in _SIGNS for character in characters):
        return before.isalnum() or after.isalnum()
    # A Chinese character between small letters is é or ³ of another encoding: Soci茅t茅.
    if before.isalpha() and before.islower() and (after.islower() or characters in _OF_SIGNS):
        return False
    grades = [grade for character in characters if (grade := _grade(character)) is not None]
    return not grades or (min(grades) > 0 and sum(grades) >= len(grades) * 1.5)


# What the bytes of the signs are in GB18030: m鲁 is m³.
_OF_SIGNS = frozenset({"鲁", "虏", "掳", "碌", "脳", "卤"})


def _is_latin(character: str) -> bool:
    return "\u00c0" <= character <= "\u024f"


def _grade(character: str) -> int | None:
    """2: among the common characters of GB 2312, 1: among its others, 0: neither, None: says nothing."""
    if character in _SIGNS or "\u2000" <= character <= "\u206f" or "\u3000" <= character <= "\u303f":
        return None
    if "\uff00" <= character <= "\uffef" or "\u2100" <= character <= "\u24ff" or "\u1800" <= character <= "\u18af":
        return None
    if not "\u4e00" <= character <= "\u9fff":
        return 0
    try:
        lead = character.encode("gb2312")[0]
    except UnicodeEncodeError:
        return 0
    # GB 2312: characters of level 1 stand in rows 16 to 55, in the order of their sounds; those of level 2 after them.
    return 2 if lead <= 0xD7 else 1

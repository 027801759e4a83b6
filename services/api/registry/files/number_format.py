"""What a number format of a spreadsheet makes of a number.

A cell holds 0.05 and shows 5%, holds 46082 and shows 2026年3月, holds 123456 and shows 12.3万: what the person who
filled the sheet means is what is shown. ECMA-376 part 1, 18.8.30 and 18.8.31.
"""

import enum
import re
from dataclasses import dataclass
from functools import lru_cache

# Formats that are known by their numbers alone; 27 to 36 and 50 to 58 are those of Chinese spreadsheets.
_BUILT_IN = {
    **dict.fromkeys((0, 1, 2, 3, 4, 37, 38, 39, 40, 41, 42, 43, 44), "0"),
    **dict.fromkeys((5, 6, 7, 8, 12, 13), "0"),
    **dict.fromkeys((9, 10), "0%"),
    **dict.fromkeys((11, 48), "0.00E+00"),
    **dict.fromkeys((14, 15, 16, 22, 28, 29, 30, 31, 51, 53, 54, 58), "yyyy-mm-dd"),
    **dict.fromkeys((17, 27, 36, 50, 52, 57), "yyyy-mm"),
    **dict.fromkeys((18, 19, 20, 21, 32, 33, 34, 35, 45, 46, 47, 55, 56), "h:mm"),
    49: "@",
}

_SECTION = re.compile(r'(?:[^;"\\!]|"[^"]*"|[\\!].)*')
_LITERAL = re.compile(r'"([^"]*)"|[\\!](.)')
_IN_BRACKETS = re.compile(r"\[[^\]]*\]")
_ELAPSED = re.compile(r"\[(h+|m+|s+)\]", re.IGNORECASE)
_UNSHOWN = re.compile(r"[_*].")
_AM_PM = re.compile("am/pm|a/p|上午/下午", re.IGNORECASE)
_SCALED = re.compile(r"[0#?],+(?![0#?,])")
_POWER_IN_WORDS = re.compile("[万亿千百]|^[kKM]$")
_PLAIN = re.compile(r"(general|@|[0#?,. ]*)", re.IGNORECASE)
_DIGITS = re.compile("0{2,}")


class Shows(enum.Enum):
    """What a format makes of a number."""

    NUMBER = "the number"
    OTHERWISE = "the number with signs that are not in it, such as GW-007"
    SCALED = "a part of the number, such as 12.3 for 123456"
    PERCENT = "a hundredfold with %"
    DAY = "a day"
    MONTH = "a month"
    YEAR = "a year"
    TIME = "a time of the day, or a duration"


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """A format, with the digits to which it fills a number with zeros."""

    code: str
    shows: Shows
    digits: int = 0


GENERAL = NumberFormat("General", Shows.NUMBER)


def built_in(number: int) -> NumberFormat:
    """The format that goes by this number."""
    return number_format(_BUILT_IN.get(number, "General"))


@lru_cache(maxsize=1024)
def number_format(code: str) -> NumberFormat:
    """The format that is written as `code`."""
    sections = [section for section in _SECTION.findall(code) if section] or ["General"]
    first = _section(sections[0])
    # Later sections are for negative numbers, zero and text, unless conditions make them those of great numbers.
    if "[" in code and any(_section(section).shows is Shows.SCALED for section in sections[1:]):
        first = NumberFormat(code, Shows.SCALED)
    return NumberFormat(code, first.shows, first.digits)


def _section(section: str) -> NumberFormat:
    literals = "".join(one or other for one, other in _LITERAL.findall(section))
    if _ELAPSED.search(section):
        return NumberFormat(section, Shows.TIME)
    rest = _UNSHOWN.sub("", _IN_BRACKETS.sub("", _LITERAL.sub("", section)))
    if rest.strip().lower() in ("general", "g/通用格式"):
        rest = "General"
    elif shown := _shown_of_time(rest):
        return NumberFormat(section, shown)
    if "%" in rest or "%" in literals:
        return NumberFormat(section, Shows.PERCENT if "%" in rest else Shows.SCALED)
    if _SCALED.search(rest) or "." in literals or _POWER_IN_WORDS.search(literals):
        return NumberFormat(section, Shows.SCALED)
    is_plain = _PLAIN.fullmatch(rest) and not any(character.isalnum() or character == "-" for character in literals)
    digits = len(rest) if _DIGITS.fullmatch(rest) else 0
    return NumberFormat(section, Shows.NUMBER if is_plain else Shows.OTHERWISE, digits)


def _shown_of_time(rest: str) -> Shows | None:
    has_hours = bool(_AM_PM.search(rest)) or re.search("[hs]", rest, re.IGNORECASE) is not None
    letters = set(re.sub(r"[0#?]E[+-]", "", _AM_PM.sub("", rest)).lower())
    has_year, has_month, has_day = bool(letters & {"y", "e"}), "m" in letters, bool(letters & {"d", "a"})
    if has_year or has_day:
        if has_day or has_hours:
            return Shows.DAY
        return Shows.MONTH if has_month else Shows.YEAR
    if has_hours:
        return Shows.TIME
    return Shows.MONTH if has_month else None

"""What a cell says in a field: a day however it is written, a number without its thousands' commas."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from services.api.registry.files.encoding import LOST
from services.api.registry.files.form import NUMBERS, Form
from services.api.registry.files.header import half_width

# What a spreadsheet shows where a formula failed, a column is too narrow, or LibreOffice found an error.
_ERROR = re.compile(r"#(N/A|DIV/0!|[A-Z][A-Z_]+[!?])|#{3,}|Err:[0-9]{3}")
_WITH_EXPONENT = re.compile(r"[+-]?[0-9](\.[0-9]+)?E\+?[0-9]{2,3}", re.IGNORECASE)
# How a spreadsheet writes a number of more than 11 digits to a text file: 123456789012 as 1.23457E+11.
_ROUNDED = re.compile(r"[+-]?[0-9]\.[0-9]{5}E[+-][0-9]{2,3}")
_DAY = re.compile(
    r"([0-9]{4})(?:([-/.])([0-9]{1,2})\2([0-9]{1,2})|年([0-9]{1,2})月([0-9]{1,2})日|([0-9]{2})([0-9]{2}))"
    r"(?:[T ]0?0:00(?::00(?:\.0+)?)?)?"
)
# A point only before two digits: 2026.1 may have been 2026.10 before a spreadsheet took it for a number.
_MONTH = re.compile(r"([0-9]{4})(?:[-/]([0-9]{1,2})|\.([0-9]{2})|年([0-9]{1,2})月(?:份)?)")
_QUARTER = re.compile(r"([0-9]{4})(?:年第?|[-/. ]?Q)([1-4一二三四])(?:季度?)?", re.IGNORECASE)
_YEAR = re.compile(r"([0-9]{4})年?")
_SERIAL = re.compile(r"[2-7][0-9]{4}")
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")
_ONE_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(E[+-]?[0-9]{1,3})?", re.IGNORECASE)
_PERCENT = re.compile(r"[+-]?[0-9][0-9.,]*\s?%")
_CHINESE_DIGITS = {"一": "1", "二": "2", "三": "3", "四": "4"}
_MINUS = str.maketrans({"−": "-", "﹣": "-"})


class CellRefused(Exception):  # noqa: N818 - named after the fact
    """A cell cannot be read in its field: the code of a reason, and what it mentions."""

    def __init__(self, code: str, **mentions: Any) -> None:
        super().__init__(code)
        self.code = code
        self.mentions: Mapping[str, Any] = mentions


def read_cell(text: str, form: Form, *, is_share: bool = False) -> str | float:
    """What the field takes; `is_share`: the field is in %. Raises CellRefused where it may mean another thing.

    A text that is no such thing at all is left as it is, for the field itself to refuse; where a number is asked, it is
    refused.
    """
    if _ERROR.fullmatch(text):
        raise CellRefused("error_cell", value=text)
    if LOST.search(text):
        raise CellRefused("lost_characters")
    if form is Form.FREE:
        return _of_digits(text)
    text = half_width(text)
    if form in NUMBERS:
        return _number_of(_number(text.translate(_MINUS), is_share=is_share), form)
    if form is Form.DAY:
        return _day(text)
    return _period(text) if form is Form.PERIOD else _of_digits(text)


def _of_digits(text: str) -> str:
    """A text, unless a spreadsheet has made a number of it."""
    if _WITH_EXPONENT.fullmatch(text):
        raise CellRefused("digits_lost", digits=15)
    return text


def _number_of(text: str, form: Form) -> float:
    if not _NUMBER.fullmatch(text):
        raise CellRefused("int_parsing" if form is Form.WHOLE else "float_parsing")
    number = float(text)
    if form is Form.NUMBER:
        return number
    if not number.is_integer():
        raise CellRefused("int_parsing")
    return int(number)


def _number(text: str, *, is_share: bool) -> str:
    if _PERCENT.fullmatch(text):
        if not is_share:
            raise CellRefused("percent_cell", value=text)
        text = text.removesuffix("%").rstrip()
    if _ROUNDED.fullmatch(text):
        raise CellRefused("rounded_number", value=text)
    if "," not in text:
        return text
    is_plainly_thousands = text.count(",") > 1 or "." in text
    if _THOUSANDS.fullmatch(text) and is_plainly_thousands:
        return text.replace(",", "")
    if _ONE_COMMA.fullmatch(text):
        raise CellRefused("comma_in_number", value=text, thousands=text.replace(",", ""), point=text.replace(",", "."))
    return text


def _day(text: str) -> str:
    if written := _DAY.fullmatch(text):
        year, _, *parts = written.groups()
        month, day = (int(part) for part in parts if part is not None)
        try:
            return date(int(year), month, day).isoformat()
        except ValueError:
            return text
    if _MONTH.fullmatch(text) or _YEAR.fullmatch(text):
        raise CellRefused("day_missing", value=text)
    if _SERIAL.fullmatch(text):
        raise CellRefused("day_as_number", value=text)
    return text


def _period(text: str) -> str:
    if written := _MONTH.fullmatch(text):
        return f"{written[1]}-{int(written[2] or written[3] or written[4]):02}"
    if written := _QUARTER.fullmatch(text):
        return f"{written[1]}-Q{_CHINESE_DIGITS.get(written[2], written[2])}"
    if written := _YEAR.fullmatch(text):
        return written[1]
    if _DAY.fullmatch(text):
        raise CellRefused("day_for_period", value=text)
    return text

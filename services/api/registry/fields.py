"""The types of the registry's fields: what each may hold, for JSON and import files alike."""

import re
import unicodedata
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from services.api.registry.files.form import Form
from services.core.calendar import SHANGHAI
from services.core.credit_code import ALPHABET, CreditCodeError, require_credit_code
from services.core.reason import REASONS, About

Trade = Literal[
    "coke",
    "ferroalloy",
    "aluminium",
    "cement",
    "calcium_carbide",
    "methanol",
    "steel",
    "thermal_power",
    "data_centre",
    "coal_mining",
    "chemical",
    "petrochemical",
    "public_institution",
    "other",
]
SettledAs = Literal["swap", "unit", "set_aside", "accept"]
UnitStatus = Literal["existing", "building", "planned"]
CapacityClass = Literal["permitted", "restricted", "eliminated"]
MeterKind = Literal["counter", "interval", "gauge"]
MeterFlow = Literal["input", "output", "feedstock", "renewable", "product", "sub", "it_load", "rectifier"]

MeterStamp = Literal["start", "end"]

_MOST_UNKNOWN = 50
_CODE_PATTERN = "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
_DAY_PATTERN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT_PATTERN = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
# Controls, surrogates, line separators, and marks that turn the writing round or show nothing (Cf, and those that
# Unicode has elsewhere): with them two names look the same, or one reads as another. All else a name may hold.
_REFUSED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_SHOW_NOTHING = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
# Some show nothing by themselves and have their place after what they change: in Mongolian the vowel separator, the
# joiners and the selectors of a letter's form; the form of a Chinese character; a sign as text or as a picture.
_IN_PLACE = re.compile(
    "(?<=[\u1820-\u18aa\u180b-\u180d\u180f])[\u180e\u200c\u200d]"
    "|(?<=[\u1820-\u18aa])[\u180b-\u180d\u180f]"
    "|(?<=[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af])[\ufe00-\ufe02\U000e0100-\U000e01ef]"
    "|(?<=[\u2600-\u27bf\U0001f000-\U0001faff])[\ufe0e\ufe0f]"
)


def refusal(code: str, **mentions: Any) -> PydanticCustomError:
    """The error by which a field type refuses a value for a reason of the catalogue."""
    return PydanticCustomError(code, REASONS[About.REFUSAL][code].en, mentions)


def _printable(text: str) -> str:
    for character in _IN_PLACE.sub("", text):
        if unicodedata.category(character) in _REFUSED_CATEGORIES or _SHOW_NOTHING.match(character):
            raise refusal("bad_character", character=f"U+{ord(character):04X}")
    return text


def _printable_lines(text: str) -> str:
    """Lines by line feeds alone, however they were ended; no more than one empty line in a row."""
    lines = [_printable(line.rstrip()) for line in re.split("\r\n|\r|\n", text.replace("\t", " "))]
    return re.sub("\n{3,}", "\n\n", "\n".join(lines))


def _code(text: str) -> str:
    if not re.fullmatch(_CODE_PATTERN[1:-1], text):
        raise refusal("bad_code")
    return text


def _area_code(text: str) -> str:
    if not re.fullmatch("[0-9]{6}", text):
        raise refusal("bad_area_code")
    return text


def _credit_code(text: str) -> str:
    try:
        return require_credit_code(_printable(text))
    except CreditCodeError as error:
        raise refusal(error.fault, **error.context) from None


def _day(value: object) -> object:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and _DAY_PATTERN.fullmatch(value):
        try:
            day = date.fromisoformat(value)
        except ValueError:
            raise refusal("bad_day") from None
        if 1900 <= day.year < 2200:
            return day
    raise refusal("bad_day")


def _moment(value: object) -> object:
    if isinstance(value, str) and _MOMENT_PATTERN.fullmatch(value):
        try:
            local = datetime.fromisoformat(value.upper()).astimezone(SHANGHAI)
        except (ValueError, OverflowError):
            raise refusal("bad_moment") from None
        if 2000 <= local.year < 2100:
            return local.astimezone(UTC)
    raise refusal("bad_moment")


def _text(most_characters: int) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=most_characters)


Name = Annotated[str, _text(200), AfterValidator(_printable), Form.FREE]
"""A name in any language."""

Note = Annotated[str, _text(1000), AfterValidator(_printable), Form.FREE]
"""A remark."""

Lines = Annotated[str, _text(4000), AfterValidator(_printable_lines)]
"""A text that a person has written, of one line or several."""

ShortText = Annotated[str, _text(20), AfterValidator(_printable)]
"""A sign such as that of a unit of measure."""

SearchText = Annotated[str, _text(100), AfterValidator(_printable)]
"""Part of a name or code."""

Code = Annotated[str, AfterValidator(_code), WithJsonSchema({"type": "string", "pattern": _CODE_PATTERN})]
"""A code given by the registry's users; also fit to be a level of an MQTT topic."""

AreaCode = Annotated[str, AfterValidator(_area_code), WithJsonSchema({"type": "string", "pattern": "^[0-9]{6}$"})]
"""GB/T 2260."""

CreditCode = Annotated[
    str,
    AfterValidator(_credit_code),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^[{ALPHABET}]{{2}}[0-9]{{6}}[{ALPHABET}]{{10}}$",
            "description": "统一社会信用代码 (GB 32100); its check character is verified",
        }
    ),
]

Day = Annotated[date, BeforeValidator(_day), Form.DAY]
"""A day of Asia/Shanghai."""

Moment = Annotated[datetime, BeforeValidator(_moment)]
"""A time with offset (RFC 3339), kept in UTC."""


def _day_or_moment(value: object) -> object:
    try:
        return _day(value)
    except PydanticCustomError:
        pass
    try:
        return _moment(value)
    except PydanticCustomError:
        raise refusal("bad_moment_or_day") from None


DayOrMoment = Annotated[
    date | datetime,
    BeforeValidator(_day_or_moment),
    WithJsonSchema({"type": "string", "description": "A day, or a time with offset (RFC 3339)"}),
]
"""A day of Asia/Shanghai, or a time with offset, kept in UTC."""

Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
"""A finite number; text and true/false are not numbers."""

Whole = Annotated[int, Field(strict=True)]
"""A whole number; text and true/false are not numbers."""


EnergyOfYear = Annotated[Number, Field(ge=0, le=1e9)]
"""tce a year."""

MeasuringCategory = Annotated[Whole, Field(ge=1, le=3)]
"""Where a data centre measures its IT load."""

StandardRacks = Annotated[Whole, Field(ge=1, le=10_000_000)]
"""The size of a data centre."""


class Entry(BaseModel):
    """Base of what clients give: fields it does not know are refused."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _has_few_fields(cls, given: Any) -> Any:
        # Each would be a fault of its own: 100 000 of them took two seconds.
        most = len(cls.model_fields) + _MOST_UNKNOWN
        if isinstance(given, dict) and len(given) > most:
            raise refusal("too_many_fields", most=most)
        return given

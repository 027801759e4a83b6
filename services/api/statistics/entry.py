"""A reported number as it is given and as it is answered."""

import re
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema
from pydantic.config import JsonDict

from services.api.list_query import ORDER, ListQuery, Many, OrderedBy
from services.api.registry.fields import AreaCode, Code, Entry, Note, Number, ShortText, Whole, refusal
from services.api.registry.files.form import Form
from services.core.credit_code import CreditCodeError, require_credit_code
from services.core.data.statistic_kinds import OwnerKind, StatisticKind
from services.core.period import FIRST_YEAR, LAST_YEAR, Period, PeriodError

MOST_VALUE = 1e15
LEAST_MAGNITUDE = 1e-6
"""Of a value that is not 0: what is smaller is a mistake, and no ratio with it would fit into an answer."""

EXAMPLE: JsonDict = {
    "owner": "area:150600",
    "kind": "gdp",
    "period": "2025",
    "value": 45123456.7,
    "unit": "10k CNY",
    "price_base": 2020,
    "note": "初步核算",
}

_OWNER_PATTERN = "^(area|park|enterprise|unit):[0-9A-Za-z][0-9A-Za-z_-]{0,63}$"


def _owner(text: str) -> str:
    if not re.fullmatch(_OWNER_PATTERN[1:-1], text):
        raise refusal("bad_owner")
    kind, _, code = text.partition(":")
    if kind == OwnerKind.ENTERPRISE:
        try:
            require_credit_code(code)
        except CreditCodeError as error:
            raise refusal(error.fault, **error.context) from None
    return text


def _period(text: str) -> str:
    try:
        Period.parse(text)
    except PeriodError:
        raise refusal("bad_period") from None
    return text


Owner = Annotated[str, AfterValidator(_owner), WithJsonSchema({"type": "string", "pattern": _OWNER_PATTERN})]
"""Whose the number is: area:CODE, enterprise:CREDIT_CODE or unit:CODE; park:CODE for kinds of an operator's own."""

PeriodText = Annotated[
    str,
    AfterValidator(_period),
    Form.PERIOD,
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{4}(-Q[1-4]|-(0[1-9]|1[0-2]))?$"}),
]
"""A year 2025, a quarter 2025-Q1 or a month 2025-03."""


def _value(value: float) -> float:
    if value != 0 and abs(value) < LEAST_MAGNITUDE:
        raise refusal("bad_magnitude", least="1e-6", most="1e15")
    return value


Value = Annotated[Number, Field(ge=-MOST_VALUE, le=MOST_VALUE), AfterValidator(_value)]
PriceBase = Annotated[Whole, Field(ge=FIRST_YEAR, le=LAST_YEAR)]


class StatisticEntry(Entry):
    """A number as it is reported."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    owner: Owner = Field(description="area:CODE, enterprise:CREDIT_CODE or unit:CODE, as the kind says")
    kind: Code = Field(description="One of /api/v1/statistic-kinds")
    period: PeriodText = Field(description="Year 2025, quarter 2025-Q1 or month 2025-03")
    value: Value = Field(description="0, or of a magnitude from 1e-6 to 1e15")
    unit: ShortText = Field(description="That of the kind; repeated here so that no number is read in another")
    price_base: PriceBase | None = Field(None, description="Of money: the year at whose constant prices it is counted")
    note: Note | None = None

    @property
    def owner_kind(self) -> OwnerKind:
        """What the owner is."""
        return OwnerKind(self.owner.partition(":")[0])

    @property
    def owner_code(self) -> str:
        """The code of the owner."""
        return self.owner.partition(":")[2]

    @property
    def key(self) -> tuple[str, str, str, str, int]:
        """What the value belongs to; another value for the same is its next version."""
        return (self.owner_kind.value, self.owner_code, self.kind, self.period, self.price_base or 0)

    @property
    def key_in_words(self) -> str:
        """The key as it stands in a reason."""
        return " ".join(str(part) for part in (self.owner, self.kind, self.period, self.price_base) if part is not None)


class Statistic(BaseModel):
    """A reported number."""

    owner: str
    owner_name_zh: str | None = Field(description="null where it is no longer registered")
    owner_name_en: str | None
    kind: str
    kind_name_zh: str
    kind_name_en: str
    period: str
    value: float
    unit: str
    price_base: int | None = Field(description="Year at whose constant prices it is counted; null where it is no money")
    version: int = Field(description="1 is the first that was reported")
    reported_by: str = Field(description="The account that has reported it")
    note: str | None
    recorded_at: datetime


class PostedStatistic(Statistic):
    """A number after it was posted."""

    created: bool = Field(description="false: this very value was the newest already; nothing was written")


class Posted(BaseModel):
    """What came of posted numbers."""

    created: int = Field(description="New versions written")
    unchanged: int = Field(description="Entries whose value was the newest already")
    data: list[PostedStatistic] = Field(description="In the order in which they were given")


class StatisticQuery(ListQuery):
    """How the list of reported numbers may be narrowed."""

    owner: Many[Owner] | None = None
    area: Many[AreaCode] | None = Field(
        None, description="Area of any level, and all parks, enterprises and units that lie there today"
    )
    kind: Many[Code] | None = None
    period: Many[PeriodText] | None = None
    price_base: Many[Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR)]] | None = None
    versions: bool = Field(False, description="All versions instead of the newest")
    order: Annotated[list[str], OrderedBy("kind", "period", "recorded_at", "reported_by")] = ORDER


class StatisticKindAnswer(BaseModel):
    """A kind of reported number."""

    code: str
    name_zh: str
    name_en: str
    unit: str = Field(description="{product}: the unit of what the unit makes")
    owners: list[str]
    nature: str = Field(description="flow: adds up over time; stock: the level or rate of a period")
    periods: list[str]
    needs_price_base: bool
    may_be_negative: bool
    is_plan: bool = Field(description="May be given for periods that have not begun")
    most: float | None = Field(description="Greatest value that makes sense")
    source: str
    verified: bool

    @classmethod
    def of(cls, kind: StatisticKind) -> "StatisticKindAnswer":
        """The answer for a row of the data file."""
        given = {name: getattr(kind, name) for name in cls.model_fields}
        given["owners"] = [owner.value for owner in kind.owners]
        given["periods"] = [form.value for form in kind.periods]
        given["nature"] = kind.nature.value
        given["most"] = None if kind.most is None else float(kind.most)
        return cls.model_construct(**given)

"""A heat value as it is given and as it is answered."""

import re
from datetime import date, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema
from pydantic.config import JsonDict

from services.api.list_query import ORDER, ListQuery, Many, OrderedBy
from services.api.names import WithNames
from services.api.registry.fields import AreaCode, Code, CreditCode, Entry, Name, Note, Number, refusal
from services.api.registry.files.form import Form

_MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")

EXAMPLE: JsonDict = {
    "enterprise": "91150622MA0N0000XF",
    "carrier": "lignite",
    "month": "2026-03",
    "ncv_mj_per_kg": 14.286,
    "ncv_mj_per_m3": None,
    "carbon_tc_per_tj": 27.7,
    "carbon_tc_per_t": None,
    "laboratory": "内蒙古煤炭质量检验中心",
    "report": "MJ-2026-0331",
    "reason": None,
}


def _month(text: str) -> str:
    if not _MONTH.fullmatch(text):
        raise refusal("bad_month")
    return text


Month = Annotated[
    str,
    AfterValidator(_month),
    Form.PERIOD,
    WithJsonSchema({"type": "string", "pattern": "^20[0-9]{2}-(0[1-9]|1[0-2])$"}),
]
"""A month 2026-03 of Asia/Shanghai."""
Heat = Annotated[Number, Field(gt=0, le=150)]
"""No fuel has more: hydrogen 120 MJ/kg."""
CarbonForHeat = Annotated[Number, Field(gt=0, le=120)]
CarbonOfMass = Annotated[Number, Field(gt=0, le=1)]


class HeatValueEntry(Entry):
    """A heat value as a laboratory reported it: net, as received 收到基低位发热量."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    enterprise: CreditCode
    carrier: Code = Field(description="A fuel kept by mass or volume")
    month: Month | None = Field(
        None, description="Month 2026-03 it was measured for; left out: the enterprise's own default for all others"
    )
    ncv_mj_per_kg: Heat | None = Field(None, description="Of what is kept by mass: MJ/kg; kJ/kg divided by 1000")
    ncv_mj_per_m3: Heat | None = Field(None, description="Of gases: MJ/m3, of a m3 as its meters count it")
    carbon_tc_per_tj: CarbonForHeat | None = Field(
        None, description="Carbon for the heat 单位热值含碳量, tC/TJ; left out: that of the table"
    )
    carbon_tc_per_t: CarbonOfMass | None = Field(
        None, description="Instead of it, of what is kept by mass: carbon of the mass as received 元素碳含量, tC/t"
    )
    laboratory: Name
    report: Name = Field(description="Number of its report")
    reason: Note | None = Field(
        None,
        description="Needed where it lies outside the range of the carrier, or far from the month before",
    )

    @property
    def ncv_mj(self) -> float | None:
        """MJ per kg or m3, whichever was given."""
        return self.ncv_mj_per_m3 if self.ncv_mj_per_kg is None else self.ncv_mj_per_kg

    @property
    def first_day(self) -> date | None:
        """Of the month."""
        return None if self.month is None else date.fromisoformat(f"{self.month}-01")

    @property
    def key(self) -> tuple[str, str, str]:
        """What the value speaks of; another one for the same is its next version."""
        return (self.enterprise, self.carrier, self.month or "own")

    @property
    def key_in_words(self) -> str:
        """The key as it stands in a reason."""
        return " ".join(self.key)


class HeatValuePatch(Entry):
    """What of a heat value is corrected; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"ncv_mj_per_kg": 14.826, "reason": "digits swapped"}]})

    ncv_mj_per_kg: Heat | None = None
    ncv_mj_per_m3: Heat | None = None
    carbon_tc_per_tj: CarbonForHeat | None = None
    carbon_tc_per_t: CarbonOfMass | None = None
    laboratory: Name | None = None
    report: Name | None = None
    reason: Note | None = None


class HeatValueOut(BaseModel):
    """A heat value."""

    id: int
    enterprise: str
    enterprise_name_zh: str
    enterprise_name_en: str | None
    carrier: str
    month: str | None = Field(description="null: the enterprise's own default")
    ncv_mj_per_kg: float | None
    ncv_mj_per_m3: float | None
    kgce: float | None = Field(description="Standard coal of a kg or m3: heat value / 29.3076 MJ/kgce; null: withdrawn")
    carbon_tc_per_tj: float | None
    carbon_tc_per_t: float | None
    laboratory: str
    report: str
    reason: str | None
    version: int = Field(description="1 is the first that was given; each correction is the next")
    withdrawn: bool = Field(description="Whether this version took the value back")
    recorded_at: datetime
    recorded_by: str | None = Field(description="Account; null: it was given before there were accounts")


class PostedHeatValue(HeatValueOut):
    """A heat value after it was posted."""

    created: bool = Field(description="false: this very value was the newest already; nothing was written")


class PostedHeatValues(BaseModel):
    """What came of posted heat values."""

    created: int = Field(description="New versions written")
    unchanged: int = Field(description="Entries whose value was the newest already")
    data: list[PostedHeatValue] = Field(description="In the order in which they were given")


class NamedHeatValue(HeatValueOut, WithNames):
    """A heat value, with the name of whose it is."""


class HeatValueQuery(ListQuery):
    """How the list of heat values may be narrowed."""

    enterprise: Many[CreditCode] | None = None
    area: Many[AreaCode] | None = Field(None, description="Area of any level in which the enterprise lies today")
    carrier: Many[Code] | None = None
    month: Many[Month] | None = Field(None, description="Of these months; own defaults are none of them")
    versions: bool = Field(False, description="All versions and withdrawals instead of those that count")
    order: Annotated[list[str], OrderedBy("enterprise", "carrier", "period", "version", "recorded_at")] = ORDER

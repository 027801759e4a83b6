"""A manual report as it is given and as it is answered."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from services.api.heat_values.entry import Month
from services.api.list_query import ORDER, ListQuery, Many, OrderedBy
from services.api.names import WithNames
from services.api.registry.fields import AreaCode, Code, CreditCode, Entry, Name, Note, Number, ShortText

MOST_VALUE = 1e12

EXAMPLE: JsonDict = {
    "unit_code": "150622-0007-U1",
    "carrier": "bituminous_coal",
    "flow": "input",
    "month": "2026-03",
    "value": 1250.5,
    "unit_of_measure": "t",
    "document": "GB-2026-03-0117",
    "reason": None,
}

ManualFlow = Literal["input", "output", "feedstock", "renewable"]
"""What crosses the boundary of a unit."""
Value = Annotated[Number, Field(ge=0, le=MOST_VALUE)]


class ManualReportEntry(Entry):
    """What a paper says that a unit took in or gave away of a carrier in a month."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    unit_code: Code
    carrier: Code
    flow: ManualFlow = "input"
    month: Month = Field(description="Month 2026-03 of Asia/Shanghai; it must be over")
    value: Value = Field(description="In `unit_of_measure`; 0: the paper says that it was nothing")
    unit_of_measure: ShortText = Field(description="An amount that can be brought to the unit of the carrier: t, 万kWh")
    document: Name = Field(description="Number of the paper: an invoice, a weighing list, a statement of the month")
    reason: Note | None = Field(None, description="Why another value stands than before")

    @property
    def first_day(self) -> date:
        """Of the month."""
        return date.fromisoformat(f"{self.month}-01")

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What the report speaks of; another one of the same is its next version."""
        return (self.unit_code, self.carrier, self.flow, self.month)

    @property
    def key_in_words(self) -> str:
        """The key as it stands in a reason."""
        return " ".join(self.key)


class ManualReportPatch(Entry):
    """What of a manual report is corrected; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"value": 1205.5, "reason": "digits swapped"}]})

    value: Value | None = None
    unit_of_measure: ShortText | None = None
    document: Name | None = None
    reason: Note | None = None


class MeteredBeside(BaseModel):
    """What meters of the unit measured of the same carrier, flow and month."""

    meters: int = Field(description="That stood there on any day of the month")
    quantity: float | None = Field(description="In `quantity_unit` of the report; null: nothing was measured")
    coverage: float | None = Field(description="Measured share of the month, 0 to 1; null: there was no meter")
    difference_percent: float | None = Field(
        description="(metered - reported) / reported; null: nothing measured, or nothing reported"
    )
    is_apart: bool | None = Field(
        description="Whether that is more than the parameter daily_monthly_deviation (5 %) allows; null: too little of"
        " the month is measured to be told (check daily_monthly: 90 %)"
    )


class ManualReportOut(BaseModel):
    """A manual report."""

    id: int
    enterprise: str
    unit_code: str
    carrier: str
    flow: str
    month: str
    value: float | None = Field(description="As it was entered; null: withdrawn")
    unit_of_measure: str
    quantity: float | None = Field(description="In `quantity_unit`, that of the carrier")
    quantity_unit: str
    document: str
    reason: str | None
    version: int = Field(description="1 is the first that was given; each correction is the next")
    withdrawn: bool = Field(description="Whether this version took the report back")
    counts: bool = Field(
        description="Whether it counts in sums and balances, marked `manual`: it is the newest version, and the unit"
        " has no meter of this carrier and flow on any day of the month"
    )
    by_meter: MeteredBeside
    recorded_at: datetime
    recorded_by: str | None = Field(description="Account")


class PostedManualReport(ManualReportOut):
    """A manual report after it was posted."""

    created: bool = Field(description="false: this very report was the newest already; nothing was written")


class PostedManualReports(BaseModel):
    """What came of posted manual reports."""

    created: int = Field(description="New versions written")
    unchanged: int = Field(description="Entries that were the newest already")
    data: list[PostedManualReport] = Field(description="In the order in which they were given")


class NamedManualReport(ManualReportOut, WithNames):
    """A manual report, with the names of whose it is."""


class ManualReportQuery(ListQuery):
    """How the list of manual reports may be narrowed."""

    unit: Many[Code] | None = None
    enterprise: Many[CreditCode] | None = None
    area: Many[AreaCode] | None = Field(None, description="Area of any level in which the enterprise lies today")
    carrier: Many[Code] | None = None
    month: Many[Month] | None = None
    versions: bool = Field(False, description="All versions and withdrawals instead of those that stand")
    order: Annotated[list[str], OrderedBy("unit_code", "carrier", "flow", "period", "version", "recorded_at")] = ORDER

"""A meter as it is registered."""

from typing import Annotated, Any, Protocol, TypeVar

from pydantic import ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from services.api.registry.fields import (
    Code,
    Day,
    DayOrMoment,
    Entry,
    MeterFlow,
    MeterKind,
    MeterStamp,
    Name,
    Note,
    Number,
    ShortText,
    Whole,
    refusal,
)
from services.api.registry.terms import TERM_FIELDS

EXAMPLE: JsonDict = {
    "code": "150622-0007-E01",
    "unit_code": "150622-0007-U1",
    "gateway_code": "GW-150622-0007",
    "name_zh": "总进线电表",
    "name_en": "Main incoming electricity",
    "kind": "counter",
    "carrier": "electricity",
    "flow": "input",
    "negative_flow": None,
    "unit_of_measure": "kWh",
    "multiplier": 6000,
    "register_size": 1000000,
    "rated_per_hour": 20000,
    "interval_s": 900,
    "stamp": "start",
    "holds_s": None,
    "valid_from": "2026-01-01",
    "valid_to": None,
    "calibrated_until": "2027-12-31",
}

# Smaller ones are mistakes, and would be nothing in whole billionths.
Positive = Annotated[Number, Field(ge=1e-9)]
NegativeFlow = Annotated[
    MeterFlow,
    Field(
        description="Of an interval meter or gauge that measures both directions: the flow to which what is below zero"
        " is booked, such as output of a grid connection. Empty: what is below zero is suspect"
    ),
]
Multiplier = Annotated[Positive, Field(le=1e9, description="CT ratio times PT ratio: register units to real units")]
RegisterSize = Annotated[
    Positive, Field(le=1e18, description="Register units at which a counter rolls over to zero; empty: unknown")
]
RatedPerHour = Annotated[
    Positive, Field(le=8e6, description="Greatest plausible quantity in an hour, in the unit of the carrier")
]
IntervalS = Annotated[
    Whole,
    Field(ge=1, le=2_678_400, description="Seconds between readings; of an interval meter the length of its period"),
]
HoldsS = Annotated[
    Whole,
    Field(
        ge=1,
        le=2_678_400,
        description="Of a gauge that reports on change: seconds for which its last value holds at most",
    ),
]
Stamped = Annotated[
    MeterStamp, Field(description="Of an interval meter: which end of its period the time of a reading is")
]
UnitOfMeasure = Annotated[
    ShortText,
    Field(
        description="Amount (kWh, GJ, t, m3, ...) or rate (kW, t/h, m3/h, ...): a counter gives an amount, a gauge a"
        " rate, an interval meter either",
    ),
]


ON_CHANGE_HOLDS_S = 86_400
"""A gauge that reports on change and of which nothing else is said is heard once a day, as a sign of life."""
OnChange = Annotated[
    bool,
    Field(
        description="Of a gauge: it reports when its value changes; true without holds_s: the value holds for"
        f" {ON_CHANGE_HOLDS_S} s at most"
    ),
]


class _SaysOnChange(Protocol):
    on_change: bool | None
    holds_s: int | None
    model_fields_set: set[str]


S = TypeVar("S", bound=_SaysOnChange)


def hold_on_change(said: S) -> S:
    """The same, with `on_change` turned into the time for which a value holds. Raises where the two contradict."""
    if said.on_change and "holds_s" not in said.model_fields_set:
        said.holds_s = ON_CHANGE_HOLDS_S
    elif said.on_change is False:
        if said.holds_s is not None:
            raise refusal("not_with", other="on_change false")
        said.holds_s = None
    return said


class MeterPatch(Entry):
    """What of a meter may change; what is left out stays."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"multiplier": 8000, "valid_from": "2026-10-05T11:00:00+08:00"}]}
    )

    unit_code: Code | None = None
    gateway_code: Code | None = None
    name_zh: Name | None = None
    name_en: Name | None = None
    kind: MeterKind | None = None
    carrier: Code | None = None
    flow: MeterFlow | None = None
    negative_flow: NegativeFlow | None = None
    unit_of_measure: UnitOfMeasure | None = None
    multiplier: Multiplier | None = None
    register_size: RegisterSize | None = None
    rated_per_hour: RatedPerHour | None = None
    interval_s: IntervalS | None = None
    stamp: Stamped | None = None
    holds_s: HoldsS | None = None
    on_change: OnChange | None = Field(None, exclude=True)
    valid_from: DayOrMoment | None = Field(
        None,
        description="With a field that has dates: from when it is so, a day or a moment; alone: first day readings are"
        " expected",
    )
    valid_to: Day | None = None
    calibrated_until: Day | None = None
    correct_from_start: bool = Field(False, description="A field that has dates was never otherwise: correct all terms")
    reason: Note | None = Field(None, description="What was changed at the meter, or why it is corrected")

    _holds = model_validator(mode="after")(hold_on_change)

    def said(self) -> dict[str, Any]:
        """Those of the fields given that have dates."""
        return self.model_dump(include=self.model_fields_set & set(TERM_FIELDS))

    def plain(self) -> dict[str, Any]:
        """Those of the fields given that are the meter's own."""
        not_own = {
            *TERM_FIELDS,
            "on_change",
            "correct_from_start",
            "reason",
            *(["valid_from"] if self.said() else []),
        }
        return self.model_dump(include=self.model_fields_set - not_own)


class MeterEntry(Entry):
    """A meter as it is registered."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    code: Code
    unit_code: Code
    gateway_code: Code = Field(description="A gateway of the enterprise the unit belongs to")
    name_zh: Name
    name_en: Name | None = None
    kind: MeterKind
    carrier: Code
    flow: MeterFlow
    negative_flow: NegativeFlow | None = None
    unit_of_measure: UnitOfMeasure
    multiplier: Multiplier = 1.0
    register_size: RegisterSize | None = None
    rated_per_hour: RatedPerHour | None = None
    interval_s: IntervalS = 900
    stamp: Stamped = "start"
    holds_s: HoldsS | None = None
    valid_from: Day | None = Field(None, description="First day readings are expected; empty: as the enterprise's")
    valid_to: Day | None = Field(None, description="First day readings are no longer expected")
    calibrated_until: Day | None = Field(None, description="Last day on which the calibration of the meter holds")


class NewMeter(MeterEntry):
    """A meter that is to be registered."""

    on_change: OnChange | None = Field(None, exclude=True)

    _holds = model_validator(mode="after")(hold_on_change)

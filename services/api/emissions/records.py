"""What monitors said, record by record, and how they speak: as lists."""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from services.api.errors import INVALID_PARAMETER, refused_fields
from services.api.list_query import ORDER, ListQuery, Many, OrderedBy
from services.api.listing import Column, Filter, Source, equal
from services.api.reasons import Fault
from services.api.registry import nouns
from services.api.registry.fields import Code, Moment
from services.core.db.statements import Statements
from services.ingest.hj212.doubt import Doubt
from services.ingest.hj212.factors import factors

SQL = Statements.beside(__file__, "emissions.sql")
MOST_DAYS_OF_SOME, MOST_DAYS_OF_ALL = 400, 7
"""So long a span may be with a gateway or an outlet, and without."""
GrainName = Literal["moment", "minutes", "hour", "day"]
HjEdition = Literal["2005", "2017", "2025"]


class EmissionRecord(BaseModel):
    """What a monitor said of one factor and one moment or period."""

    ts: datetime = Field(description="Start of the period; of grain moment the moment")
    grain: GrainName
    gateway: str
    outlet: str | None
    factor: str = Field(description="Code of HJ 212-2017, annex B")
    factor_zh: str | None
    unit: str | None = Field(description="Of means, least and greatest values, by annex B")
    mean: float | None
    least: float | None
    greatest: float | None
    mean_converted: float | None = Field(description="At the reference oxygen content 折算")
    least_converted: float | None
    greatest_converted: float | None
    amount: float | None = Field(description="Of the period")
    amount_unit: str | None
    flag: str = Field(description="The letter of the standard as sent; empty: none was")
    doubt: Doubt | None = Field(description="Why it cannot be, whatever its flag; null: nothing is against it")
    valid: bool = Field(description="Whether the flag is N, or none was sent, and nothing is in `doubt`")
    permitted: float | None = Field(description="The limit of the outlet for this period")
    exceeds: bool | None = Field(description="Whether a valid mean lies above it; null: there is none, or no limit")
    sent_factor: str
    resent: bool
    received_at: datetime


_COLUMNS = {"ts": Column(datetime), "factor": Column(), "gateway": Column(), "grain": Column()}
RECORDS = Source(
    name="emissions",
    select=SQL["records"],
    usual=("ts", "factor", "gateway", "grain"),
    columns=_COLUMNS,
    grows=True,
    filters={
        "gateway": equal("gateway", names=nouns.GATEWAY),
        "outlet": equal("outlet", names=nouns.OUTLET),
        "grain": Filter("entry.grain = :grain"),
        "factor": equal("factor"),
        "valid": Filter("entry.valid = :valid"),
        "doubt": equal("doubt"),
        "start": Filter("entry.ts >= :start"),
        "end": Filter("entry.ts < :end"),
    },
)


class EmissionQuery(ListQuery):
    """Which records; of one grain, from `start` to before `end`: 400 days of some gateways or outlets, 7 of all."""

    grain: GrainName = "hour"
    start: Moment = Field(description="First moment")
    end: Moment = Field(description="First moment after it")
    gateway: Many[Code] | None = None
    outlet: Many[Code] | None = None
    factor: Many[Code] | None = None
    valid: bool | None = None
    doubt: Many[Doubt] | None = None
    order: Annotated[list[str], OrderedBy(*_COLUMNS)] = ORDER


def require_bounded(query: EmissionQuery) -> None:
    """Raises Refused for a span that would be too much to put in order."""
    days = MOST_DAYS_OF_SOME if query.gateway or query.outlet else MOST_DAYS_OF_ALL
    if query.end - query.start > timedelta(days=days):
        raise refused_fields(INVALID_PARAMETER, [Fault("end", "lasts_too_long", {"days": days})])


def record_of(row: dict[str, object]) -> EmissionRecord:
    """A row of the list as it is told."""
    known = factors().get(str(row["factor"]))
    mean = row["mean_converted"] if row["permitted_converted"] else row["mean"]
    permitted = row["permitted"]
    judged = row["valid"] and isinstance(mean, float) and isinstance(permitted, float)
    exceeds = mean > permitted if judged else None  # type: ignore[operator]
    more = {
        "factor_zh": known and known.name_zh,
        "unit": known and known.unit,
        "amount_unit": known and known.emission_unit,
        "exceeds": exceeds,
    }
    return EmissionRecord.model_validate({**row, **more})


class LaterRecord(BaseModel):
    """What came later for a factor and time and differs from what stands, which stays."""

    id: int
    received_at: datetime
    ts: datetime
    grain: GrainName
    gateway: str
    outlet: str | None
    factor: str
    mean: float | None
    mean_converted: float | None
    amount: float | None
    flag: str
    doubt: Doubt | None
    resent: bool
    stands_mean: float | None
    stands_mean_converted: float | None
    stands_amount: float | None
    stands_flag: str
    stands_doubt: Doubt | None


_LATER_COLUMNS = {"id": Column(int), "received_at": Column(datetime), "ts": Column(datetime), "gateway": Column()}
LATER = Source(
    name="later_emissions",
    select=SQL["later"],
    usual=("-id",),
    columns=_LATER_COLUMNS,
    grows=True,
    filters={
        "gateway": equal("gateway", names=nouns.GATEWAY),
        "outlet": equal("outlet", names=nouns.OUTLET),
        "grain": equal("grain"),
        "factor": equal("factor"),
    },
)


class LaterQuery(ListQuery):
    """Which of them, the newest first."""

    gateway: Many[Code] | None = None
    outlet: Many[Code] | None = None
    grain: Many[GrainName] | None = None
    factor: Many[Code] | None = None
    order: Annotated[list[str], OrderedBy(*_LATER_COLUMNS)] = ORDER


class MonitorSpeech(BaseModel):
    """How a monitor speaks HJ 212; counts since it was first heard."""

    gateway: str
    outlet: str | None
    peer: str = Field(description="Address from which it last came")
    edition: HjEdition
    connected: bool
    since: datetime = Field(description="Since when it is connected, or not")
    last_frame_at: datetime
    frames: int
    odd_length: int = Field(description="Of them, those that gave a wrong length")
    bad_crc: int = Field(description="Whole frames with a wrong checksum, which were dropped")
    no_key: int = Field(description="Of these, frames that may be encrypted, without a key that fits")
    unfinished: int = Field(description="Beginnings of frames that had no end")
    noise_bytes: int = Field(description="Bytes in no frame")
    unproven: int = Field(description="Frames kept that claim to be this one and were not taken")


MONITORS = Source(
    name="monitors",
    select=SQL["monitors"],
    usual=("gateway",),
    columns={"gateway": Column(), "last_frame_at": Column(datetime), "bad_crc": Column(int)},
    filters={
        "gateway": equal("gateway", names=nouns.GATEWAY),
        "outlet": equal("outlet", names=nouns.OUTLET),
        "connected": Filter("entry.connected = :connected"),
    },
)


class MonitorQuery(ListQuery):
    """Which monitors."""

    gateway: Many[Code] | None = None
    outlet: Many[Code] | None = None
    connected: bool | None = None
    order: Annotated[list[str], OrderedBy("gateway", "last_frame_at", "bad_crc")] = ORDER

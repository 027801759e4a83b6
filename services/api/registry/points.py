"""Points of foreign gateways: which meters they are, what nobody wants, and what came that nobody knows yet."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from psycopg import Connection
from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic.config import JsonDict

from services.api.list_query import ORDER, ListQuery, Many, OrderedBy
from services.api.listing import Column, Filter, Source, contains, equal
from services.api.reasons import Fault
from services.api.registry import nouns
from services.api.registry.change import RegistryChange
from services.api.registry.fields import Code, Entry, Number, SearchText, ShortText, refusal
from services.api.registry.statements import registry_statements
from services.core.meter import Kind
from services.core.units import UnitError, conversion
from services.ingest.foreign import LONGEST_POINT, Flag
from services.ingest.points import matching

SQL = registry_statements("point.sql")
MOST_POINTS = 5_000
MOST_PATTERNS = 50

EXAMPLE: JsonDict = {
    "points": [
        {"name": "dlt645-1.g15m.E01_EPI", "meter": "150622-0007-E01", "unit_of_measure": "kWh"},
        {"name": "dlt645-1.g15m.Ua", "ignored": True},
        {"name": "*.site", "ignored": True, "pattern": True},
    ]
}
StateOfPoint = Literal["mapped", "ignored", "pattern", "unknown"]


def _point_name(name: str) -> str:
    if "\0" in name:
        raise refusal("bad_character", character="U+0000")
    return name


PointName = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_POINT), AfterValidator(_point_name)]
"""As messages name it: any text."""


class PointEntry(Entry):
    """What a point is: a meter, or nothing that is wanted."""

    name: PointName = Field(
        description="As the messages name it; of a pattern with `*` for any text and `?` for one character"
    )
    meter: Code | None = Field(None, description="The meter that it is")
    unit_of_measure: ShortText | None = Field(
        None, description="Of its values; left out: what the message says, or else the meter's own"
    )
    factor: Number = Field(1, description="A value times this, in the meter's unit, is a reading")
    ignored: bool = Field(False, description="Nobody wants it")
    pattern: bool = Field(False, description="`name` is a pattern of points that nobody wants")

    @model_validator(mode="after")
    def _one_or_the_other(self) -> "PointEntry":
        if (self.meter is None) != self.ignored or (self.pattern and not self.ignored):
            raise refusal("meter_or_ignored")
        if self.factor == 0:
            raise refusal("factor_is_zero")
        return self


class PointsEntry(Entry):
    """Points of a gateway, set in one act."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    points: list[PointEntry] = Field(min_length=1, max_length=MOST_POINTS)


class PointAnswer(Entry):
    """A point of a gateway. What was seen of it is told while it is unknown."""

    gateway: str
    name: str
    state: StateOfPoint
    meter: str | None
    unit_of_measure: str | None
    factor: float | None
    first_seen_at: datetime | None
    last_seen_at: datetime | None
    readings: int | None = Field(description="How many of its values came that could be read")
    last_ts: datetime | None
    last_value: float | None
    last_unit: str | None = Field(description="As the message said it; empty: it said none")
    unread: int | None = Field(description="How many of its values came that could not be read")
    last_unread: str | None = Field(description="The newest of these as it came, its first 200 characters")
    last_unread_code: str | None = Field(description="Why it could not be read, as of a rejected reading")


_COLUMNS: Mapping[str, Column] = {
    "gateway": Column(),
    "name": Column(),
    "state": Column(),
    "meter": Column(nullable=True),
    "last_seen_at": Column(datetime, nullable=True),
    "readings": Column(int, nullable=True),
}
POINTS = Source(
    name="points",
    select=SQL["select"],
    usual=("gateway", "state", "name"),
    columns=_COLUMNS,
    filters={
        "gateway": equal("gateway", names=nouns.GATEWAY),
        "meter": equal("meter", names=nouns.METER),
        "state": equal("state"),
        "q": contains("name", "meter"),
    },
)


class PointQuery(ListQuery):
    """Which points."""

    gateway: Many[Code] | None = None
    meter: Many[Code] | None = None
    state: Many[StateOfPoint] | None = None
    q: SearchText | None = Field(None, description="Part of its name or of the code of its meter")
    order: Annotated[list[str], OrderedBy(*_COLUMNS)] = ORDER


_HELD_COLUMNS: Mapping[str, Column] = {
    "id": Column(int),
    "received_at": Column(datetime),
    "gateway": Column(),
    "point": Column(),
    "ts": Column(datetime),
}
HELD = Source(
    name="held_readings",
    select=SQL["held"],
    usual=("-id",),
    columns=_HELD_COLUMNS,
    grows=True,
    filters={
        "gateway": equal("gateway", names=nouns.GATEWAY),
        "point": equal("point"),
        "flag": Filter("coalesce(entry.flag, 'good') = ANY(:flag)"),
        "why": equal("why"),
        "outcome": Filter("coalesce(entry.outcome, 'open') = ANY(:outcome)"),
    },
)
HeldWhy = Literal["unknown_point", "flag", "no_unit"]
FlagName = Literal[
    "good",
    "received",
    "historical",
    "manual",
    "stopped",
    "maintenance",
    "fault",
    "calibration",
    "over_range",
    "communication",
    "bad",
]


class HeldQuery(ListQuery):
    """Which held values, newest first."""

    gateway: Many[Code] | None = None
    point: Many[PointName] | None = None
    flag: Many[FlagName] | None = None
    why: Many[HeldWhy] | None = None
    outcome: Many[Literal["open", "taken", "conflict", "refused"]] | None = Field(
        None, description="What became of it; open: it is held"
    )
    order: Annotated[list[str], OrderedBy(*_HELD_COLUMNS)] = ORDER


_COUNT_COLUMNS: Mapping[str, Column] = {
    "day": Column(date),
    "gateway": Column(),
    "reason": Column(),
    "readings": Column(int),
}
COUNTS = Source(
    name="foreign_counts",
    select=SQL["counts"],
    usual=("key",),
    columns={**_COUNT_COLUMNS, "key": Column()},
    filters={"gateway": equal("gateway", names=nouns.GATEWAY), "reason": equal("reason")},
)


class CountQuery(ListQuery):
    """Of which gateways, newest day first."""

    gateway: Many[Code] | None = None
    reason: Many[Code] | None = None
    order: Annotated[list[str], OrderedBy(*_COUNT_COLUMNS)] = ORDER


def require_gateway(connection: Connection, code: str) -> None:
    """Raises Refused where no gateway is registered as that."""
    if SQL.run(connection, "gateway", code=code).first() is None:
        raise nouns.GATEWAY.refuse_unknown(code)


def faults_of_points(connection: Connection, gateway: str, entries: Sequence[PointEntry]) -> list[Fault]:
    """What is wrong with these points: names once each, meters of this gateway, units of what these measure."""
    codes = [entry.meter for entry in entries if entry.meter is not None]
    meters = {row.code: row for row in SQL.run(connection, "meters", gateway=gateway, codes=codes)}
    faults: list[Fault] = []
    lines: dict[tuple[str, bool], int] = {}
    for place, entry in enumerate(entries):
        first = lines.setdefault((entry.name, entry.pattern), place)
        if first != place:
            faults.append(Fault(f"points.{place}.name", "point_twice", {"value": entry.name, "first": first}))
        if entry.meter is None:
            continue
        meter = meters.get(entry.meter)
        if meter is None:
            faults.append(nouns.METER.fault(f"points.{place}.meter", "unknown", entry.meter))
        elif not meter.is_theirs:
            faults.append(Fault(f"points.{place}.meter", "not_of_gateway", {"value": entry.meter, "gateway": gateway}))
        else:
            faults += _faults_of_worth(entry, meter, f"points.{place}")
    return faults


def _faults_of_worth(entry: PointEntry, meter: Any, at: str) -> Iterator[Fault]:
    """What is wrong with unit and factor of a point that is this meter. A register turned round would only fall."""
    if meter.kind == Kind.COUNTER and entry.factor < 0:
        yield Fault(f"{at}.factor", "factor_of_counter", {"value": entry.factor})
    if entry.unit_of_measure is not None:
        try:
            conversion(entry.unit_of_measure, meter.unit_of_measure)
        except UnitError as error:
            yield Fault(f"{at}.unit_of_measure", "bad_unit_of_measure", {"problem": error.problem})


def set_points(change: RegistryChange, gateway: str, entries: Sequence[PointEntry]) -> None:
    """Write points that were checked before in the same transaction; they are not unknown any more."""
    rows = [
        {
            "name": entry.name,
            "is_pattern": entry.pattern,
            "meter": entry.meter,
            "unit_of_measure": entry.unit_of_measure,
            "factor": str(Decimal(repr(entry.factor))),
        }
        for entry in entries
    ]
    SQL.run(change.connection, "set", gateway=gateway, rows=json.dumps(rows, ensure_ascii=False))
    known = {entry.name for entry in entries if not entry.pattern}
    patterns = [entry.name for entry in entries if entry.pattern]
    if patterns:
        is_unwanted = matching(patterns)
        names = SQL.run(change.connection, "unknown_names", gateway=gateway).scalars()
        known.update(name for name in names if is_unwanted(name))
    SQL.run(change.connection, "forget_unknown", gateway=gateway, names=sorted(known))


assert set(FlagName.__args__) == {flag or "good" for flag in Flag}  # type: ignore[attr-defined]

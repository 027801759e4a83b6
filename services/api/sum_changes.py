"""The sums of months before and after a change of a meter, as they are answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psycopg import Connection
from pydantic import BaseModel, Field

from services.api.database import seeing_everything
from services.api.errors import OUTSIDE_REACH, Refused
from services.api.registry.fields import MeterFlow
from services.api.registry.statements import registry_statements
from services.core.meter import PICO
from services.energy.preview import ReadingsFrom, SumChange, preview, readings_from
from services.energy.rollup.adapt import adapted
from services.energy.rollup.meters import RolledMeter, load_meters

_SQL = registry_statements("meter_term.sql")


class SumPreview(BaseModel):
    """The quantity of a unit in a month, before and after."""

    month: str = Field(description="Of Asia/Shanghai, such as 2026-10")
    enterprise: str
    unit: str = Field(description="The unit of the enterprise to which it is booked")
    flow: MeterFlow
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class MeterAsItIs:
    """A meter in both its directions, and its readings from a moment on."""

    directions: Mapping[int, RolledMeter]
    """By its number, the other direction by the negative of it: one that measures one says nothing."""
    readings: ReadingsFrom

    @classmethod
    def read(cls, connection: Connection, meter_id: int, *, changed_us: int) -> "MeterAsItIs":
        """As it stands in the transaction."""
        return cls(loaded(connection, meter_id), readings_from(connection, meter_id, changed_us=changed_us))


def loaded(connection: Connection, meter_id: int) -> dict[int, RolledMeter]:
    """The directions of a meter as they stand in the transaction."""
    with seeing_everything(connection), adapted(connection):
        return load_meters(connection, [meter_id, -meter_id])


def compared(before: MeterAsItIs, after: MeterAsItIs, *, changed_us: int) -> list[SumChange]:
    """The changes of each direction of a meter."""
    return [
        change
        for number, meter in before.directions.items()
        if number in after.directions
        for change in preview(
            meter, after.directions[number], before.readings, readings_after=after.readings, changed_us=changed_us
        )
    ]


def answered(connection: Connection, changes: Sequence[SumChange]) -> list[SumPreview]:
    """The same with the codes of units and enterprises. Raises Refused where one of them is not seen."""
    names = {
        row["unit_id"]: row
        for row in _SQL.run(connection, "owners", unit_ids=sorted({change.unit_id for change in changes})).mappings()
    }
    if any(change.unit_id not in names for change in changes):
        raise Refused(OUTSIDE_REACH, "sums of a time when the meter belonged to others would change")
    return [
        SumPreview(
            month=change.month.strftime("%Y-%m"),
            enterprise=names[change.unit_id]["credit_code"],
            unit=names[change.unit_id]["unit_code"],
            flow=change.flow,
            before=change.before_pico / PICO,
            after=change.after_pico / PICO,
        )
        for change in changes
    ]

"""What a change of terms would do to the sums, as it is answered."""

from collections.abc import Callable
from datetime import datetime

from psycopg import Connection
from pydantic import BaseModel, ConfigDict, Field

from services.api.database import Database
from services.api.errors import INVALID_BODY, refused_fields
from services.api.reasons import Fault
from services.api.registry.change import RegistryChange
from services.api.registry.meter_amending import Meters, amend_within
from services.api.registry.meter_entry import MeterPatch
from services.api.registry.term_change import TermsChanged, terms_of
from services.api.sum_changes import MeterAsItIs, SumPreview, answered, compared, loaded
from services.core.calendar import OPEN_START_US, SHANGHAI, from_us, to_us
from services.energy.preview import MOST_READINGS, ReadingsFrom, SumChange, readings_from
from services.energy.rollup.meters import RolledMeter


class ChangeQuery(BaseModel):
    """How a meter is changed. A mistyped `dry_run` must not write, so parameters it does not know are refused."""

    model_config = ConfigDict(extra="forbid")

    dry_run: bool = Field(False, description="Only say what would change")


class TermsPreview(BaseModel):
    """What would change, and was not."""

    dry_run: bool = True
    meter: str
    carrier_unit: str = Field(description="Unit of `before` and `after`")
    changes_sums_from: datetime | None = Field(
        description="Energy is booked again from here on; null with `rebooked` true: from the beginning"
    )
    rebooked: bool = Field(description="Whether its readings mean anything else than before")
    readings: int = Field(
        description=f"Readings that were looked at, from a week before that month on; at most {MOST_READINGS}"
    )
    complete: bool = Field(description="Whether these were all; if not, `changes` end at `until`")
    until: datetime | None = Field(description="Time of the last reading that was looked at")
    changes: list[SumPreview] = Field(description="Months whose quantity differs, by the unit to which it is booked")


class Watch:
    """Looks at a meter before a change, and says what is different after it."""

    def __init__(self) -> None:
        self._before: dict[int, RolledMeter] = {}

    def before(self, connection: Connection, meter_id: int) -> None:
        """Note what holds."""
        self._before = loaded(connection, meter_id)

    def preview(self, done: TermsChanged) -> TermsPreview:
        """What is different after the change."""
        meter = done.after
        changed_us = to_us(done.since) if isinstance(done.since, datetime) else OPEN_START_US
        readings, changes = ReadingsFrom([], [], complete=True), list[SumChange]()
        if done.since:
            readings = readings_from(done.connection, meter.meter_id, changed_us=changed_us)
            after = MeterAsItIs(loaded(done.connection, meter.meter_id), readings)
            changes = compared(MeterAsItIs(self._before, readings), after, changed_us=changed_us)
        return TermsPreview(
            meter=meter.code,
            carrier_unit=meter.carrier_unit,
            changes_sums_from=done.since.astimezone(SHANGHAI) if isinstance(done.since, datetime) else None,
            rebooked=bool(done.since),
            readings=len(readings.times_us),
            complete=readings.complete,
            until=from_us(readings.times_us[-1]).astimezone(SHANGHAI) if readings.times_us else None,
            changes=answered(done.connection, changes),
        )


def previewed(
    connection: Connection, meter_id: int, change: Callable[[], datetime]
) -> tuple[ReadingsFrom, list[SumPreview]]:
    """What a change to a meter does to the sums; it is done here, and gives the moment from which on it counts."""
    before = loaded(connection, meter_id)
    changed_us = to_us(change())
    readings = readings_from(connection, meter_id, changed_us=changed_us)
    after = MeterAsItIs(loaded(connection, meter_id), readings)
    changes = compared(MeterAsItIs(before, readings), after, changed_us=changed_us)
    return readings, answered(connection, changes)


def preview_of_patch(
    database: Database, meters: Meters, code: str, patch: MeterPatch, *, now: datetime
) -> TermsPreview:
    """What a change of a meter would do. Raises Refused as the change would; and for another carrier.

    Quantities of two carriers have two units, which cannot be held beside each other.
    """
    if patch.carrier is not None:
        raise refused_fields(INVALID_BODY, [Fault("carrier", "not_with", {"other": "dry_run"})])
    watch = Watch()
    with database.write() as connection, connection.transaction(force_rollback=True):
        before = terms_of(connection, code)
        watch.before(connection, before.meter_id)
        since = amend_within(RegistryChange(connection), meters, code, patch, now=now)
        return watch.preview(TermsChanged(connection, before, terms_of(connection, code), since))

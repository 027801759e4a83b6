"""What people look for over many meters: readings by their mark, and what was corrected, accepted and settled."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field

from services.api.asking import MomentOrDay, require_order
from services.api.intake.corrections import CORRECTION_COLUMNS, TIMES, CorrectionKind, corrections_source
from services.api.list_query import ORDER, ListQuery, Many, OrderedBy
from services.api.listing import Column, Filter, Source, equal
from services.api.registry.fields import AreaCode, Code, CreditCode, SettledAs
from services.api.registry.filters import AREA, ENTERPRISE, METER, PARK, UNIT
from services.core.db.statements import Statements
from services.core.meter import Mark

SQL = Statements.beside(__file__, "over_meters.sql")

USUAL_DAYS = 31
MarkName = Literal[
    "dip",
    "glitch",
    "suspect",
    "reset",
    "rollover",
    "replacement",
    "pending",
    "overlap",
    "swap",
    "larger_unit",
    "smaller_unit",
]

_PLACES: Mapping[str, Filter] = {
    "area": AREA,
    "park": PARK,
    "enterprise": ENTERPRISE,
    "unit": UNIT,
    "meter": METER,
}
_RECORDED = "Recorded at or after this moment or day"


class OverMetersQuery(ListQuery):
    """Of which meters: filters by place go by the membership of today, that of a unit by whose the meter is now."""

    area: Many[AreaCode] | None = Field(None, description="Area of any level; what lies below it is included")
    park: Many[Code] | None = None
    enterprise: Many[CreditCode] | None = None
    unit: Many[Code] | None = None
    meter: Many[Code] | None = None
    start: MomentOrDay | None = Field(None, description="Of readings from this moment on, RFC 3339 or a day")
    end: MomentOrDay | None = Field(None, description="Of readings before this moment")


class MarkedQuery(OverMetersQuery):
    """Which readings that are not plainly good, the newest first."""

    quality: Many[MarkName] | None = Field(None, description="Only with one of these marks; left out: with any")
    start: MomentOrDay | None = Field(None, description=f"First moment or day; {USUAL_DAYS} days back if left out")
    order: Annotated[list[str], OrderedBy("ts", "meter")] = ORDER

    def range(self, *, now: datetime) -> tuple[datetime, datetime | str]:
        """The first moment, and the first one after. Raises Refused where nothing lies between."""
        start = self.start or (self.end or now) - timedelta(days=USUAL_DAYS)
        require_order(start, self.end)
        return start, self.end or "infinity"

    @property
    def marks(self) -> list[int] | None:
        """As they are stored."""
        return None if self.quality is None else [Mark[name.upper()].value for name in self.quality]


MARKED = Source(
    name="marked_readings",
    select=SQL["marked_readings"],
    usual=("-ts", "-meter"),
    columns={"ts": Column(datetime), "meter": Column()},
    filters={**_PLACES, "quality": Filter("entry.mark = ANY(CAST(:marks AS smallint[]))")},
    names=SQL["of_marked_reading"],
    grows=True,
)


class AllCorrectionsQuery(OverMetersQuery):
    """Which corrections, the newest first."""

    kind: Many[CorrectionKind] | None = None
    author: str | None = Field(None, max_length=64, description="Account")
    recorded_since: MomentOrDay | None = Field(None, description=_RECORDED)
    order: Annotated[list[str], OrderedBy(*CORRECTION_COLUMNS, "meter")] = ORDER


def _since(column: str) -> Filter:
    return Filter(f"entry.{column} >= CAST(:recorded_since AS timestamptz)")


def _author(column: str) -> Filter:
    return Filter(f"entry.{column} = :author")


CORRECTIONS = corrections_source(
    "corrections",
    filters={
        **_PLACES,
        **TIMES,
        "kind": equal("kind"),
        "author": _author("author"),
        "recorded_since": _since("recorded_at"),
    },
    more={"meter": Column()},
)


class AcceptancesQuery(OverMetersQuery):
    """Which acceptances, the newest first."""

    author: str | None = Field(None, max_length=64, description="Account that accepted")
    recorded_since: MomentOrDay | None = Field(None, description=_RECORDED)
    order: Annotated[list[str], OrderedBy("accepted_at", "meter", "ts", "accepted_by")] = ORDER


ACCEPTANCES = Source(
    name="acceptances",
    select=SQL["acceptances"],
    usual=("-accepted_at", "meter", "ts"),
    columns={"accepted_at": Column(datetime), "meter": Column(), "ts": Column(datetime), "accepted_by": Column()},
    filters={**_PLACES, **TIMES, "author": _author("accepted_by"), "recorded_since": _since("accepted_at")},
)


class SettlementsQuery(OverMetersQuery):
    """Which settlements, the newest first."""

    action: Many[SettledAs] | None = None
    author: str | None = Field(None, max_length=64, description="Account")
    recorded_since: MomentOrDay | None = Field(None, description=_RECORDED)
    withdrawn: bool = Field(False, description="Also those that do not count any more")
    order: Annotated[list[str], OrderedBy("id", "from_ts", "meter", "author", "recorded_at")] = ORDER


SETTLEMENTS = Source(
    name="settlements",
    select=SQL["settlements"],
    usual=("-id",),
    columns={
        "id": Column(int),
        "from_ts": Column(datetime),
        "meter": Column(),
        "author": Column(),
        "recorded_at": Column(datetime),
    },
    filters={
        **_PLACES,
        "start": Filter("entry.to_ts > CAST(:start AS timestamptz)"),
        "end": Filter("entry.from_ts < CAST(:end AS timestamptz)"),
        "action": equal("action"),
        "author": _author("author"),
        "recorded_since": _since("recorded_at"),
        "withdrawn": Filter("(entry.withdrawn_at IS NULL OR :withdrawn)"),
    },
)


def whose(row: Mapping[str, Any]) -> dict[str, str]:
    """The meter of a row, and whose it is."""
    return {"meter": row["meter"], "unit": row["unit_code"], "enterprise": row["enterprise"]}

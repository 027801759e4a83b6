"""A rule tried on past data: what it would have raised."""

import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Annotated, Any

from psycopg import Connection
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.config import JsonDict

from services.alerts.observe.dry_run import DryRunError, WithoutPastError, WouldFire, would_have_fired
from services.alerts.state.observation import Observation
from services.api.access.reach import AREA_TREE
from services.api.access.role import REGION
from services.api.alerts import nouns
from services.api.alerts.fields import SeverityName, Slug, TimeInUtc
from services.api.alerts.rules import Body, newest_body, rule_in
from services.api.asking import MomentOrDay
from services.api.database import Database
from services.api.errors import INVALID_BODY, Refused, refused_fields
from services.api.names import CalledByKind, NamedKind, NamesOut, names_of_codes
from services.api.reasons import Fault
from services.api.registry.fields import Entry, refusal
from services.core.calendar import Grain, floor
from services.judging.data.tables import Tables

MOST_SHOWN = 1000
EXAMPLE: JsonDict = {"slug": "pue_existing", "start": "2026-02-01", "end": "2026-03-01"}

_at_once = threading.BoundedSemaphore(1)


def _text(given: object) -> object:
    if given is not None and not isinstance(given, str):
        raise refusal("bad_moment_or_day")
    return given


PastMoment = Annotated[MomentOrDay, BeforeValidator(_text, json_schema_input_type=str)]


class DryRunAsked(Entry):
    """A rule, by what it says or by its slug, and the time over which to try it."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    body: Body | None = Field(None, description="What the rule says: docs/alerts.md")
    slug: Slug | None = Field(None, description="... or a rule that is there, in its newest version")
    start: PastMoment | None = Field(
        None, description="Moment or day; the begin of the last complete month if left out"
    )
    end: PastMoment | None = Field(
        None, description="Moment or day, at most now; the end of the last complete month if left out"
    )


class WouldBeAlert(BaseModel):
    """An alert that would have been raised."""

    subject: str
    subject_name_zh: str
    subject_name_en: str
    area: str | None
    park: str | None
    enterprise: str | None
    fired_at: TimeInUtc
    resolved_at: TimeInUtc | None = Field(description="null: it would still fire at the end")
    reopened: int
    value: float | None = Field(description="When it fired, as are the fields below")
    unit: str
    limit: float | None
    coverage: float | None
    period_start: TimeInUtc | None
    period_end: TimeInUtc | None


class AffectedSubject(BaseModel):
    """A subject about which there would have been alerts."""

    subject: str
    subject_name_zh: str
    subject_name_en: str
    area: str | None
    park: str | None
    enterprise: str | None
    alerts: int
    first_fired_at: TimeInUtc
    value: float | None = Field(description="As the last of them fired")
    limit: float | None
    unit: str


class AffectedArea(BaseModel):
    """A league, or the region itself, and how many subjects in it would have had alerts."""

    area: str
    subjects: int
    alerts: int


class DryRun(BaseModel):
    """What a rule would have raised, by the registry and the readings of today."""

    slug: str
    severity: SeverityName
    start: TimeInUtc
    end: TimeInUtc = Field(description="At most now")
    alerts: int = Field(description="How many it would have raised")
    subjects: int = Field(description="... about how many subjects")
    areas: list[AffectedArea] = Field(description="Where these lie: by league, and the region for what is its own")
    affected: list[AffectedSubject] = Field(description="The first 1000 of them, by code")
    data: list[WouldBeAlert] = Field(description="The first 1000, in the order in which they would have fired")
    names: NamesOut


def dry_run(database: Database, tables: Tables, asked: DryRunAsked, *, now: datetime) -> dict[str, Any]:
    """What the rule would have raised, as DryRun describes it. Raises Refused where it cannot be tried."""
    if (asked.body is None) == (asked.slug is None):
        raise refused_fields(INVALID_BODY, [Fault("body", "body_or_slug")])
    start, end = _span(asked, now)
    with _one_at_once(), database.read() as connection:
        rule = rule_in(newest_body(connection, asked.slug) if asked.slug else asked.body or {}, tables)
        try:
            found = would_have_fired(connection, tables, rule, start, end)
        except WithoutPastError as error:
            raise Refused(nouns.RULE_WITHOUT_PAST, str(error)) from None
        except DryRunError as error:
            raise Refused(nouns.CANNOT_DRY_RUN, str(error)) from None
        by_subject = _by_subject(found)
        affected = [_affected(each) for each in by_subject[:MOST_SHOWN]]
        areas = _by_area(by_subject)
        names = _names(connection, affected, areas)
    return {
        "slug": rule.slug,
        "severity": rule.severity,
        "start": start,
        "end": end,
        "alerts": len(found),
        "subjects": len(by_subject),
        "areas": areas,
        "affected": affected,
        "data": [_shown(each) for each in found[:MOST_SHOWN]],
        "names": names,
    }


def _by_subject(found: Iterable[WouldFire]) -> list[list[WouldFire]]:
    """The alerts of each subject in the order in which they would have fired, by kind and code."""
    subjects: defaultdict[tuple[str, str], list[WouldFire]] = defaultdict(list)
    for each in found:
        subjects[each.observation.subject_kind, each.observation.subject_code].append(each)
    return [subjects[whom] for whom in sorted(subjects)]


def _affected(fired: Sequence[WouldFire]) -> dict[str, Any]:
    last = fired[-1].observation
    return _whom(last) | {
        "alerts": len(fired),
        "first_fired_at": fired[0].fired_at,
        "value": last.value,
        "limit": last.limit,
        "unit": last.unit,
    }


def _by_area(subjects: Iterable[Sequence[WouldFire]]) -> list[dict[str, Any]]:
    of_areas: defaultdict[str, list[int]] = defaultdict(list)
    for fired in subjects:
        code = fired[0].observation.area_code
        of_areas[AREA_TREE.at(code, "league") or REGION].append(len(fired))
    return [{"area": code, "subjects": len(alerts), "alerts": sum(alerts)} for code, alerts in sorted(of_areas.items())]


def _names(
    connection: Connection, affected: Sequence[Mapping[str, Any]], areas: Sequence[Mapping[str, Any]]
) -> CalledByKind:
    codes = {
        NamedKind.AREA: [each["area"] for each in (*affected, *areas)],
        NamedKind.PARK: [each["park"] for each in affected],
        NamedKind.ENTERPRISE: [each["enterprise"] for each in affected],
    }
    return names_of_codes(connection, codes)


def _span(asked: DryRunAsked, now: datetime) -> tuple[datetime, datetime]:
    """The time asked for, at most until now; else the last complete month. Raises Refused where that leaves none."""
    this_month = floor(now, Grain.MONTH)
    start = asked.start or floor(this_month - timedelta(days=1), Grain.MONTH)
    end = asked.end or this_month
    if start >= now:
        raise _no_time(f"start {start.isoformat()} does not lie before now; a rule is tried over the past")
    if asked.end is None and start >= end:
        raise _no_time(f"left out, end is that of the last complete month, {end.isoformat()}; give one after start")
    if asked.start is None and start >= end:
        raise _no_time(f"left out, start is that of the last complete month, {start.isoformat()}; give one before end")
    return start, min(end, now)


def _no_time(detail: str) -> Refused:
    return Refused(nouns.CANNOT_DRY_RUN, detail)


@contextmanager
def _one_at_once() -> Iterator[None]:
    """Trials take long: a second one is refused instead of taking the database from everyone else."""
    if not _at_once.acquire(blocking=False):
        raise Refused(nouns.DRY_RUN_BUSY, "another rule is being tried; try again in a few seconds")
    try:
        yield
    finally:
        _at_once.release()


def _shown(would: WouldFire) -> dict[str, Any]:
    seen = would.observation
    return _whom(seen) | {
        "fired_at": would.fired_at,
        "resolved_at": would.resolved_at,
        "reopened": would.reopened,
        "value": seen.value,
        "unit": seen.unit,
        "limit": seen.limit,
        "coverage": seen.coverage,
        "period_start": seen.start,
        "period_end": seen.end,
    }


def _whom(seen: Observation) -> dict[str, Any]:
    return {
        "subject": f"{seen.subject_kind}:{seen.subject_code}",
        "subject_name_zh": seen.name_zh,
        "subject_name_en": seen.name_en,
        "area": seen.area_code,
        "park": seen.park_code,
        "enterprise": seen.enterprise_code,
    }

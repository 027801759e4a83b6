"""Rules that speak of the checks of data quality: the value is that of what was found last, or 0."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from services.alerts.observe.evidence import SQL
from services.alerts.observe.view import View, of_area, of_row, with_number
from services.alerts.rules.compatibility import CHECK_PREFIX
from services.alerts.rules.rule import Rule
from services.alerts.state.observation import Observation, SubjectKind
from services.core.calendar import SHANGHAI, Grain, floor, start_of_day
from services.quality.checks.kinds import CHECKS

REMEMBERED = timedelta(days=60)
"""A subject of which so long nothing was found is not spoken of."""
LOOKED_AT = timedelta(days=7)
"""The last complete day is that which was checked last, if that is not longer ago."""
SPOKEN_OF = timedelta(hours=30)
"""What is found now is spoken of until so long after its end: hours of yesterday are still judged, once an hour."""

MOST_SHOWN = 20


def found_by_check(view: View, rule: Rule) -> list[Observation]:
    """What the check of the rule found of each subject on the last complete day or month, or finds now; else 0.

    Spoken of are those of whom something was found within sixty days and that are still checked.
    """
    slug = rule.indicator.removeprefix(CHECK_PREFIX)
    kind = CHECKS[slug]
    unit = next(row.unit for row in view.tables.checks if row.code == slug)
    today = view.now.astimezone(SHANGHAI).date()
    days = {"from_day": today - REMEMBERED, "to_day": today + timedelta(days=1)}
    rows = view.once(f"findings {slug} {today}", lambda: _rows(view, slug, today, days))
    found = []
    for code, mine in rows.items():
        seen = _subject(view, rule, kind.subject, mine[0])
        if seen is None:
            continue
        judged = _judged_day(view, kind.subject, kind.period, code, today)
        if kind.period == "now":
            hits = [row for row in mine if row.ends_at > view.now - SPOKEN_OF and row.starts_at <= view.now]
        elif judged is None:
            continue
        else:
            hits = [row for row in mine if row.day == judged]
        found.append(_observation(replace(seen, unit=unit), rule, hits, judged))
    return found


def _rows(view: View, slug: str, today: date, days: dict[str, date]) -> Mapping[str, list[Any]]:
    """What was found by the code of the subject, the greatest first."""
    if CHECKS[slug].subject == "area":
        rows = SQL.run(view.connection, "findings_of_areas", check_slug=slug, **days)
    else:
        rows = SQL.run(view.connection, "findings", check_slug=slug, today=today, **days)
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.code].append(row)
    return found


def _judged_day(view: View, subject: str, period: str, code: str, today: date) -> date | None:
    """The day whose findings count; None where the subject was not looked at of late."""
    if period == "now":
        return None
    if period == "month":
        return (floor(view.now, Grain.MONTH) - timedelta(days=1)).date()
    span = {"from_day": today - LOOKED_AT, "to_day": today}
    if subject == "meter":
        days: Mapping[str, date] = view.once(
            f"checked meters {today}",
            lambda: {row.code: row.day for row in SQL.run(view.connection, "day_of_meters", **span)},
        )
        return days.get(code)
    day: date | None = view.once(
        f"checked region {today}", lambda: SQL.run(view.connection, "day_of_region", **span).scalar()
    )
    return day


def _subject(view: View, rule: Rule, kind: SubjectKind, row: Any) -> Observation | None:
    """The subject, still without a verdict; None where the rule does not speak of it."""
    if kind == "area":
        return of_area(view, row.code) if view.speaks_of_area(row.code, rule) else None
    return of_row(row, kind) if view.of_trade_there(row, rule.scope) else None


def _observation(seen: Observation, rule: Rule, hits: list[Any], judged: date | None) -> Observation:
    value = Fraction(repr(hits[0].value)) if hits else Fraction(0)
    evidence = {
        "day": None if judged is None else judged.isoformat(),
        "findings": [
            {
                "start": row.starts_at.isoformat(),
                "end": row.ends_at.isoformat(),
                "value": row.value,
                "limit": row.limit_value,
                "detail": row.detail,
            }
            for row in hits[:MOST_SHOWN]
        ],
    }
    told = with_number(seen, rule, value, evidence)
    if hits:
        start, end = hits[0].starts_at, hits[0].ends_at
        return replace(told, start=start.astimezone(SHANGHAI), end=end.astimezone(SHANGHAI))
    if judged is None:
        return told
    return replace(told, start=start_of_day(judged), end=start_of_day(judged) + timedelta(days=1))

"""Since when a subject is in breach, by the periods themselves: what arrives late counts as the days that it is of."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from psycopg import Connection

from services.alerts.observe.observe import observations
from services.alerts.observe.view import span_of
from services.alerts.rules.rule import Rule
from services.alerts.state.observation import Observation
from services.core.verdict import Verdict
from services.judging.data.tables import Tables


def breaches_at(connection: Connection, tables: Tables, rule: Rule, end: datetime) -> frozenset[tuple[str, str]] | None:
    """Kind and code of the subjects in breach over the period that ended at `end`, by what is stored now.

    None: the rule is not of an indicator over complete periods, or none of them ended then: it was a piece of one.
    """
    if not rule.is_of_indicator or rule.running or span_of(rule.period, running=False, now=end).end != end:
        return None
    seen = observations(connection, tables, rule, now=end)
    return frozenset((each.subject_kind, each.subject_code) for each in seen if each.verdict is Verdict.BREACH)


def with_beginnings(
    connection: Connection,
    tables: Tables,
    rule: Rule,
    seen: Sequence[Observation],
    wanted: Collection[str],
    *,
    now: datetime,
) -> list[Observation]:
    """The same observations, of the subjects `wanted` that are in breach with since when they are.

    Of a rule that holds for whole periods (`Rule.holds_for_periods`). The complete periods before are judged by what is
    stored now, as far back as the hold time asks; a breach began as the first of them that follow one another ended.
    """
    span = span_of(rule.period, running=False, now=now)
    goes_on = {each.subject_code for each in seen if each.verdict is Verdict.BREACH} & set(wanted)
    began = dict.fromkeys(goes_on, span.end)
    while goes_on and span.end > now - timedelta(seconds=rule.hold_s):
        before = observations(connection, tables, rule, now=span.start)
        span = span_of(rule.period, running=False, now=span.start)
        goes_on &= {each.subject_code for each in before if each.verdict is Verdict.BREACH}
        began |= dict.fromkeys(goes_on, span.end)
    return [replace(each, breach_since=began.get(each.subject_code)) for each in seen]

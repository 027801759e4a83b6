"""What an observation stands on, as JSON can hold it: to be frozen with the alert."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from psycopg import Connection

from services.alerts.rules.comparison import Requirement
from services.alerts.state.observation import Observation
from services.core.data.used import used_row
from services.core.db.statements import Statements
from services.judging.data.coefficients_used import coefficients_used
from services.judging.data.tables import Tables
from services.judging.indicators.forming import Evaluated
from services.judging.indicators.judging import used_target
from services.judging.indicators.terms import Term

SQL = Statements.beside(__file__, "sources.sql")


def of_ratio(
    tables: Tables, found: Evaluated, requirements: Sequence[Requirement], *, numerator_unit: str, denominator_unit: str
) -> dict[str, Any]:
    """Sums with their seconds, limits, coefficient rows and reported numbers behind a ratio."""
    ratio = found.ratio
    return {
        "numerator": sum_out(ratio.numerator, numerator_unit),
        "denominator": sum_out(ratio.denominator, denominator_unit),
        "coverage": ratio.coverage,
        "process": found.process,
        "subjects": ratio.subjects,
        "judged": ratio.judged,
        "left_out": list(ratio.left_out),
        "limits": [
            {
                "what": required.what,
                "op": required.op,
                "value": float(required.limit),
                "met": required.met,
                "row": required.row or None,
            }
            for required in requirements
        ],
        "rows": rows_out(tables, [ratio.numerator, ratio.denominator], (required.row for required in requirements)),
        "statistics": statistics_out([ratio.numerator, ratio.denominator]),
    }


def sum_out(term: Term, unit: str) -> dict[str, Any]:
    """A sum with the measured and expected seconds of what it is made of."""
    measures = [
        {"carrier": carrier, "flow": str(flow), "measured_s": measured_s, "expected_s": expected_s}
        for (carrier, flow), (measured_s, expected_s) in sorted(term.cover.items())
    ]
    return {"value": None if term.value is None else float(term.value), "unit": unit, "measures": measures}


def rows_out(tables: Tables, terms: Iterable[Term], codes: Iterable[str] = ()) -> list[dict[str, Any]]:
    """The rows of the data files behind these sums, and those with these codes, as they stand at the moment."""
    rows: dict[str, dict[str, Any]] = {}
    for term in terms:
        rows |= coefficients_used(tables, term.used)
    for code in filter(None, codes):
        target = tables.plans.by_code.get(code)
        rows[code] = used_row(tables.row(code)) if target is None else used_target(target)
    return [rows[code] for code in sorted(rows)]


def statistics_out(terms: Iterable[Term]) -> list[dict[str, Any]]:
    """The reported numbers in these sums, with their periods and versions."""
    return [
        {
            "kind": reported.kind,
            "value": float(reported.value),
            "periods": [f"{period} v{version}" for period, version in reported.periods],
            "price_base": reported.price_base,
        }
        for term in terms
        for reported in term.reported
    ]


def with_readings(connection: Connection, observations: Sequence[Observation]) -> list[Observation]:
    """The same observations, and in the evidence of those of units and enterprises the range of their readings.

    For each meter with a reading in the period: the first and the last, as they were received. Looks up two readings a
    meter, so it is asked for what fires and not for all that is observed.
    """
    ranges: dict[tuple[str, str, datetime, datetime], list[dict[str, Any]]] = {}
    wanted: dict[tuple[str, datetime, datetime], list[str]] = {}
    for seen in observations:
        if seen.subject_kind in ("unit", "enterprise") and seen.start is not None and seen.end is not None:
            wanted.setdefault((seen.subject_kind, seen.start, seen.end), []).append(seen.subject_code)
    for (kind, start, end), codes in wanted.items():
        rows = SQL.run(connection, "reading_ranges", kind=kind, codes=codes, from_ts=start, to_ts=end)
        for row in rows:
            ranges.setdefault((kind, row.subject, start, end), []).append(
                {
                    "meter": row.code,
                    "first": {"ts": row.first_at.isoformat(), "value": row.first_value},
                    "last": {"ts": row.last_at.isoformat(), "value": row.last_value},
                }
            )
    return [
        replace(seen, evidence={**seen.evidence, "readings": ranges.get(_key(seen), [])}) if _key(seen) else seen
        for seen in observations
    ]


def _key(seen: Observation) -> Any:
    if seen.subject_kind not in ("unit", "enterprise") or seen.start is None or seen.end is None:
        return None
    return seen.subject_kind, seen.subject_code, seen.start, seen.end

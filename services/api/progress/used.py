"""The rows of the data files that the judgement of an area stands on."""

from typing import Any

from services.core.data.used import used_row
from services.judging.data.coefficients_used import coefficients_used
from services.judging.data.plan_targets import PlanTarget as TargetRow
from services.judging.data.tables import Tables
from services.judging.dual_control.progress import COVERAGE_LEAST, TOTAL_WARNING_MARGIN, Progress


def rows_of(progress: Progress, tables: Tables) -> list[dict[str, Any]]:
    """Targets, plan parameters, and the coefficients of what was measured."""
    parameters = [used_row(tables.parameter(code)) for code in (COVERAGE_LEAST, TOTAL_WARNING_MARGIN)]
    coefficients = coefficients_used(tables, progress.coefficients).values()
    return [*map(_target_row, progress.target_rows), *parameters, *coefficients]


def _target_row(row: TargetRow) -> dict[str, Any]:
    return {
        "code": row.code,
        "value": None if row.value is None else float(row.value),
        "unit": row.unit,
        "valid_from": row.valid_from.isoformat(),
        "source": row.source,
        "place": row.place,
        "verified": row.verified,
        "carried": False,
    }

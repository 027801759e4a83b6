"""What is measured of that for which plans print targets: the last complete month of an area, or year."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from fractions import Fraction

from psycopg import Connection
from pydantic import BaseModel, Field

from services.api.indicators.answer import ReasonOut, product_unit, reason_out
from services.core.calendar import Grain, floor
from services.core.frame import Frame, PeriodLength, frame
from services.core.units import UnitError
from services.core.verdict import Verdict
from services.judging.data.plan_targets import PlanTarget
from services.judging.data.tables import Tables
from services.judging.indicators.evaluate import Question, evaluate
from services.judging.indicators.forming import Evaluated
from services.judging.indicators.kinds import Indicator, IndicatorLevel
from services.judging.indicators.listing import BY_SLUG
from services.judging.indicators.scope import ScopeKind, scope_of
from services.judging.targets.target import meets
from services.judging.targets.target_unit import in_unit


class TargetActual(BaseModel):
    """What is measured, in the unit of the target."""

    start: datetime
    end: datetime
    value: float | None = Field(description="null where there is none: the reasons say why")
    unit: str
    coverage: float | None = Field(description="Measured share, 0 to 1")
    met: bool | None = Field(description="Whether it would meet the target; null: it cannot be told")
    reasons: list[ReasonOut]


def actuals_of(
    connection: Connection, tables: Tables, area: str, targets: Sequence[PlanTarget], *, now: datetime
) -> Mapping[str, TargetActual]:
    """By the code of a target of `area` what is measured of it; without those of which nothing is measured."""
    measured = [target for target in targets if target.area_code == area and _indicator_of(target) is not None]
    if not measured:
        return {}
    scope = scope_of(connection, ScopeKind.AREA, area)
    found: dict[str, Sequence[Evaluated]] = {}
    for slug in sorted({target.indicator for target in measured}):
        indicator = BY_SLUG[slug]
        found[slug] = evaluate(connection, tables, indicator, Question(scope, _period(indicator, now), None, now))
    actuals = {}
    for target in measured:
        evaluated = _of_process(found[target.indicator], target)
        if evaluated is not None and (actual := _actual(tables, target, evaluated)) is not None:
            actuals[target.code] = actual
    return actuals


def _indicator_of(target: PlanTarget) -> Indicator | None:
    """The indicator that is measured of a whole area as the target speaks of it."""
    indicator = BY_SLUG.get(target.indicator)
    if indicator is None or indicator.level is IndicatorLevel.PARK:
        return None
    return indicator if target.subject == indicator.judged_by.area_targets else None


def _period(indicator: Indicator, now: datetime) -> Frame:
    """The last complete month; the twelve to its end where targets are those of a whole year."""
    end = floor(now, Grain.MONTH)
    length = PeriodLength.ROLLING_YEAR if indicator.yearly else PeriodLength.TOTAL
    return frame(floor(end - timedelta(days=1), Grain.MONTH), end, length)


def _of_process(rows: Iterable[Evaluated], target: PlanTarget) -> Evaluated | None:
    fitting = [row for row in rows if not target.process or row.process in (None, target.process)]
    return fitting[0] if len(fitting) == 1 else None


def _actual(tables: Tables, target: PlanTarget, evaluated: Evaluated) -> TargetActual | None:
    indicator = BY_SLUG[target.indicator]
    ratio = evaluated.ratio
    unit = indicator.unit.format(product=product_unit(tables, evaluated.process))
    value: Fraction | None = None
    if ratio.value is not None:
        try:
            value = in_unit(ratio.value, unit, target.unit)
        except UnitError:
            return None
    return TargetActual(
        start=evaluated.start,
        end=evaluated.end,
        value=None if value is None else float(value),
        unit=target.unit,
        coverage=ratio.coverage,
        met=None if value is None or ratio.reasons else _meets(target, value),
        reasons=[ReasonOut(**reason_out(code, of)) for code, of in ratio.reasons],
    )


def _meets(target: PlanTarget, value: Fraction) -> bool | None:
    found = meets(
        target.op,
        actual=value,
        target=target.value,
        high=target.value_high,
        better=target.direction,
        state=target.state,
    )
    return None if found.verdict is Verdict.CANNOT_JUDGE else found.verdict is Verdict.OK

"""The renewable share of a park, held against the target for parks of its kind."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg import Connection

from services.api.indicators.ask import found_scope
from services.core.area_tree import AreaTree
from services.core.calendar import SHANGHAI
from services.core.frame import Frame
from services.core.verdict import Verdict
from services.judging.data.plan_targets import PlanTarget
from services.judging.data.tables import Tables
from services.judging.indicators.evaluate import Question, evaluate
from services.judging.indicators.forming import Evaluated
from services.judging.indicators.judged_by import PARK_TARGETS
from services.judging.indicators.listing import BY_SLUG
from services.judging.indicators.not_yet import not_yet
from services.judging.indicators.scope import JudgedPark, ScopeKind
from services.judging.targets.target import meets

INDICATOR = BY_SLUG["park_renewable_share"]
Reasons = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ParkShares:
    """The shares of a park, and the target they are held against; None: there is none."""

    tables: Tables
    park: JudgedPark
    target: PlanTarget | None
    whole: Evaluated
    buckets: tuple[Evaluated, ...]

    def verdict_on(self, share: Evaluated) -> tuple[Verdict, Reasons]:
        """The verdict and its reasons: first what is wrong with the share, then what there is to hold it against.

        At the end, where it is so, that there were meters for a part of the period only.
        """
        verdict, reasons = not_yet(self.tables, share, *self._verdict_on(share))
        return verdict, (*reasons, *share.reasons_of_part)

    def _verdict_on(self, share: Evaluated) -> tuple[Verdict, Reasons]:
        if share.ratio.reasons or share.ratio.value is None:
            return Verdict.CANNOT_JUDGE, share.ratio.reasons or (("no_value", INDICATOR.slug),)
        if self.target is None:
            return Verdict.CANNOT_JUDGE, (("no_limit", self.park.kind),)
        target = self.target
        finding = meets(
            target.op,
            actual=share.ratio.value,
            target=target.value,
            high=target.value_high,
            better=target.direction,
            state=target.state,
        )
        return finding.verdict, ((finding.reason, target.code),)


def shares_of(
    connection: Connection, tables: Tables, code: str, *, buckets: Frame, whole: Frame, now: datetime
) -> ParkShares:
    """The share of the park in each bucket and over the whole range. Raises Refused when it is not registered."""
    scope = found_scope(connection, ScopeKind.PARK, code)
    assert scope.park is not None
    (total,) = evaluate(connection, tables, INDICATOR, Question(scope, whole, None, now))
    found = evaluate(connection, tables, INDICATOR, Question(scope, buckets, None, now))
    year = (whole.end.astimezone(SHANGHAI) - timedelta(microseconds=1)).year
    return ParkShares(tables, scope.park, park_target(tables, scope.park, scope.tree, year), total, tuple(found))


def park_target(tables: Tables, park: JudgedPark, tree: AreaTree, year: int) -> PlanTarget | None:
    """The newest target for parks of this kind in an area that holds the park; a plan speaks of its own area alone."""
    found = [
        target
        for target in tables.plans.targets
        if target.indicator == INDICATOR.slug
        and target.kind == "target"
        and target.value is not None
        and target.subject == PARK_TARGETS.get(park.kind)
        and target.valid_from.year <= year
        and tree.above(park.area_code, target.area_code)
    ]
    return max(found, key=lambda target: target.valid_from, default=None)

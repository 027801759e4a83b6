"""What scores cost, estimated before anything is counted."""

from datetime import date, datetime

from psycopg import Connection

from services.api.energy.scope import SQL
from services.api.guard.cost import require_affordable, weight_of_form
from services.api.quality.ask import QualityBucket, QualityBy, ScopeConditions
from services.api.quality.scores import buckets_of
from services.core.calendar import SHANGHAI

_WEIGHT_OF_SCORES = 2
"""As many sums the six scores of a group and bucket cost, with what they are formed of."""


def require_affordable_scores(
    connection: Connection,
    place: ScopeConditions,
    days: tuple[date, date],
    bucket: QualityBucket,
    by: QualityBy,
    *,
    now: datetime,
) -> None:
    """Refuse scores of too many groups and buckets, or of too many days of meters.

    Raises Refused(TOO_MUCH), and NotYet.
    """
    start, end = days[0], min(days[1], now.astimezone(SHANGHAI).date())
    all_of = SQL.run(connection, "registered").one()
    meters = all_of.meters if place.meter_ids is None else len(place.meter_ids)
    units = all_of.units if place.unit_ids is None else len(place.unit_ids)
    groups = {
        QualityBy.METER: meters,
        QualityBy.UNIT: min(units, meters),
        QualityBy.ENTERPRISE: min(units, meters),
        QualityBy.AREA: len(set(place.groups)),
        QualityBy.NONE: 1,
    }[by]
    buckets = len(buckets_of(start, end, bucket)) if start < end else 1
    weight = _WEIGHT_OF_SCORES * weight_of_form()
    require_affordable(sums=groups * buckets * weight, read=meters * max(0, (end - start).days))

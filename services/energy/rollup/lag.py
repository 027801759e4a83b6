"""How far booking lags behind storing, and clocks are apart; the database is asked when it is collected."""

import logging
from collections.abc import Iterator

import psycopg
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from services.core.db.clock_offset import clock_offset_s
from services.core.db.connections import connect
from services.core.db.roles import DatabaseRole
from services.core.db.statements import Statements

log = logging.getLogger("rollup")

_sql = Statements.beside(__file__, "lag.sql")

MOST_GATEWAYS = 10
_MOST_ROWS = 20_000


class LagCollector(Collector):
    """What waits to be booked, of the gateways that wait longest."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url

    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing: the database is not asked before somebody collects."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The gauges, as they are now; none where the database does not answer."""
        try:
            with connect(self._database_url, role=DatabaseRole.ROLLUP, application_name="enermon-rollup-lag") as asking:
                offset_s = clock_offset_s(asking)
                rows = _sql.run(asking, "lag_of_gateways", most=_MOST_ROWS, gateways=MOST_GATEWAYS).all()
        except psycopg.Error as error:
            log.warning("cannot tell what waits to be booked", extra={"reason": str(error).strip()})
            return
        longest = GaugeMetricFamily(
            "enermon_rollup_waiting_seconds",
            f"How long the oldest slot of a gateway has waited to be booked; the {MOST_GATEWAYS} longest",
            labels=["gateway"],
        )
        slots = GaugeMetricFamily(
            "enermon_rollup_waiting_slots", "Slots of the same gateways that wait to be booked", labels=["gateway"]
        )
        for row in rows:
            longest.add_metric([row.code], row.seconds or 0.0)
            slots.add_metric([row.code], row.slots)
        yield longest
        yield slots
        yield GaugeMetricFamily(
            "enermon_clock_offset_seconds", "Clock of the database less that of this machine", value=offset_s
        )

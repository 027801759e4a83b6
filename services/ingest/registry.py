"""What intake knows of the registry, read again when it has changed."""

import logging
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import psycopg

from services.core.calendar import OPEN_START_US, to_us
from services.core.db.statements import Statements
from services.core.meter import Kind
from services.ingest.points import GatewayPoints, KnownPoint, MeterUnit
from services.ingest.profiles.access import ProfileError
from services.ingest.profiles.language import Profile, compiled
from services.ingest.validate import GatewayFrom, KnownMeter, KnownRegistry

log = logging.getLogger("intake")

_sql = Statements.beside(__file__, "store.sql")


class RegistryReader:
    """Meters and gateways as they stand; one query when nothing has changed."""

    def __init__(self) -> None:
        self._revision: int | None = None
        self._known = KnownRegistry({}, frozenset())
        self._compiled: dict[tuple[str, int], Profile] = {}
        """A version never changes."""

    def read(self, connection: psycopg.Connection) -> KnownRegistry:
        """The registry now. Raises psycopg.Error."""
        with connection.transaction():
            revision = _sql.run(connection, "revision").scalar_one()
            if revision != self._revision:
                meters: dict[str, KnownMeter] = {}
                for row in _sql.run(connection, "known_meters"):
                    meters[row.code] = _known(meters.get(row.code), row)
                gateways = _sql.run(connection, "known_gateways").all()
                keeps_days = {row.code: row.keeps_days for row in gateways}
                self._known = KnownRegistry(
                    meters,
                    frozenset(keeps_days),
                    {code: days for code, days in keeps_days.items() if days is not None},
                    _points(_sql.run(connection, "known_points")),
                    self._profiles(_sql.run(connection, "known_profiles")),
                    frozenset(row.code for row in gateways if row.corrections == "accept"),
                    frozenset(row.code for row in gateways if row.is_monitor),
                )
                self._revision = revision
        return self._known

    def _profiles(self, rows: Iterable[Any]) -> dict[str, Profile]:
        """By gateway. One that this version of Enermon does not understand is said, and its messages are kept."""
        found, compiled_before = {}, self._compiled
        self._compiled = {}
        for row in rows:
            version = (row.profile, row.version)
            try:
                profile = self._compiled.get(version) or compiled_before.get(version) or compiled(row.document)
            except ProfileError as error:
                about = {"gateway": row.gateway_code, "profile": row.profile, "version": row.version}
                log.error("a profile cannot be used", extra={**about, "reason": str(error)})
                continue
            found[row.gateway_code] = self._compiled[version] = profile
        return found


def _points(rows: Iterable[Any]) -> dict[str, GatewayPoints]:
    """By gateway, from its points with the terms of their meters."""
    mapped: dict[str, dict[str, KnownPoint]] = {}
    ignored: dict[str, set[str]] = {}
    patterns: dict[str, list[str]] = {}
    for row in rows:
        if row.is_pattern:
            patterns.setdefault(row.gateway_code, []).append(row.name)
        elif row.meter is None:
            ignored.setdefault(row.gateway_code, set()).add(row.name)
        else:
            from_us = OPEN_START_US if row.valid_from is None else to_us(row.valid_from)
            interval_us = row.interval_s * 1_000_000 if row.kind == Kind.INTERVAL else 0
            term = MeterUnit(from_us, row.meter_unit, interval_us, row.stamp)
            points = mapped.setdefault(row.gateway_code, {})
            earlier = points[row.name].terms if row.name in points else ()
            unit, factor = row.unit_of_measure or "", Fraction(row.factor)
            points[row.name] = KnownPoint(row.meter, (*earlier, term), unit, factor)
    return {
        gateway: GatewayPoints(
            mapped.get(gateway, {}), frozenset(ignored.get(gateway, ())), tuple(patterns.get(gateway, ()))
        )
        for gateway in mapped.keys() | ignored.keys() | patterns.keys()
    }


def _known(earlier: KnownMeter | None, term: Any) -> KnownMeter:
    """The meter by its next term, in order of time."""
    if earlier is None:
        return KnownMeter(term.meter_id, term.gateway_code, term.in_use_from_us)
    begins = [each for each in (earlier.in_use_from_us, term.in_use_from_us) if each is not None]
    known = earlier._replace(in_use_from_us=min(begins, default=None))
    if earlier.gateway == term.gateway_code:
        return known
    before = (*earlier.before, GatewayFrom(earlier.since_us, earlier.gateway))
    return known._replace(gateway=term.gateway_code, since_us=to_us(term.valid_from), before=before)

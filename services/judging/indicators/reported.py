"""Reads what was reported for owners, and picks what speaks for a period."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from psycopg import Connection

from services.core.data.statistic_kinds import Nature
from services.core.period import Period, covering, tiling
from services.judging.data.tables import Tables
from services.judging.indicators.scope import SQL
from services.judging.indicators.terms import ReportedValue


@dataclass(frozen=True, slots=True)
class _Statistic:
    value: Decimal
    version: int


_Series = dict[int, dict[Period, _Statistic]]
"""By price base, then by period."""


class Statistics:
    """What was reported, by owner and kind, in the newest versions."""

    def __init__(self, natures: Mapping[str, Nature]) -> None:
        self._natures = natures
        self._found: dict[str, dict[str, _Series]] = {}

    def add(self, owner: str, kind: str, period: Period, price_base: int, statistic: _Statistic) -> None:
        """Take up one row."""
        series = self._found.setdefault(owner, {}).setdefault(kind, defaultdict(dict))
        series[price_base][period] = statistic

    def of(self, owner: str, start: datetime, end: datetime) -> dict[str, ReportedValue]:
        """What speaks for [start, end), by kind; at the newest price base for which there is something."""
        found = {}
        for kind, series in self._found.get(owner, {}).items():
            for price_base in sorted(series, reverse=True):
                reported = self._pick(kind, series[price_base], start, end, price_base or None)
                if reported is not None:
                    found[kind] = reported
                    break
        return found

    def _pick(
        self, kind: str, by_period: Mapping[Period, _Statistic], start: datetime, end: datetime, price_base: int | None
    ) -> ReportedValue | None:
        """A flow: the sum of the periods that make up the range. A level: that of the range, else the last reported."""
        chosen: Sequence[Period] | None
        if self._natures[kind] is Nature.FLOW:
            chosen = tiling(by_period, start, end)
        else:
            level = covering(by_period, start, end)
            begun = [period for period in by_period if period.start < end]
            chosen = [level or max(begun, key=lambda p: (p.start, p.end))] if level or begun else None
        if not chosen:
            return None
        value = sum((by_period[period].value for period in chosen), Decimal(0))
        periods = tuple((str(period), by_period[period].version) for period in chosen)
        return ReportedValue(kind, value, periods, price_base)


def statistics(
    connection: Connection,
    owner_kind: str,
    codes: Sequence[str],
    kinds: Collection[str],
    tables: Tables,
) -> Statistics:
    """What was reported of these kinds for these owners (area, park, enterprise or unit)."""
    found = Statistics({kind.code: kind.nature for kind in tables.statistic_kinds})
    if not kinds or not codes:
        return found
    rows = SQL.run(connection, "reported", owner_kind=owner_kind, codes=list(codes), kinds=sorted(kinds))
    for row in rows:
        statistic = _Statistic(row.value, row.version)
        found.add(row.owner_code, row.kind, Period.parse(row.period), row.price_base, statistic)
    return found

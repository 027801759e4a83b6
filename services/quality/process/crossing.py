"""Checks of a day as a whole: what meters, products, reports and clocks say against each other."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import numpy as np
import psycopg

from services.core.calendar import DAY_US, Grain, floor, following, months_before, start_of_day, to_us
from services.core.db.bulk import RowType, copy_out, ordered, times_us
from services.core.db.statements import Statements
from services.core.meter import PICO, Flow
from services.energy.account import SIGN
from services.energy.factors import Basis
from services.energy.past import BEFORE_DAYS
from services.energy.rollup.adapt import TimeParameter
from services.quality.checks.balance import CHECK as BALANCE
from services.quality.checks.balance import BalanceDay, balance
from services.quality.checks.calibration import CHECK as CALIBRATION
from services.quality.checks.calibration import calibration_due
from services.quality.checks.clock import CHECK as CLOCK
from services.quality.checks.clock import clock_drift
from services.quality.checks.day import Detail, Finding
from services.quality.checks.held import CHECK as HELD
from services.quality.checks.held import held_readings
from services.quality.checks.product import CHECK as ENERGY_PRODUCT
from services.quality.checks.product import ProductDay, energy_product
from services.quality.checks.reported import CHECK as DAILY_MONTHLY
from services.quality.checks.reported import ReportedMonth, daily_monthly
from services.quality.process.days import Found
from services.quality.tables import QualityTables

SQL = Statements.beside(__file__, "crossing.sql")

DAILY = (BALANCE, ENERGY_PRODUCT, CLOCK, CALIBRATION)
REPORTED = "reported_"
MONTHS = 2
"""So many complete months are held against what was reported: reports come some weeks later."""
_ARRIVAL = RowType(gateway_id="int4", due_at="ts", received_at="ts")


class Crossing:
    """Makes the checks of a day as a whole, on one connection."""

    def __init__(self, connection: psycopg.Connection, tables: QualityTables, limits: Mapping[str, Any]) -> None:
        self._connection, self._tables, self._limits = connection, tables, limits

    def of_day(self, day: date) -> list[Found]:
        """What is found on a day that is over."""
        past = {"first_day": day - timedelta(days=BEFORE_DAYS), "last_day": day}
        return [
            *self._balances(day, past),
            *self._products(day, past),
            *self._clocks(day),
            *self._calibrations(day),
        ]

    def held(self, days: Sequence[date]) -> list[Found]:
        """The readings received on these days that are still held for their time."""
        rows = SQL.run(self._connection, "held_readings", first_day=days[0], last_day=days[-1])
        return [
            Found("gateway", row.gateway_code, row.day, finding)
            for row in rows
            for finding in held_readings(row.day, row.readings, row.oldest, self._limits[HELD])
        ]

    def of_months(self, today: date) -> dict[date, list[Found]]:
        """What is found of the last complete months, by their last day."""
        this_month = floor(start_of_day(today), Grain.MONTH)
        return dict(self._month(months_before(this_month, back).date()) for back in range(1, MONTHS + 1))

    def _balances(self, day: date, past: dict[str, date]) -> Iterable[Found]:
        series: dict[tuple[str, str], list[tuple[date, BalanceDay]]] = defaultdict(list)
        for row in SQL.run(self._connection, "balances", **past):
            each = BalanceDay(
                start_us=to_us(start_of_day(row.day)),
                carrier=row.carrier,
                boundary=row.boundary / PICO,
                boundary_coverage=_share(row.boundary_days, row.boundary_meters),
                sub=row.sub / PICO,
                sub_coverage=_share(row.sub_days, row.sub_meters),
            )
            series[row.credit_code, row.carrier].append((row.day, each))
        for (code, _), days in series.items():
            if days[-1][0] == day:
                found = balance(days[-1][1], [each for _, each in days[:-1]], self._limits[BALANCE])
                yield from (Found("enterprise", code, day, finding) for finding in found)

    def _products(self, day: date, past: dict[str, date]) -> Iterable[Found]:
        rows: dict[str, dict[date, list[Any]]] = defaultdict(lambda: defaultdict(list))
        for row in SQL.run(self._connection, "unit_days", **past):
            rows[row.code][row.day].append(row)
        for code, by_day in rows.items():
            days = {of_day: made for of_day, sums in by_day.items() if (made := self._product_day(of_day, sums))}
            if day in days:
                before = [each for of_day, each in sorted(days.items()) if of_day < day]
                found = energy_product(days[day], before, self._limits[ENERGY_PRODUCT])
                yield from (Found("unit", code, day, finding) for finding in found)

    def _product_day(self, day: date, sums: list[Any]) -> ProductDay | None:
        """Energy and product of a unit's day; None where it has no energy meter, or a coefficient is missing."""
        factors = self._tables.factors
        energy, product, has_energy, coverage = 0.0, 0.0, False, 1.0
        for row in sums:
            flow, quantity = Flow(row.flow), row.quantity_pico / PICO
            if flow is Flow.PRODUCT:
                product += quantity
            elif row.carrier in factors.family:
                applied = factors.standard_coal(row.carrier, Basis.CALORIFIC, day.year)
                if applied is None:
                    return None
                energy, has_energy = energy + SIGN[flow] * quantity * float(applied.factor.per_unit), True
            else:
                continue
            coverage = min(coverage, _share(row.measured_days, row.meters))
        if not has_energy:
            return None
        return ProductDay(start_us=to_us(start_of_day(day)), energy_kgce=energy, product=product, coverage=coverage)

    def _month(self, first: date) -> tuple[date, list[Found]]:
        start = start_of_day(first)
        end = following(start, Grain.MONTH)
        kinds = [kind.code for kind in self._tables.statistic_kinds if kind.code.startswith(REPORTED)]
        last_day = end.date() - timedelta(days=1)
        days = {"from_day": first, "to_day": end.date()}
        reports = [
            *SQL.run(self._connection, "reported_months", kinds=kinds, period=f"{first:%Y-%m}", **days),
            *SQL.run(self._connection, "manual_months", **days),
        ]
        found = []
        for row in reports:
            month = ReportedMonth(
                starts_us=to_us(start),
                ends_us=to_us(end),
                carrier=row.carrier,
                reported=Fraction(row.reported),
                metered=Fraction(int(row.quantity_pico), PICO),
                coverage=_share(row.measured_s, row.expected_s),
                beside={"unit": row.unit, "flow": row.flow} if row.unit else {},
            )
            findings = daily_monthly(month, self._limits[DAILY_MONTHLY])
            found += [Found("enterprise", row.owner_code, last_day, each) for each in findings]
        return last_day, found

    def _clocks(self, day: date) -> Iterable[Found]:
        start_us = to_us(start_of_day(day))
        when = {"from_ts": TimeParameter(start_us), "to_ts": TimeParameter(start_us + DAY_US)}
        rows = ordered(copy_out(self._connection, SQL, "arrivals", _ARRIVAL, **when))
        due_us, received_us = times_us(rows["due_at"]), times_us(rows["received_at"])
        refused = {
            code: (n, ahead_s) for code, n, ahead_s in SQL.run(self._connection, "refused_from_the_future", **when)
        }
        for gateway_id, code in SQL.run(self._connection, "gateways"):
            first, after = np.searchsorted(rows["gateway_id"], [gateway_id, gateway_id + 1])
            found = clock_drift(start_us, due_us[first:after], received_us[first:after], self._limits[CLOCK])
            if code in refused:
                found = [*found, self._ahead(start_us, *refused[code])][:1]
            yield from (Found("gateway", code, day, each) for each in found)

    def _ahead(self, start_us: int, readings: int, ahead_s: float) -> Finding:
        """A clock so far ahead that readings were refused."""
        limit_s = self._limits[CLOCK].ahead_s
        detail: Detail = {"direction": "ahead", "refused": readings}
        return Finding(CLOCK, start_us, start_us + DAY_US, max(ahead_s, limit_s), limit_s, detail)

    def _calibrations(self, day: date) -> Iterable[Found]:
        for code, until in SQL.run(self._connection, "calibrations", day=day):
            for finding in calibration_due(day, until, self._limits[CALIBRATION]):
                yield Found("meter", code, day, finding)


def _share(part: float, whole: float) -> float:
    """`part` of `whole`, at most 1; 0 where there is no whole."""
    return min(1.0, part / whole) if whole > 0 else 0.0

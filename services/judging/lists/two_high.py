"""The ledger of two-high projects 两高项目管理台账: what units of the eight trades used, beside what was approved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

from psycopg import Connection

from services.core.calendar import MONTHS_OF_YEAR, Grain, floor, months_before, year_floor
from services.core.frame import Frame, PeriodLength, frame
from services.core.meter import Flow
from services.core.verdict import ReasonedVerdict
from services.energy.amount import Amount, Measure, coverage_of
from services.energy.by_subject import Subject, Sums
from services.energy.factors import Basis
from services.energy.sums import read_sums
from services.energy.wanted import of_units
from services.judging.data.tables import Tables
from services.judging.data.two_high import TwoHighTrade
from services.judging.indicators.band import HEAT_VALUE_UNKNOWN, energy_band
from services.judging.indicators.judged_by import Metric
from services.judging.indicators.kinds import Band
from services.judging.indicators.scope import JudgedUnit
from services.judging.indicators.terms import Measured, Term
from services.judging.lists.approval import LedgerEntry, MeasuredUse, Overuse, counted_on, ledger_entry, overuse
from services.judging.lists.measured import SumsOf

LAST_12_MONTHS, RUNNING_YEAR = "last_12_months", "running_year"
THRESHOLD, LEAST = "two_high_threshold", "coverage_least"
PARAMETERS = (THRESHOLD, LEAST)


@dataclass(frozen=True, slots=True)
class Use:
    """What a unit used in a period, on both bases; None where nothing was booked or a coefficient is missing."""

    start: datetime
    end: datetime
    equivalent_tce: Fraction | None
    calorific_tce: Fraction | None
    coverage: float | None
    """Measured share of the whole period, also of days before the first meter; None where none is expected."""
    is_least: bool
    term: Term
    """On the basis on which the unit is counted."""
    basis: Basis
    band: Band | None = None
    """Between what its tce on that basis lie, where heat values are not measured."""

    @property
    def tce(self) -> Fraction | None:
        """What is held against threshold and approval."""
        return self.equivalent_tce if self.basis is Basis.EQUIVALENT else self.calorific_tce


@dataclass(frozen=True, slots=True)
class LedgerUnit:
    """A unit of one of the eight trades."""

    unit: JudgedUnit
    trade: TwoHighTrade
    basis: Basis
    uses: Mapping[str, Use]
    entry: LedgerEntry
    overuse: Overuse


def trades_of(tables: Tables) -> Mapping[str, TwoHighTrade]:
    """The trades of the registry that are among the eight, by their code."""
    return {row.trade: row for row in tables.two_high}


def ledger(
    connection: Connection,
    tables: Tables,
    units: Sequence[JudgedUnit],
    *,
    now: datetime,
    read: SumsOf | None = None,
) -> list[LedgerUnit]:
    """Each of these units, all of the eight trades, with its use of the last 12 months and of the running year.

    Plants that make electricity of coal are counted on the calorific basis, all others on the equivalent one.
    `read` gives the sums of at least these units over a frame, where the caller has them for more than this.
    """
    month, wanted = floor(now, Grain.MONTH), of_units([unit.unit_id for unit in units])
    sums_of = read or (lambda period: read_sums(connection, wanted, period, now=now))
    # The 12 months fall into two years, of which the second is the running one; what came since is read by itself.
    months = frame(months_before(month, MONTHS_OF_YEAR), month, PeriodLength.TOTAL)
    of_months = sums_of(months)
    since = _since(month, now)
    of_since = sums_of(since) if since else None
    running = (months.cell_of(year_floor(now)), len(months.cells)) if month > year_floor(now) else None
    trades = trades_of(tables)
    found = []
    for unit in units:
        subject = [Subject(unit=unit.unit_id)]
        last_year = _read(of_months, subject, (0, len(months.cells)))
        this_year = _read(of_months, subject, running) if running else _Read({}, 0.0)
        this_year = this_year.with_more(_read(of_since, subject, (0, 1))) if of_since else this_year
        basis = basis_of(tables, unit)
        uses = {
            LAST_12_MONTHS: _use(tables, basis, last_year, months.start, months.end),
            RUNNING_YEAR: _use(tables, basis, this_year, year_floor(now), since.end if since else month),
        }
        found.append(_judged(tables, unit, trades[unit.trade], uses))
    return found


def basis_of(tables: Tables, unit: JudgedUnit) -> Basis:
    """The basis on which the energy of a unit is held against threshold and approval."""
    process = tables.process.get(unit.process or "")
    return counted_on(makes_electricity_of_coal=process is not None and process.metric is Metric.COAL_SUPPLY)


@dataclass(frozen=True, slots=True)
class _Read:
    """What a unit measured in a period, and the seconds of it from its first meter on."""

    amounts: dict[Measure, Amount]
    metered_s: float

    def with_more(self, other: "_Read") -> "_Read":
        for measure, amount in other.amounts.items():
            self.amounts.setdefault(measure, Amount()).add(amount)
        return _Read(self.amounts, self.metered_s + other.metered_s)


def _read(sums: Sums, subject: Sequence[Subject], period: tuple[int, int]) -> _Read:
    return _Read(sums.of(subject, period), sums.metered_s(subject, period))


def _since(month: datetime, now: datetime) -> Frame | None:
    """What came since the month at hand began, in whole hours; None within its first hour."""
    end = floor(now, Grain.HOUR)
    return frame(month, end, PeriodLength.TOTAL) if month < end else None


def _judged(tables: Tables, unit: JudgedUnit, trade: TwoHighTrade, uses: Mapping[str, Use]) -> LedgerUnit:
    threshold, least = (Fraction(tables.parameter(code).value) for code in PARAMETERS)
    measured = {name: MeasuredUse(name, use.tce, use.coverage, use.is_least) for name, use in uses.items()}
    found = [_held(unit, trade, each, threshold=threshold, least=least) for each in _at_ends(measured, uses)]
    entry, over = found[0]
    if len({entry.belongs for entry, _ in found}) > 1:
        entry = replace(entry, belongs=None, reason=HEAT_VALUE_UNKNOWN)
    if len({over.finding.verdict for _, over in found}) > 1:
        unknown = next((name for name, use in uses.items() if use.band is not None), None)
        over = Overuse(ReasonedVerdict.cannot(HEAT_VALUE_UNKNOWN), over.period or unknown)
    return LedgerUnit(unit, trade, basis_of(tables, unit), uses, entry, over)


def _at_ends(measured: Mapping[str, MeasuredUse], uses: Mapping[str, Use]) -> list[Mapping[str, MeasuredUse]]:
    """The uses as they count, and, where heat values are not measured, at the low and the high end of their ranges."""
    found = ((name, use.band.values) for name, use in uses.items() if use.band is not None)
    bands = {name: ends for name, ends in found if ends is not None}
    ends = [
        {name: replace(use, tce=bands[name][end]) if name in bands else use for name, use in measured.items()}
        for end in ((0, 1) if bands else ())
    ]
    return [measured, *ends]


def _held(
    unit: JudgedUnit,
    trade: TwoHighTrade,
    measured: Mapping[str, MeasuredUse],
    *,
    threshold: Fraction,
    least: Fraction,
) -> tuple[LedgerEntry, Overuse]:
    """What is used, held against the threshold of the ledger and against what was approved."""
    entry = ledger_entry(
        trade.eight,
        design_tce=_exact(unit.design_energy_tce),
        measured=measured[LAST_12_MONTHS],
        threshold_tce=threshold,
        least_coverage=least,
    )
    # A running year on whose first day nothing is booked yet says nothing; the 12 months before it do.
    told = [use for name, use in measured.items() if name == LAST_12_MONTHS or use.tce is not None]
    return entry, overuse(_exact(unit.approved_energy_tce), told, least_coverage=least)


def _use(tables: Tables, basis: Basis, read: _Read, start: datetime, end: datetime) -> Use:
    """What is booked, even in part: the sums are of what there is, the coverage says how much is missing."""
    factors, amounts = tables.factors, read.amounts
    term = Measured(amounts, factors).energy(basis)
    booked = Measured({measure: amount for measure, amount in amounts.items() if amount.pico_by_year}, factors)
    least = float(tables.parameter(LEAST).value)
    sold = [
        bool(amount.pico_by_year) and amount.measured_s >= least * amount.expected_s
        for (carrier, flow), amount in amounts.items()
        if flow is Flow.OUTPUT and carrier in factors.family
    ]
    equivalent, calorific = (booked.energy(basis).value for basis in (Basis.EQUIVALENT, Basis.CALORIFIC))
    covered = coverage_of(term.cover)
    coverage = None if covered is None else covered * min(1.0, read.metered_s / (end - start).total_seconds())
    band = energy_band(booked, basis, tables.factors)
    return Use(start, end, equivalent, calorific, coverage, all(sold), term, basis, band)


def _exact(tce: float | None) -> Fraction | None:
    return None if tce is None else Fraction(repr(tce))

"""The step tariff of one unit: its energy use of the year before, and the rule that holds for its process."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from fractions import Fraction

from psycopg import Connection

from services.api.registry import nouns
from services.core.calendar import SHANGHAI, start_of_day
from services.core.data.loader import Number
from services.core.frame import PeriodLength, frame
from services.energy.amount import coverage_of
from services.energy.by_subject import Subject
from services.energy.sums import read_sums
from services.energy.wanted import of_units
from services.judging.data.tables import Tables
from services.judging.data.tariffs import AluminiumItem, PunitivePrice, punitive_price
from services.judging.data.tariffs import TariffStepRow as StepRow
from services.judging.indicators.band import HEAT_VALUE_UNKNOWN
from services.judging.indicators.forming import Evaluated
from services.judging.indicators.judged_by import LevelsFrom, Metric
from services.judging.indicators.kinds import Ratio
from services.judging.indicators.listing import BY_SLUG, COMPREHENSIVE_AC_POWER
from services.judging.indicators.ratio import share_text
from services.judging.indicators.ratios import unit_product_electricity
from services.judging.indicators.reported import statistics
from services.judging.indicators.scope import JudgedUnit, Scope, ScopeKind, UnknownScopeError, area_tree, units_of
from services.judging.indicators.standards import Standard, standard_of
from services.judging.indicators.terms import Measured
from services.judging.levels import ProjectKind
from services.judging.lists.measured import ratios_of
from services.judging.tariff import (
    VALUE_UNKNOWN,
    AluminiumRule,
    RenewableShare,
    Surcharge,
    TariffStep,
    aluminium_surcharge,
    unified_surcharge,
)

SHARE = "non_hydro_renewable_share"
INCENTIVE = "non_hydro_incentive"
"""Parameter an operator gives: no document here prints the incentive value of the region."""
NOT_OVER, IN_PART = "year_not_over", "part_of_period"

Reasons = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class EnergyUse:
    """What the unit used in the year before, as the rule counts it."""

    ratio: Ratio
    unit: str
    """Unit of measure of its value."""
    project: ProjectKind
    lacking: Reasons
    """Why it decides nothing; empty where it does."""

    @property
    def known(self) -> Fraction | None:
        """Its value; None where it decides nothing."""
        return None if self.lacking else self.ratio.value

    @property
    def unknown(self) -> str:
        """The reason: what is wrong with the year comes before what is wrong with what was measured in it."""
        return next((code for code, _ in self.lacking if code in (NOT_OVER, IN_PART)), VALUE_UNKNOWN)

    def at_ends(self) -> tuple["EnergyUse", ...]:
        """The same with the least and with the greatest value it may have; none where nothing bounds it."""
        values = None if self.ratio.band is None else self.ratio.band.values
        return tuple(replace(self, ratio=replace(self.ratio, value=value, band=None)) for value in values or ())


@dataclass(frozen=True, slots=True)
class ChargedElectricity:
    """Electricity of the year in which a tariff is paid, as far as it is measured."""

    kwh: Fraction | None
    coverage: float | None
    provisional: bool
    """Whether the year is not over, or too little of it was measured."""


@dataclass(frozen=True, slots=True)
class UnitTariff:
    """What a unit pays more in a year. `use` and `surcharge` are None where no rule speaks of its process."""

    unit: JudgedUnit
    start: datetime
    end: datetime
    use: EnergyUse | None
    surcharge: Surcharge | None
    charged: ChargedElectricity
    punitive: tuple[PunitivePrice, bool] | None
    """What its class pays more for each kWh, and whether that is carried beyond the years it was published for."""

    @property
    def lacking(self) -> Reasons:
        """Why the energy use of the year before cannot be told; empty where it can."""
        return self.use.lacking if self.use else ()


def tariff_of(connection: Connection, tables: Tables, code: str, year: int, *, now: datetime) -> UnitTariff:
    """The tariff of the unit with this code. Raises Refused when it is not registered."""
    start, end = start_of_day(date(year - 1, 1, 1)), start_of_day(date(year, 1, 1))
    tree = area_tree(connection)
    try:
        (unit,) = units_of(connection, Scope(ScopeKind.UNIT, code, tree), at=end)
    except UnknownScopeError as error:
        raise nouns.UNIT.refuse_unknown(error.code) from None
    charged = _charged(connection, tables, unit, year, now=now)
    punitive = punitive_price(tables.tariff_punitive, unit.capacity_class, unit.process, end.date())
    standard = standard_of(tables, unit.process, end.date())
    if standard is None or standard.by.levels_from is not LevelsFrom.LIST:
        return UnitTariff(unit, start, end, None, None, charged, punitive)
    period = frame(start, end, PeriodLength.TOTAL)
    is_smelter = standard.by.metric is Metric.AC_ELECTRICITY
    indicator = BY_SLUG[COMPREHENSIVE_AC_POWER] if is_smelter else standard.indicator
    (found,) = ratios_of(connection, tables, [unit], {standard.process.code: indicator}, period, now=now)
    use = EnergyUse(
        standard.in_its_unit(found.ratio),
        standard.units.value,
        standard.kind_of(unit),
        _lacking(found, least=float(tables.parameter("coverage_least").value), now=now),
    )

    def surcharge_on(use: EnergyUse) -> Surcharge | None:
        if is_smelter:
            return _aluminium(connection, tables, unit, use, year, start, end)
        return _unified(tables, standard, unit, use, end.date())

    use, surcharge = _as_sure(use, surcharge_on)
    return UnitTariff(unit, start, end, use, surcharge, charged, punitive)


def _charged(
    connection: Connection, tables: Tables, unit: JudgedUnit, year: int, *, now: datetime
) -> ChargedElectricity:
    """Electricity bought in `year` up to now, renewable included, less what is sold."""
    period = frame(start_of_day(date(year, 1, 1)), start_of_day(date(year + 1, 1, 1)), PeriodLength.TOTAL)
    sums = read_sums(connection, of_units([unit.unit_id]), period, now=now)
    subject = [Subject(unit=unit.unit_id)]
    term, _ = unit_product_electricity(Measured(sums.look_at(subject, (0, 1)), tables.factors))
    coverage, least = coverage_of(term.cover), float(tables.parameter("coverage_least").value)
    metered = sums.metered_s(subject, (0, 1)) / (period.end - period.start).total_seconds()
    whole = now >= period.end and metered >= least and coverage is not None and coverage >= least
    return ChargedElectricity(term.value, coverage, not whole)


def _lacking(found: Evaluated, *, least: float, now: datetime) -> Reasons:
    """A surcharge stands on a whole year: one that is over, and over which there were meters."""
    if now < found.end:
        return ((NOT_OVER, str(found.start.astimezone(SHANGHAI).year)), *found.ratio.reasons)
    metered = found.metered_s / (found.end - found.start).total_seconds()
    if 0.0 < metered < least and IN_PART not in dict(found.ratio.reasons):
        return ((IN_PART, share_text(metered, least)), *found.ratio.reasons)
    return found.ratio.reasons


def _as_sure(
    use: EnergyUse, surcharge_on: Callable[[EnergyUse], Surcharge | None]
) -> tuple[EnergyUse, Surcharge | None]:
    """The energy use with its surcharge, where that is the same at both ends of the band of the use.

    Else nobody can tell before the heat value is measured. What is found is what is found of the worse end.
    """
    found, band = surcharge_on(use), use.ratio.band
    if found is None or use.known is None or band is None:
        return use, found
    ends = [end for end in map(surcharge_on, use.at_ends()) if end is not None]
    if {(end.finding.verdict, end.yuan_per_kwh) for end in ends} == {(found.finding.verdict, found.yuan_per_kwh)}:
        return use, replace(found, finding=ends[-1].finding)
    unknown = replace(use, lacking=((HEAT_VALUE_UNKNOWN, band.words), *use.lacking))
    return unknown, surcharge_on(unknown)


def _unified(tables: Tables, standard: Standard, unit: JudgedUnit, use: EnergyUse, day: date) -> Surcharge | None:
    if standard.levels is None:
        return None
    return unified_surcharge(
        use.known,
        standard.levels,
        use.project,
        unit=use.unit,
        steps=_steps(tables.tariff_steps, standard.process.code, day),
        capacity_class=unit.capacity_class,
        unknown=use.unknown,
    )


def _holds(row: Number, day: date) -> bool:
    return row.valid_from <= day and (row.valid_to is None or day < row.valid_to)


def _steps(rows: Sequence[StepRow], process: str, day: date) -> list[TariffStep]:
    """The steps of the process on the day; those of all processes where it has none of its own."""
    in_force = [row for row in rows if _holds(row, day)]
    own = [row for row in in_force if row.process == process]
    chosen = own or [row for row in in_force if row.process is None]
    return [TariffStep(Fraction(row.from_gap_percent), Fraction(row.value), row.code) for row in chosen]


def _aluminium(
    connection: Connection,
    tables: Tables,
    unit: JudgedUnit,
    use: EnergyUse,
    year: int,
    start: datetime,
    end: datetime,
) -> Surcharge | None:
    rows = {row.item: row for row in tables.tariff_aluminium if _holds(row, end.date())}
    items: tuple[AluminiumItem, ...] = ("threshold", "step", "surcharge", "share_above", "reduction")
    if not all(item in rows for item in items):
        return None
    value = {item: Fraction(rows[item].value) for item in items}
    rule = AluminiumRule(
        threshold_kwh_per_t=value["threshold"],
        threshold_row=rows["threshold"].code,
        step_kwh_per_t=value["step"],
        step_row=rows["step"].code,
        step_yuan_per_kwh=value["surcharge"],
        step_yuan_row=rows["surcharge"].code,
        share_above_percent=value["share_above"],
        share_row=rows["share_above"].code,
        reduction_percent=value["reduction"],
        reduction_row=rows["reduction"].code,
    )
    reported = statistics(connection, "enterprise", [unit.credit_code], {SHARE}, tables)
    share = reported.of(unit.credit_code, start, end).get(SHARE)
    renewable = None if share is None else _share(tables, Fraction(share.value))
    return aluminium_surcharge(
        year, use.known, rule, renewable=renewable, capacity_class=unit.capacity_class, unknown=use.unknown
    )


def _share(tables: Tables, percent: Fraction) -> RenewableShare:
    incentive = next((row for row in tables.parameters if row.code == INCENTIVE), None)
    if incentive is None:
        return RenewableShare(percent, None)
    return RenewableShare(percent, Fraction(incentive.value), incentive.code)

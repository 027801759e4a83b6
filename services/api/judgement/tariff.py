"""The step tariff of units: their energy use of the year before, and the rule that holds for their process."""

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
    tree = area_tree(connection)
    try:
        units = units_of(connection, Scope(ScopeKind.UNIT, code, tree), at=start_of_day(date(year, 1, 1)))
    except UnknownScopeError as error:
        raise nouns.UNIT.refuse_unknown(error.code) from None
    (found,) = tariffs_of(connection, tables, units, year, now=now)
    return found


def is_charged(tables: Tables, unit: JudgedUnit, year: int) -> bool:
    """Whether a rule speaks of the process of the unit in `year`, or its class pays a punitive price."""
    day = date(year, 1, 1)
    punitive = punitive_price(tables.tariff_punitive, unit.capacity_class, unit.process, day)
    return punitive is not None or _standard(tables, unit, day) is not None


def tariffs_of(
    connection: Connection, tables: Tables, units: Sequence[JudgedUnit], year: int, *, now: datetime
) -> list[UnitTariff]:
    """The tariffs of these units in `year`, in their order: one reading of sums serves them all."""
    start, end, day = start_of_day(date(year - 1, 1, 1)), start_of_day(date(year, 1, 1)), date(year, 1, 1)
    charged = _charged(connection, tables, units, year, now=now)
    standards = {unit.code: _standard(tables, unit, day) for unit in units}
    uses = _uses(connection, tables, [(unit, standards[unit.code]) for unit in units], start, end, now=now)
    smelters = [unit.credit_code for unit in units if (known := standards[unit.code]) and _is_smelter(known)]
    reported = statistics(connection, "enterprise", smelters, {SHARE}, tables)
    shares = {code: reported.of(code, start, end).get(SHARE) for code in smelters}

    def tariff(unit: JudgedUnit) -> UnitTariff:
        standard = standards[unit.code]
        punitive = punitive_price(tables.tariff_punitive, unit.capacity_class, unit.process, day)
        if standard is None:
            return UnitTariff(unit, start, end, None, None, charged[unit.unit_id], punitive)

        def surcharge_on(use: EnergyUse) -> Surcharge | None:
            if _is_smelter(standard):
                share = shares[unit.credit_code]
                return _aluminium(tables, unit, use, year, None if share is None else Fraction(share.value))
            return _unified(tables, standard, unit, use, day)

        use, surcharge = _as_sure(uses[unit.code], surcharge_on)
        return UnitTariff(unit, start, end, use, surcharge, charged[unit.unit_id], punitive)

    return [tariff(unit) for unit in units]


def _standard(tables: Tables, unit: JudgedUnit, day: date) -> Standard | None:
    """By what its energy use is judged, where a rule speaks of that."""
    found = standard_of(tables, unit.process, day)
    return found if found is not None and found.by.levels_from is LevelsFrom.LIST else None


def _is_smelter(standard: Standard) -> bool:
    return standard.by.metric is Metric.AC_ELECTRICITY


def _uses(
    connection: Connection,
    tables: Tables,
    units: Sequence[tuple[JudgedUnit, Standard | None]],
    start: datetime,
    end: datetime,
    *,
    now: datetime,
) -> dict[str, EnergyUse]:
    """The energy use of the year before, by code, of those of which a rule speaks."""
    standards = {unit.code: standard for unit, standard in units if standard is not None}
    judged = [unit for unit, _ in units if unit.code in standards]
    indicators = {
        standard.process.code: BY_SLUG[COMPREHENSIVE_AC_POWER] if _is_smelter(standard) else standard.indicator
        for standard in standards.values()
    }
    least = float(tables.parameter("coverage_least").value)
    found = {}
    for each in ratios_of(connection, tables, judged, indicators, frame(start, end, PeriodLength.TOTAL), now=now):
        (unit,) = each.units
        standard = standards[unit.code]
        found[unit.code] = EnergyUse(
            standard.in_its_unit(each.ratio),
            standard.units.value,
            standard.kind_of(unit),
            _lacking(each, least=least, now=now),
        )
    return found


def _charged(
    connection: Connection, tables: Tables, units: Sequence[JudgedUnit], year: int, *, now: datetime
) -> dict[int, ChargedElectricity]:
    """Electricity bought in `year` up to now, renewable included, less what is sold; by unit."""
    start, end = (start_of_day(date(each, 1, 1)) for each in (year, year + 1))
    period = frame(start, end, PeriodLength.TOTAL)
    sums = read_sums(connection, of_units([unit.unit_id for unit in units]), period, now=now)
    least = float(tables.parameter("coverage_least").value)

    def charged(unit: JudgedUnit) -> ChargedElectricity:
        subject = [Subject(unit=unit.unit_id)]
        term, _ = unit_product_electricity(Measured(sums.look_at(subject, (0, 1)), tables.factors))
        coverage = coverage_of(term.cover)
        metered = sums.metered_s(subject, (0, 1)) / (end - start).total_seconds()
        whole = now >= end and metered >= least and coverage is not None and coverage >= least
        return ChargedElectricity(term.value, coverage, not whole)

    return {unit.unit_id: charged(unit) for unit in units}


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
    tables: Tables, unit: JudgedUnit, use: EnergyUse, year: int, share_percent: Fraction | None
) -> Surcharge | None:
    day = date(year, 1, 1)
    rows = {row.item: row for row in tables.tariff_aluminium if _holds(row, day)}
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
    renewable = None if share_percent is None else _share(tables, share_percent)
    return aluminium_surcharge(
        year, use.known, rule, renewable=renewable, capacity_class=unit.capacity_class, unknown=use.unknown
    )


def _share(tables: Tables, percent: Fraction) -> RenewableShare:
    incentive = next((row for row in tables.parameters if row.code == INCENTIVE), None)
    if incentive is None:
        return RenewableShare(percent, None)
    return RenewableShare(percent, Fraction(incentive.value), incentive.code)

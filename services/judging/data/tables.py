"""All domain numbers together: read once, checked, and looked up by code."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

from services.core.data.carriers import CarrierRow
from services.core.data.loader import PLANS, TABLES, DataFileError, Number, Sourced, table_file
from services.core.data.parameters import Parameter
from services.core.data.statistic_kinds import StatisticKind
from services.energy.coefficients import Co2Factor, StandardCoalCoefficient
from services.energy.heat_ranges import HeatRange
from services.judging.corrections import AllowedInput, CorrectionTerm
from services.judging.data import benchmarks as benchmark_file
from services.judging.data import corrections as correction_files
from services.judging.data import limits as limit_file
from services.judging.data import nation as nation_file
from services.judging.data import processes as process_file
from services.judging.data import retrofits as retrofit_file
from services.judging.data import tariffs as tariff_files
from services.judging.data import two_high as two_high_file
from services.judging.data.benchmarks import Benchmark
from services.judging.data.corrections import LimitCorrection, UnitInput
from services.judging.data.limits import LAST_GRADE, Limit
from services.judging.data.nation import NationalAim
from services.judging.data.parameters import BOUNDS
from services.judging.data.plan_targets import PlanTarget
from services.judging.data.plans import LIST as PLAN_LIST
from services.judging.data.plans import Plan, Plans, load_plans
from services.judging.data.processes import Process
from services.judging.data.retrofits import RetrofitDeadline
from services.judging.data.tariffs import AluminiumTariff, PunitivePrice, TariffStepRow
from services.judging.data.two_high import TwoHighTrade
from services.judging.indicators.listing import BY_METRIC
from services.judging.levels import BenchmarkLevel, Levels
from services.quality.checks.declared import Check
from services.quality.tables import QualityTables, load_quality_tables

ROW_TYPES: Mapping[str, type[Sourced]] = {
    "carriers": CarrierRow,
    "standard_coal": StandardCoalCoefficient,
    "co2": Co2Factor,
    "heat_ranges": HeatRange,
    "processes": Process,
    "benchmarks": Benchmark,
    "limits": Limit,
    "unit_inputs": UnitInput,
    "limit_corrections": LimitCorrection,
    "retrofit_deadlines": RetrofitDeadline,
    "tariff_aluminium": AluminiumTariff,
    "tariff_steps": TariffStepRow,
    "tariff_punitive": PunitivePrice,
    "two_high": TwoHighTrade,
    "parameters": Parameter,
    "statistic_kinds": StatisticKind,
    "checks": Check,
    "national_aims": NationalAim,
    "plans": Plan,
    "plan_targets": PlanTarget,
}
"""What the rows of each table are, by the name of the table."""


@dataclass(frozen=True, kw_only=True)
class Tables(QualityTables):
    """Every table: those that energy and quality are judged by, and those of the judgements."""

    processes: tuple[Process, ...]
    benchmarks: tuple[Benchmark, ...]
    limits: tuple[Limit, ...]
    unit_inputs: tuple[UnitInput, ...]
    limit_corrections: tuple[LimitCorrection, ...]
    retrofit_deadlines: tuple[RetrofitDeadline, ...]
    tariff_aluminium: tuple[AluminiumTariff, ...]
    tariff_steps: tuple[TariffStepRow, ...]
    tariff_punitive: tuple[PunitivePrice, ...]
    two_high: tuple[TwoHighTrade, ...]
    national_aims: tuple[NationalAim, ...]
    plans: Plans

    @cached_property
    def levels(self) -> Mapping[str, tuple[Levels, ...]]:
        """Benchmark and baseline of each process that has them, by edition."""
        return benchmark_file.levels_of(self.benchmarks)

    @cached_property
    def limits_of(self) -> Mapping[str, tuple[Limit, ...]]:
        """The limits by process, in the order of their file."""
        found: dict[str, list[Limit]] = {}
        for row in self.limits:
            found.setdefault(row.process, []).append(row)
        return {process: tuple(rows) for process, rows in found.items()}

    @cached_property
    def unit_input(self) -> Mapping[str, UnitInput]:
        """The inputs that units give, by name."""
        return {row.input: row for row in self.unit_inputs}

    @cached_property
    def allowed_inputs(self) -> Mapping[str, AllowedInput]:
        """What each of them may be."""
        return {row.input: row.allowed for row in self.unit_inputs}

    @cached_property
    def correction_terms(self) -> Mapping[str, tuple[CorrectionTerm, ...]]:
        """The formula of each limit, by the code of its row."""
        return {limit.code: tuple(correction_files.terms_of(self.limit_corrections, limit)) for limit in self.limits}

    @cached_property
    def chooses_item(self) -> Mapping[str, str]:
        """By process whose limits differ by a choice of the unit: the input that is this choice."""
        return {row.chooses_item_of: row.input for row in self.unit_inputs if row.chooses_item_of is not None}

    @cached_property
    def process(self) -> Mapping[str, Process]:
        """The processes by code."""
        return {row.code: row for row in self.processes}

    @cached_property
    def retrofits_of(self) -> Mapping[str, tuple[RetrofitDeadline, ...]]:
        """The national deadlines by process, in all versions."""
        found: dict[str, list[RetrofitDeadline]] = {}
        for row in self.retrofit_deadlines:
            found.setdefault(row.process, []).append(row)
        return {process: tuple(rows) for process, rows in found.items()}

    def by_name(self) -> Mapping[str, tuple[Sourced, ...]]:
        """The tables by name, which is that of their file; the targets of all plans are one."""
        rows: dict[str, tuple[Sourced, ...]] = {name: getattr(self, name) for name in TABLES}
        return {**rows, PLANS: tuple(self.plans.plans.values()), "plan_targets": self.plans.targets}

    def columns(self) -> Mapping[str, list[str]]:
        """The columns of each table."""
        return {name: [field.name for field in fields(row_type)] for name, row_type in ROW_TYPES.items()}

    def row(self, code: str) -> Number:
        """The number with this code, whatever its table. Raises KeyError when there is none."""
        return self._numbers[code]

    @cached_property
    def _numbers(self) -> Mapping[str, Number]:
        return {row.code: row for rows in self.by_name().values() for row in rows if isinstance(row, Number)}


def load_tables(override: Path | None = None) -> Tables:
    """All tables; a file in the folder `override` is read instead of the shipped one of the same name.

    Raises DataFileError at the first fault, naming file, line and field, and DataFolderError where the folder is not
    there or holds a file that is no table.
    """
    below = load_quality_tables(override, bounds=BOUNDS)
    processes = process_file.processes(override)
    process = {row.code: row for row in processes}
    limits = limit_file.limits(process, override)
    unit_inputs = correction_files.unit_inputs(process, override)
    tables = Tables(
        carriers=below.carriers,
        standard_coal=below.standard_coal,
        co2=below.co2,
        heat_ranges=below.heat_ranges,
        parameters=below.parameters,
        statistic_kinds=below.statistic_kinds,
        checks=below.checks,
        processes=processes,
        benchmarks=benchmark_file.benchmarks(process, override),
        limits=limits,
        unit_inputs=unit_inputs,
        limit_corrections=correction_files.limit_corrections(limits, unit_inputs, override),
        retrofit_deadlines=retrofit_file.retrofit_deadlines(process, override),
        tariff_aluminium=tariff_files.tariff_aluminium(override),
        tariff_steps=tariff_files.tariff_steps(process, override),
        tariff_punitive=tariff_files.tariff_punitive(process, override),
        two_high=two_high_file.two_high(override),
        national_aims=nation_file.national_aims(override),
        plans=load_plans(override=override),
    )
    _check_codes(tables.by_name(), override)
    _check_baselines(tables, override)
    return tables


def _check_baselines(tables: Tables, override: Path | None) -> None:
    """Raises DataFileError where a baseline allows more than the last grade of a limit that holds beside it.

    The grade is what the law allows at most, so such a baseline is a slip of the pen, or its `place` says
    `above grade 3 of` the standard, and why.
    """
    for row in tables.benchmarks:
        if row.level is not BenchmarkLevel.BASELINE:
            continue
        for limit in _last_grades_beside(tables, row):
            if row.value > limit.value and f"above grade {LAST_GRADE} of {limit.standard}" not in row.place:
                file = _file_of("benchmarks", row, override)
                problem = (
                    f"{row.value} is above grade {LAST_GRADE} of {limit.standard} ({limit.value}); "
                    "where that is right, place says so in these words, and why"
                )
                raise DataFileError(file, _line_of(file, row.code), "value", problem)


def _last_grades_beside(tables: Tables, row: Benchmark) -> Iterable[Limit]:
    """The last grades that limit what the level speaks of, on a day on which it holds."""
    _, by = BY_METRIC[tables.process[row.process].metric]
    for limit in tables.limits_of.get(row.process, ()):
        together = (row.valid_to is None or limit.valid_from < row.valid_to) and (
            limit.valid_to is None or row.valid_from < limit.valid_to
        )
        if limit.grade == LAST_GRADE and limit.item == by.limited_as and limit.unit == row.unit and together:
            yield limit


def _check_codes(tables: Mapping[str, Iterable[Sourced]], override: Path | None) -> None:
    """Raises DataFileError when two tables have a row of the same code."""
    table_of: dict[str, str] = {}
    for name, rows in tables.items():
        for row in rows:
            other = table_of.setdefault(row.code, name)
            if other != name:
                file = _file_of(name, row, override)
                problem = f"{row.code} stands in the table {other} too; codes are those of one row in all tables"
                raise DataFileError(file, _line_of(file, row.code), "code", problem)


def _file_of(name: str, row: Sourced, override: Path | None) -> Path:
    if isinstance(row, PlanTarget):
        return table_file(f"{PLANS}/{row.plan}.csv", override)
    return table_file(f"{PLANS}/{PLAN_LIST}" if name == PLANS else f"{name}.csv", override)


def _line_of(file: Path, code: str) -> int:
    lines = file.read_text("utf-8-sig").splitlines()
    return next((n for n, line in enumerate(lines, start=1) if code in line.split(",")), 1)

"""Processes of units, what they make, and the benchmark and baseline levels by which they are judged."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path

from services.core.data.loader import DataFileError, Number, Sourced, load, load_lines, table_file
from services.judging.indicators.judged_by import Metric
from services.judging.levels import BenchmarkLevel, Levels

PROCESSES = "processes.csv"
BENCHMARKS = "benchmarks.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Process(Sourced):
    """What a unit does. Its code stands in the field `process` of units."""

    name_zh: str
    name_en: str
    product_zh: str
    product_en: str
    product_unit: str
    """Unit in which its product is counted: t, m2, weight_case (50 kg of flat glass), m3, kWh, energy_factor_t."""
    metric: Metric
    """How its energy use is given: energy kgce/unit, ac_electricity kWh/t, energy_kgoe kg of oil equivalent per unit,
    coal_supply gce/kWh, pue, or none."""
    field_zh: str | None = None
    """Field of the national list 工业重点领域 to which it belongs."""
    field_en: str | None = None
    edition: str | None = None
    """First edition of the national list that names the field: 2021 or 2023."""
    retrofit_deadline: date | None = None
    """Day by which the national list wants units below the baseline retrofitted or closed."""
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark(Number):
    """One level of a process in one edition of the national list. Lower is better."""

    process: str
    edition: str
    level: BenchmarkLevel
    """benchmark 标杆水平 or baseline 基准水平."""


def processes(override: Path | None = None) -> tuple[Process, ...]:
    """All processes. Raises DataFileError."""
    return load(Process, table_file(PROCESSES, override))


def benchmarks(known: Mapping[str, Process], override: Path | None = None) -> tuple[Benchmark, ...]:
    """All levels. Raises DataFileError, also where an edition of a process has one level and not the other."""
    file = table_file(BENCHMARKS, override)
    lines = load_lines(Benchmark, file)
    found: dict[tuple[str, str], dict[BenchmarkLevel, Benchmark]] = {}
    last_line: dict[tuple[str, str], int] = {}
    for line, row in lines:
        key = (row.process, row.edition)
        if row.process not in known:
            raise DataFileError(file, line, "process", f"{row.process} is not a row of processes.csv")
        if row.level in found.setdefault(key, {}):
            raise DataFileError(file, line, "level", f"edition {row.edition} has two rows of {row.process}")
        found[key][row.level], last_line[key] = row, line
    for key, levels in found.items():
        _check_pair(file, last_line[key], levels)
    return tuple(row for _, row in lines)


def _check_pair(file: Path, line: int, levels: Mapping[BenchmarkLevel, Benchmark]) -> None:
    if len(levels) < len(BenchmarkLevel):
        raise DataFileError(file, line, "level", "an edition of a process has both a benchmark and a baseline")
    better, least = levels[BenchmarkLevel.BENCHMARK], levels[BenchmarkLevel.BASELINE]
    if (better.unit, better.valid_from, better.valid_to) != (least.unit, least.valid_from, least.valid_to):
        raise DataFileError(file, line, "unit", "benchmark and baseline differ in unit or in the days they hold")
    if better.value > least.value:
        raise DataFileError(file, line, "value", "the benchmark must not be above the baseline: lower is better")


def levels_of(rows: tuple[Benchmark, ...]) -> Mapping[str, tuple[Levels, ...]]:
    """The editions of each process, as they are judged by."""
    found: dict[str, dict[str, dict[BenchmarkLevel, Benchmark]]] = {}
    for row in rows:
        found.setdefault(row.process, {}).setdefault(row.edition, {})[row.level] = row
    return {
        process: tuple(_levels(edition, pair) for edition, pair in sorted(editions.items()))
        for process, editions in found.items()
    }


def _levels(edition: str, pair: Mapping[BenchmarkLevel, Benchmark]) -> Levels:
    better, least = pair[BenchmarkLevel.BENCHMARK], pair[BenchmarkLevel.BASELINE]
    return Levels(
        edition=edition,
        benchmark=Fraction(better.value),
        baseline=Fraction(least.value),
        valid_from=better.valid_from,
        valid_to=better.valid_to,
        benchmark_row=better.code,
        baseline_row=least.code,
    )

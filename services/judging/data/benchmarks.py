"""The benchmark and baseline levels of the national list, by which the processes of units are judged."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from services.core.data.loader import DataFileError, Number, load_lines, table_file
from services.judging.data.processes import Process
from services.judging.levels import BenchmarkLevel, Levels

NAME = "benchmarks.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark(Number):
    """One level of a process in one edition of the national list. Lower is better."""

    process: str
    edition: str
    level: BenchmarkLevel
    """benchmark 标杆水平 or baseline 基准水平."""


def benchmarks(known: Mapping[str, Process], override: Path | None = None) -> tuple[Benchmark, ...]:
    """All levels. Raises DataFileError, also where an edition of a process has one level and not the other."""
    file = table_file(NAME, override)
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

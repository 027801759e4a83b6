"""The figures of the growth as tables: for the terminal, and as a section of docs/benchmarks.md."""

from collections.abc import Iterator
from dataclasses import asdict
from http import HTTPStatus
from pathlib import Path

from benchmarks.growth import REFERENCE_SIZE, Grown, Growth
from benchmarks.measure import Timing
from benchmarks.report import GOAL_P95_MS, RESULTS, machine_lines, write_figures
from benchmarks.sheet import Sheet

GOAL_GROWTH = 1.5


def write_json(run: Growth, folder: Path = RESULTS) -> Path:
    """All of it in a file named by its time."""
    return write_figures("queries", run.at, asdict(run) | {"tables": [asdict(sheet) for sheet in sheets(run)]}, folder)


def section(run: Growth) -> Iterator[str]:
    """The lines for docs/benchmarks.md."""
    versions = (run.database, f"Python {run.machine.python}")
    yield from machine_lines(run.at, run.machine, versions, load_before=run.load_before, other_cores=run.other_cores)
    yield ""
    for sheet in sheets(run):
        yield from sheet.markdown()


def sheets(run: Growth) -> list[Sheet]:
    """The sizes, and the calls at each."""
    return [_sizes(run), _calls(run)]


def _sizes(run: Growth) -> Sheet:
    rows = [
        (
            f"{each.meters:,} meters of {each.enterprises:,} enterprises",
            f"{each.hours:,}",
            f"{each.hour_bytes / 1e9:.2f}",
            f"{each.hour_bytes / each.hours:.0f}",
            f"{each.fill_s:.0f}",
        )
        for each in run.sizes
    ]
    return Sheet("A year of hours", ("size", "hours", "GB", "bytes an hour", "s to fill"), rows)


def _calls(run: Growth) -> Sheet:
    names = [timing.question.name for timing in run.sizes[0].timings] if run.sizes else []
    rows = []
    for number, name in enumerate(names):
        found = [each.timings[number] for each in run.sizes]
        rows.append((name, *(_shown(timing) for timing in found), _growth(run.sizes, number), _verdict(run, number)))
    head = ("p50 / p95 / p99 ms", *(f"{each.meters:,}" for each in run.sizes), "growth of p50", "goal")
    return Sheet(f"Calls; goal: p95 < {GOAL_P95_MS:.0f} ms, 4 x the meters at most {GOAL_GROWTH} x", head, rows)


def _shown(timing: Timing) -> str:
    if timing.status != HTTPStatus.OK:
        return f"status {timing.status}"
    return f"{timing.p50_ms:.0f} / {timing.p95_ms:.0f} / {timing.p99_ms:.0f}"


def _ratio(sizes: list[Grown], number: int) -> float | None:
    """The last size against the one before it."""
    if len(sizes) < 2 or any(each.timings[number].status != HTTPStatus.OK for each in sizes[-2:]):
        return None
    before, last = (each.timings[number].p50_ms for each in sizes[-2:])
    return last / before


def _growth(sizes: list[Grown], number: int) -> str:
    ratio = _ratio(sizes, number)
    return f"{ratio:.2f}" if ratio is not None else ""


def _verdict(run: Growth, number: int) -> str:
    ratio = _ratio(run.sizes, number)
    judged = next((each for each in run.sizes if abs(each.meters - REFERENCE_SIZE) < REFERENCE_SIZE / 10), None)
    if ratio is None or judged is None:
        return ""
    reached = judged.timings[number].p95_ms < GOAL_P95_MS and ratio <= GOAL_GROWTH
    return "reached" if reached else "not reached"

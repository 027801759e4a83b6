"""The figures of the alerts as tables: for the terminal, and as a section of docs/benchmarks.md."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from benchmarks.alerts import INSTANCES, Alerting, Cycled
from benchmarks.alerts_told import Told
from benchmarks.measure import percentile
from benchmarks.report import RESULTS, machine_lines, write_figures
from benchmarks.sheet import Sheet

GOAL_MS = 5_000.0
GOAL_S = 5.0
_PERCENTS = (50, 95, 99, 100)


def write_json(run: Alerting, folder: Path = RESULTS) -> Path:
    """All of it in a file named by its time."""
    return write_figures("alerts", run.at, asdict(run) | {"tables": [asdict(sheet) for sheet in sheets(run)]}, folder)


def section(run: Alerting) -> Iterator[str]:
    """The lines for docs/benchmarks.md."""
    versions = (run.database, f"Python {run.machine.python}")
    yield from machine_lines(run.at, run.machine, versions, load_before=run.load_before, other_cores=run.other_cores)
    yield ""
    for sheet in sheets(run):
        yield from sheet.markdown()


def sheets(run: Alerting) -> Iterator[Sheet]:
    """All tables that have rows."""
    for made in (_goals(run), _told(run), _cycles(run)):
        if made.rows:
            yield made


def _goals(run: Alerting) -> Sheet:
    rows = [
        (
            f"reading to webhook, {_beside(each)}, p99",
            _ms(p99),
            f"{GOAL_MS:,.0f} ms",
            _verdict(p99 is not None and p99 < GOAL_MS),
        )
        for each in run.told
        for p99 in (each.percentile_ms(99),)
    ]
    if run.cycles:
        slowest_s = max(each.seconds for each in run.cycles)
        whole = all(each.instances >= INSTANCES for each in run.cycles)
        rows.append(
            (
                f"{run.cycles[0].instances:,} rule instances in a cycle, slowest of {len(run.cycles)}",
                f"{slowest_s:.2f} s",
                f"{GOAL_S:.0f} s",
                _verdict(slowest_s < GOAL_S) if whole else "",
            )
        )
    return Sheet("Goals", ("goal", "measured", "wanted", "verdict"), rows)


def _verdict(reached: bool) -> str:
    return "reached" if reached else "not reached"


def _ms(milliseconds: float | None) -> str:
    return "never came" if milliseconds is None else f"{milliseconds:,.0f} ms"


def _beside(told: Told) -> str:
    return f"beside {told.beside_per_s:,.0f} readings/s" if told.beside_per_s else "alone"


def _told(run: Alerting) -> Sheet:
    rows = [
        (
            f"{_beside(each)}, {len(each.told_ms) + each.never} data centres",
            *(f"{percentile(each.told_ms, percent):,.0f}" if each.told_ms else "" for percent in _PERCENTS),
            *(f"{percentile(each.fired_ms, percent):,.0f}" if each.fired_ms else "" for percent in _PERCENTS),
            f"{each.never}",
        )
        for each in run.told
    ]
    head = ("ms from sending", "webhook p50", "p95", "p99", "worst", "fired p50", "p95", "p99", "worst", "never came")
    return Sheet("From the reading to the webhook", head, rows)


def _cycles(run: Alerting) -> Sheet:
    rows = []
    if run.cycles:
        first, following = run.cycles[0], run.cycles[1:]
        rows.append(_row("nothing fires, the first", first))
        rows += [_row("nothing fires, slowest of the following", max(following, key=_seconds))] if following else []
    rows += [_row(f"storm, {each.name}", each) for each in run.storm]
    head = ("cycle", "rule instances", "fired", "messages", "s", "processor s", "of the database")
    return Sheet("A cycle by itself", head, rows)


def _seconds(cycled: Cycled) -> float:
    return cycled.seconds


def _row(name: str, each: Cycled) -> tuple[str, ...]:
    shown = [f"{used:.2f}" for used in (each.seconds, each.own_cpu_s, each.database_cpu_s)]
    return name, f"{each.instances:,}", f"{each.fired:,}", f"{each.messages}", *shown

"""The figures of the whole line as tables: for the terminal, and as a section of docs/benchmarks.md."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from benchmarks.arrival import Arrival
from benchmarks.line import WORKERS, Booked, Lines
from benchmarks.report import RESULTS, machine_lines, write_figures
from benchmarks.sheet import Sheet

_GOALS = ((Arrival.IN_ORDER, 0.35), (Arrival.SHUFFLED, 0.2))
_LONGER_AT_MOST = 1.2
_VISIBLE_MS = 3_000
_MOST_MB = 250


def write_json(run: Lines, folder: Path = RESULTS) -> Path:
    """All of it in a file named by its time."""
    return write_figures("line", run.at, asdict(run) | {"tables": [asdict(sheet) for sheet in sheets(run)]}, folder)


def section(run: Lines) -> Iterator[str]:
    """The lines for docs/benchmarks.md."""
    versions = (run.database, run.broker, f"Python {run.machine.python}")
    yield from machine_lines(run.at, run.machine, versions, load_before=run.load_before, other_cores=run.other_cores)
    if history := next((each.history for each in run.booked if each.history), None):
        yield f"- {history.years} years of hours of {history.meters:,} meters: {history.bytes / 1e9:.1f} GB"
    if run.scale != 1:
        yield f"- Sizes x {run.scale:g}"
    yield ""
    for sheet in sheets(run):
        yield from sheet.markdown()


def sheets(run: Lines) -> Iterator[Sheet]:
    """All tables."""
    yield _goals(run)
    limits = [(each.name, f"{each.rows:,}", f"{each.rows_per_s:,.0f}") for each in run.limits]
    yield Sheet("The limit, one connection, 20 000 rows a commit", ("way", "rows", "rows/s"), limits)
    yield _booked(run)
    yield _memory(run)


def _goals(run: Lines) -> Sheet:
    rows = []
    for arrival, wanted in _GOALS:
        best = max((each.readings_per_s for each in _empty(run, arrival)), default=0.0)
        ratio = best / run.limit("staged COPY")
        rows.append(_goal(f"{arrival}: share of staged COPY", f"{ratio:.2f}", f"{wanted}", ratio >= wanted))
    for arrival in Arrival:
        for workers in WORKERS:
            empty, full = run.of(arrival, workers, full=False), run.of(arrival, workers, full=True)
            if empty and full:
                longer = empty.readings_per_s / full.readings_per_s
                name = f"{arrival}, {workers} workers: five years there, times as long"
                rows.append(_goal(name, f"{longer:.2f}", f"{_LONGER_AT_MOST}", longer <= _LONGER_AT_MOST))
    seen = [each.visible_ms[99] for each in run.booked if each.visible_ms]
    if seen:
        rows.append(
            _goal("visible beside it, p99, worst run", f"{max(seen):,.0f} ms", "3,000 ms", max(seen) < _VISIBLE_MS)
        )
    most = max((mb for each in run.booked for mb in each.peak_mb.values()), default=0.0)
    rows.append(_goal("memory of any process", f"{most:.0f} MB", f"{_MOST_MB} MB", most < _MOST_MB))
    return Sheet("Goals", ("goal", "measured", "wanted", "verdict"), rows)


def _goal(name: str, measured: str, wanted: str, reached: bool) -> tuple[str, ...]:
    return name, measured, wanted, "reached" if reached else "not reached"


def _empty(run: Lines, arrival: Arrival) -> list[Booked]:
    return [each for each in run.booked if each.arrival is arrival and each.history is None]


def _name(each: Booked) -> str:
    return f"{each.arrival}, {each.workers} workers{', five years there' if each.history else ''}"


def _booked(run: Lines) -> Sheet:
    staged = run.limit("staged COPY")
    rows = [
        (
            _name(each),
            f"{each.readings:,}",
            f"{each.readings_per_s:,.0f}",
            f"{each.readings_per_s / staged:.2f}",
            f"{each.answered_s:.0f}",
            f"{each.seconds:.0f}",
            *(f"{each.visible_ms[p]:,.0f}" if each.visible_ms else "" for p in (50, 95, 99)),
            f"{each.left:,} wait" if each.left else f"{each.unseen} unseen" if each.unseen else "all booked",
        )
        for each in run.booked
    ]
    head = ("whole line", "readings", "booked/s", "of staged", "answered s", "booked s", "visible p50", "p95", "p99 ms")
    return Sheet("From publish to booked", (*head, "check"), rows)


def _memory(run: Lines) -> Sheet:
    rows = [
        (
            _name(each),
            *(f"{each.peak_mb.get(part, 0.0):.0f}" for part in ("ingest", "roll-up", "API")),
            *(f"{each.cpu_s.get(part, 0.0) / each.readings * 1e6:.1f}" for part in _PARTS),
        )
        for each in run.booked
    ]
    head = ("MB of the greatest process; processor µs a reading", "ingest", "roll-up", "API", *_PARTS)
    return Sheet("Memory and processors", head, rows)


_PARTS = ("roll-up", "database: roll-up", "ingest", "database: storing")

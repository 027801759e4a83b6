"""The figures of the intake as tables: for the terminal, and as a section of docs/benchmarks.md."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

from benchmarks.delivery import Delivered
from benchmarks.ingest import Intake
from benchmarks.load import GATEWAYS, METERS_PER_GATEWAY
from benchmarks.report import RESULTS, machine_lines, write_figures
from benchmarks.sheet import Sheet

_PARTS = ("ingest", "database: storing", "broker", "publisher")


def write_json(run: Intake, folder: Path = RESULTS) -> Path:
    """All of it in a file named by its time."""
    return write_figures("ingest", run.at, asdict(run) | {"tables": [asdict(sheet) for sheet in sheets(run)]}, folder)


def section(run: Intake) -> Iterator[str]:
    """The lines for docs/benchmarks.md."""
    versions = (run.database, run.broker, f"Python {run.machine.python}")
    yield from machine_lines(run.at, run.machine, versions, load_before=run.load_before, other_cores=run.other_cores)
    yield (
        f"- {GATEWAYS} gateways with {METERS_PER_GATEWAY} meters each, a reading of each meter every 15 minutes;"
        " `own times`: each reading of a message has its own time; a database of its own for each run"
        + (f"; sizes x {run.scale:g}" if run.scale != 1 else "")
    )
    yield from (f"- Left out: {reason}" for reason in run.left_out)
    yield ""
    for sheet in sheets(run):
        yield from sheet.markdown()


def sheets(run: Intake) -> Iterator[Sheet]:
    """All tables that have rows."""
    for made in (_goals(run), _limits(run), _delivered(run), _cpu(run), _steady(run), _busy(run), _rolled(run)):
        if made.rows:
            yield made
    for made in (_costs(run), _disk(run), _peers(run)):
        if made.rows:
            yield made


def _goals(run: Intake) -> Sheet:
    """Those of DESIGN, section 7, that this run can judge."""
    rows = []
    queue = _find(run, 100, queued=True)
    staged = run.limit("staged COPY")
    if queue and staged:
        ratio = queue.readings_per_s / staged
        rows.append(_goal("full queue, 100 a message: share of staged COPY", f"{ratio:.2f}", "0.75", ratio >= 0.75))
        rate = queue.readings_per_s
        rows.append(_goal("full queue, 100 a message", f"{rate:,.0f}/s", "100,000/s", rate >= 100_000))
    if beside := _find(run, 100, queued=False):
        rate = beside.readings_per_s
        rows.append(_goal("publishers beside, 100 a message", f"{rate:,.0f}/s", "60,000/s", rate >= 60_000))
    if single := _find(run, 1, queued=True):
        rate = single.messages_per_s
        rows.append(_goal("full queue, one a message, a process", f"{rate:,.0f}/s", "15,000/s", rate >= 15_000))
    for each in run.steady:
        if each.wanted_per_s == 10_000 and each.visible_ms:
            p99 = each.visible_ms[99]
            rows.append(_goal("visible by the API at 10,000/s, p99", f"{p99:,.0f} ms", "3,000 ms", p99 < 3000))
    if run.delivered:
        most = max(each.ingest_peak_mb for each in run.delivered)
        rows.append(_goal("memory of an ingest process at most", f"{most:.0f} MB", "250 MB", most < 250))
    return Sheet("Goals", ("goal", "measured", "wanted", "verdict"), rows)


def _goal(name: str, measured: str, wanted: str, reached: bool) -> tuple[str, ...]:
    return name, measured, wanted, "reached" if reached else "not reached"


def _find(run: Intake, per_message: int, *, queued: bool) -> Delivered | None:
    return next(
        (
            each
            for each in run.delivered
            if (each.shape.per_message, each.shape.scattered, each.processes) == (per_message, False, 1)
            and each.queued_before is queued
        ),
        None,
    )


def _limits(run: Intake) -> Sheet:
    rows = [(each.name, f"{each.rows:,}", f"{each.rows_per_s:,.0f}") for each in run.limits]
    return Sheet("The limit, one connection, 20 000 rows a commit", ("way", "rows", "rows/s"), rows)


def _delivered(run: Intake) -> Sheet:
    raw, staged = run.limit("raw COPY"), run.limit("staged COPY")
    rows = [
        (
            _name(each),
            f"{each.readings:,}",
            f"{each.messages_per_s:,.0f}",
            f"{each.readings_per_s:,.0f}",
            _share(each.readings_per_s, staged),
            _share(each.readings_per_s, raw),
            f"{each.ingest_peak_mb:.0f}",
            each.fault or "all stored once",
        )
        for each in run.delivered
    ]
    head = ("readings a message", "readings", "messages/s", "readings/s", "of staged", "of raw", "ingest MB", "check")
    return Sheet("Through broker and ingest, until committed and answered", head, rows)


def _name(each: Delivered) -> str:
    processes = f", {each.processes} processes" if each.processes > 1 else ""
    return f"{each.shape}, {'full queue' if each.queued_before else 'publishers beside'}{processes}"


def _share(rate: float, limit: float | None) -> str:
    return f"{rate / limit:.2f}" if limit else ""


def _cpu(run: Intake) -> Sheet:
    rows = []
    for each in run.delivered:
        others = sum(used for part, used in each.cpu_s.items() if part not in _PARTS)
        shown = [f"{each.cpu_us(part):.2f}" for part in _PARTS]
        rows.append((_name(each), *shown, f"{others / each.readings * 1e6:.2f}"))
    head = ("processor µs a reading", "ingest", "its database session", "broker", "publishers", "rest of the database")
    return Sheet("What it takes of the processors", head, rows)


def _steady(run: Intake) -> Sheet:
    rows = [
        (
            f"{each.wanted_per_s:,.0f}/s for {each.seconds:.0f} s",
            *_percentiles(each.answered_ms),
            *_percentiles(each.visible_ms),
            f"{each.probes}{f' ({each.unseen} never)' if each.unseen else ''}",
            f"{each.most_dirty_slots:,}",
            f"{each.rollup_peak_mb:.0f}",
        )
        for each in run.steady
    ]
    head = ("100 a message", "answered p50", "p95", "p99 ms", "visible p50", "p95", "p99 ms", "probes")
    return Sheet("At a steady rate", (*head, "most slots waiting", "roll-up MB"), rows)


def _percentiles(found: dict[int, float]) -> Iterable[str]:
    return [f"{found[p]:,.0f}" if p in found else "" for p in (50, 95, 99)]


def _busy(run: Intake) -> Sheet:
    parts = sorted({part for each in run.steady for part in each.cpu_s})
    rows = [(part, *(f"{each.cpu_s.get(part, 0.0) / each.seconds:.2f}" for each in run.steady)) for part in parts]
    head = ("cores kept busy", *(f"{each.wanted_per_s:,.0f} readings/s" for each in run.steady))
    return Sheet("Processors at a steady rate", head, rows if run.steady else ())


def _rolled(run: Intake) -> Sheet:
    rows = []
    for each in run.rolled_up:
        own, database = each.cpu_s.get("roll-up", 0.0), each.cpu_s.get("database: roll-up", 0.0)
        shown = [f"{used / each.readings * 1e6:.1f}" for used in (own, database)]
        rows.append((f"{each.readings:,}", f"{each.readings_per_s:,.0f}", *shown, f"{each.peak_mb:.0f}"))
    head = ("readings, each in a slot of its own", "readings/s", "µs in roll-up", "µs in its database session", "MB")
    return Sheet("Roll-up of a backlog, alone", head, rows)


def _costs(run: Intake) -> Sheet:
    rows = [
        (
            str(each.shape),
            *(f"{us:.2f}" for us in (each.decode_us, each.check_us, each.store_us, each.answer_us, each.waited_us)),
        )
        for each in run.costs
    ]
    head = ("readings a message", "decode", "check", "store", "answer", "waiting for the database")
    return Sheet("Parts of ingest by themselves, µs a reading", head, rows)


def _disk(run: Intake) -> Sheet:
    rows = [(table, f"{each.a_reading(table):.1f}") for each in run.on_disk for table in each.bytes_by_table]
    return Sheet("Bytes a reading on disk, with indexes, a reading each 15 minutes", ("table", "bytes"), rows)


def _peers(run: Intake) -> Sheet:
    rows = []
    for peer in run.peers:
        mine = _find(run, peer.shape.per_message, queued=True)
        ratio = f"{mine.readings_per_s / peer.readings_per_s:.1f}" if mine else ""
        stored = f"{peer.stored:,} of {peer.readings:,}"
        cpu = f"{peer.cpu_s.get('ingest', 0.0) / peer.stored * 1e6:.2f}"
        rows.append(
            (
                f"{peer.version}, {peer.shape} a message",
                f"{peer.readings_per_s:,.0f}",
                ratio,
                stored,
                cpu,
                f"{peer.peak_mb:.0f}",
            )
        )
    head = ("peer", "readings/s", "Enermon is faster by", "stored", "processor µs a reading", "MB")
    return Sheet("A peer from the same full queue into the same table, one process", head, rows)

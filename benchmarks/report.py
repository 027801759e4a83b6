"""The figures as a table, as JSON, and as a section of docs/benchmarks.md."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

from rich.table import Table

from benchmarks.machine import Machine
from benchmarks.measure import Timing

GOAL_P95_MS = 50.0
RESULTS = Path(__file__).with_name("results")
PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"
_HEAD = ("call", "rows", "kB", "p50 ms", "p95 ms", "p99 ms", "x reference", f"p95 < {GOAL_P95_MS:.0f} ms")


@dataclass(frozen=True)
class Filled:
    """What the database holds, and how long that took."""

    start: datetime
    end: datetime
    until: datetime
    enterprises: int
    meters: int
    readings: int
    fill_s: float
    rolled_up_slots: int
    roll_up_s: float


@dataclass(frozen=True)
class Answers:
    """A run."""

    at: datetime
    machine: Machine
    database: str
    filled: Filled
    load_before: float
    other_cores: float
    timings: Sequence[Timing]

    @property
    def reached(self) -> int:
        """How many calls keep the goal."""
        return sum(verdict(timing) == "reached" for timing in self.timings)


def verdict(timing: Timing) -> str:
    """Whether a call keeps the goal, or what it answered instead."""
    if timing.status != HTTPStatus.OK:
        return f"status {timing.status}"
    return "reached" if timing.p95_ms < GOAL_P95_MS else "not reached"


def cells(timing: Timing) -> tuple[str, ...]:
    """A line of the table."""
    if timing.status != HTTPStatus.OK:
        return (timing.question.name, "", "", "", "", "", "", verdict(timing))
    return (
        timing.question.name,
        "" if timing.rows is None else str(timing.rows),
        f"{timing.answer_bytes / 1000:.1f}",
        f"{timing.p50_ms:.1f}",
        f"{timing.p95_ms:.1f}",
        f"{timing.p99_ms:.1f}",
        f"{timing.ratio:.1f}",
        verdict(timing),
    )


def table(answers: Answers) -> Table:
    """For the terminal."""
    shown = Table(title=f"{answers.reached} of {len(answers.timings)} calls reach the goal")
    for number, name in enumerate(_HEAD):
        shown.add_column(name, justify="left" if number in (0, len(_HEAD) - 1) else "right", no_wrap=True)
    for timing in answers.timings:
        shown.add_row(*cells(timing), style="" if verdict(timing) == "reached" else "red")
    return shown


def write_json(answers: Answers, folder: Path = RESULTS) -> Path:
    """All of it in a file named by its time."""
    content = asdict(answers)
    for shown, timing in zip(content["timings"], answers.timings, strict=True):
        shown |= {"target": timing.question.target, "ratio": timing.ratio if timing.calls else None}
        shown |= {"verdict": verdict(timing), "question": timing.question.name}
    return write_figures("answers", answers.at, content, folder)


def write_figures(part: str, at: datetime, content: Mapping[str, Any], folder: Path = RESULTS) -> Path:
    """The figures of a part in a file named by its time."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{part}-{at:%Y%m%dT%H%M%S}.json"
    path.write_text(json.dumps(content, indent=1, default=str, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def machine_lines(
    at: datetime, machine: Machine, versions: Iterable[str], *, load_before: float, other_cores: float
) -> Iterator[str]:
    """When and on what it was measured; `versions`: of what was measured beside Enermon, each with its name."""
    yield f"- Date: {at:%Y-%m-%d %H:%M} UTC"
    yield f"- Machine: {machine.cores} cores ({machine.processor}), {machine.memory_gib} GiB; {machine.system}"
    yield f"- Versions: {', '.join((f'Enermon {machine.enermon}', *versions))}"
    yield (
        f"- Load before measuring: {load_before:.2f}; meanwhile other programs kept {other_cores:.2f} of"
        f" {machine.cores} cores busy"
    )


def write_page(answers: Answers, page: Path = PAGE) -> None:
    """Put the figures into the page, between its two marks. Raises ValueError when the page has no marks."""
    write_section("answers", _section(answers), page)


def write_section(part: str, lines: Iterable[str], page: Path = PAGE) -> None:
    """Put lines into the page, between the two marks of a part. Raises ValueError when the page has no such marks."""
    first, last = f"<!-- {part}: written by make bench -->", f"<!-- {part}: end -->"
    before, begin, rest = page.read_text(encoding="utf-8").partition(first)
    _, end, after = rest.partition(last)
    if not begin or not end:
        raise ValueError(f"{page} has no lines `{first}` and `{last}` between which the figures belong")
    section = "\n".join(lines).rstrip()
    page.write_text(f"{before}{first}\n\n{section}\n\n{last}{after}", encoding="utf-8")


def _section(answers: Answers) -> Iterator[str]:
    machine, filled = answers.machine, answers.filled
    calls = max((timing.calls for timing in answers.timings), default=0)
    reference = [timing.reference_p50_ms for timing in answers.timings if timing.calls]
    yield from machine_lines(
        answers.at,
        machine,
        (
            answers.database,
            f"Python {machine.python}",
            f"FastAPI {machine.fastapi}",
            f"uvicorn {machine.uvicorn}",
        ),
        load_before=answers.load_before,
        other_cores=answers.other_cores,
    )
    yield (
        f"- Data: {filled.enterprises} enterprises, {filled.meters} meters, {filled.readings:,} hourly readings from"
        f" {filled.start:%Y-%m-%d} to {filled.until:%Y-%m-%d %H:%M}; asked: {filled.start:%Y-%m-%d} to"
        f" {filled.end:%Y-%m-%d}"
    )
    yield (
        f"- Storing them took {filled.fill_s:.0f} s ({filled.readings / filled.fill_s:,.0f} readings/s), rolling them"
        f" up {filled.roll_up_s:.0f} s ({filled.readings / filled.roll_up_s:,.0f} readings/s)"
    )
    yield (
        f"- Each call {calls} times after a warm-up, one after another, over one connection to one API process;"
        f" reference: `/health/ready`, median {sorted(reference)[len(reference) // 2]:.1f} ms, once after each call"
    )
    yield f"- **{answers.reached} of {len(answers.timings)} calls reach the goal**"
    yield ""
    yield f"| {' | '.join(_HEAD)} |"
    yield "| --- | --: | --: | --: | --: | --: | --: | --- |"
    for timing in answers.timings:
        yield f"| {' | '.join(cells(timing))} |"

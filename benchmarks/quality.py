"""`python -m benchmarks.quality`: what the checks of data quality find of faults put into measured series."""

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from string import Template
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.cross_proof import BEYOND, CROSS_CHECK_OF, cross_tasks, run_cross
from benchmarks.quality_proof import CHECK_OF, Judged, run, tasks
from benchmarks.report import RESULTS
from simulators.faults.inject import SERIES_FAULTS
from simulators.replay import MappingError, load_mapping
from simulators.replay.command import default_data_dir

PAGE = Path(__file__).parents[1] / "docs" / "quality.md"
TEXT = Path(__file__).parent / "quality_section.md"
CROSS_TEXT = Path(__file__).parent / "quality_cross_section.md"
LEAST_RECALL = 0.9
MOST_FALSE_A_YEAR = 1.0
HEADING = "## Proof"
CROSS_HEADING = "## Proof of the cross checks"

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@dataclass(frozen=True)
class Line:
    """One kind of fault in one series: all meters and seeds together."""

    series: str
    kind: str
    check: str
    faults: int
    found: int
    precision: float
    false_a_year: float
    worst_meter: str
    worst_a_year: float

    @property
    def recall(self) -> float:
        """Share of the faults that were found."""
        return self.found / self.faults

    @property
    def holds(self) -> bool:
        """Whether the goal is reached."""
        return self.recall >= LEAST_RECALL and self.false_a_year <= MOST_FALSE_A_YEAR


def lines_of(judged: Sequence[Judged]) -> list[Line]:
    """A line for each series and kind of fault, in the order given."""
    return [
        _line([each for each in judged if (each.series, each.kind) == key])
        for key in dict.fromkeys((each.series, each.kind) for each in judged)
    ]


def _line(judged: Sequence[Judged]) -> Line:
    by_meter = {
        meter: sum(each.false_findings for each in judged if each.meter == meter)
        / sum(each.clean_years for each in judged if each.meter == meter)
        for meter in {each.meter for each in judged}
    }
    true, false = sum(each.true_findings for each in judged), sum(each.false_findings for each in judged)
    worst = max(sorted(by_meter), key=lambda meter: by_meter[meter])
    return Line(
        judged[0].series,
        judged[0].kind,
        (CHECK_OF | CROSS_CHECK_OF)[judged[0].kind],
        faults=sum(each.faults for each in judged),
        found=sum(each.found for each in judged),
        precision=true / max(1, true + false),
        false_a_year=false / sum(each.clean_years for each in judged),
        worst_meter=worst,
        worst_a_year=by_meter[worst],
    )


class Part(StrEnum):
    """What is judged."""

    ALL = "all"
    METERS = "meters"
    CROSS = "cross"


@app.command()
def quality(
    part: Annotated[Part, typer.Option(help="The checks of each meter, those across several, or all")] = Part.ALL,
    rate: Annotated[float, typer.Option(min=0.001, max=0.1, help="Share of the readings that become false")] = 0.01,
    estate_seeds: Annotated[int, typer.Option(min=1, help="Runs with other faults, 24 meters")] = 5,
    steel_seeds: Annotated[int, typer.Option(min=1, help="Runs with other faults, 1 meter")] = 20,
    first_seed: Annotated[int, typer.Option(help="The limits were chosen with seeds below 300")] = 301,
    processes: Annotated[int, typer.Option(min=1)] = 2,
    data: Annotated[Path | None, typer.Option(metavar="DIR", help="Default ../shared/data beside the checkout")] = None,
    page: Annotated[bool, typer.Option(help="Write the figures into docs/quality.md")] = True,
) -> None:
    """Put faults of each kind into the measured series, and say what the checks find. Takes some minutes."""
    console = Console(stderr=True)
    data_dir = data or default_data_dir()
    held = []
    try:
        if part is not Part.CROSS:
            held.append(_meters(data_dir, rate, (estate_seeds, steel_seeds), first_seed, processes, console, page=page))
        if part is not Part.METERS:
            held.append(_cross(data_dir, rate, first_seed, processes, console, page=page))
    except MappingError as error:
        console.print(f"[red]{error}")
        raise typer.Exit(1) from None
    if not all(held):
        raise typer.Exit(1)


def _meters(
    data_dir: Path,
    rate: float,
    runs: tuple[int, int],
    first_seed: int,
    processes: int,
    console: Console,
    *,
    page: bool,
) -> bool:
    """Judge the checks of each meter; whether all reach the goal. `runs`: of estate_hourly, of steel_15min."""
    todo = []
    for series, seeds in zip(("estate_hourly", "steel_15min"), runs, strict=True):
        load_mapping(series)
        todo += tasks(series, data_dir, rate=rate, seeds=range(first_seed, first_seed + seeds))
    # Without injected faults: what the source itself has wrong.
    sourced = [
        replace(each, rate=0.0)
        for each in tasks("estate_hourly", data_dir, rate=0.0, seeds=[first_seed])
        if each.kind in ("zeros", "stuck")
    ]
    steps = track(run([*todo, *sourced], processes=processes), "judging", len(todo) + len(sourced), console=console)
    judged = list(steps)
    lines, source = lines_of(judged[: len(todo)]), judged[len(todo) :]
    _tell(lines, "quality.json", _section(lines, source, rate, *runs) if page else None, HEADING)
    return all(each.holds for each in lines)


def _cross(data_dir: Path, rate: float, first_seed: int, processes: int, console: Console, *, page: bool) -> bool:
    """Judge the cross checks; whether all that can reach the goal do."""
    todo = cross_tasks(data_dir, rate=rate, first_seed=first_seed)
    steps = track(run_cross(todo, processes=processes), "judging across", len(todo), console=console)
    lines = lines_of([each for step in steps for each in step])
    _tell(lines, "quality_cross.json", cross_section(lines, rate) if page else None, CROSS_HEADING)
    return all(each.holds for each in lines if (each.kind, each.series) not in BEYOND)


def _tell(lines: Sequence[Line], name: str, section: str | None, heading: str) -> None:
    """Print the table, keep the figures, and put the section into the page."""
    Console(width=None if sys.stdout.isatty() else 150).print(_table(lines))
    RESULTS.mkdir(exist_ok=True)
    written = RESULTS / name
    written.write_text(json.dumps([asdict(each) for each in lines], indent=1), encoding="utf-8")
    typer.echo(f"written: {written}")
    if section is not None:
        PAGE.write_text(with_section(PAGE.read_text("utf-8"), section, heading), encoding="utf-8")
        typer.echo(f"written: {PAGE}")


def with_section(page: str, section: str, heading: str = HEADING) -> str:
    """The page with the section of this heading replaced, or added at the end."""
    found = re.search(rf"^{heading}\n.*?(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    if found is None:
        return f"{page.rstrip()}\n\n{section}"
    rest = page[found.end() :]
    return page[: found.start()] + section + (f"\n{rest}" if rest else "")


def _cells(line: Line) -> list[str]:
    return [
        line.series,
        line.kind,
        line.check,
        str(line.faults),
        f"{line.recall:.3f}",
        f"{line.precision:.3f}",
        f"{line.false_a_year:.2f}",
        f"{line.worst_a_year:.1f} ({line.worst_meter.removeprefix('REPLAY-')})" if line.worst_a_year else "0",
        "yes" if line.holds else "**no**",
    ]


_COLUMNS = (
    "series",
    "fault",
    "check",
    "faults",
    "recall",
    "precision",
    "false a meter and year",
    "worst meter",
    "goal reached",
)


def _table(lines: Sequence[Line]) -> Table:
    table = Table(*_COLUMNS)
    for each in lines:
        table.add_row(*_cells(each))
    return table


def _section(lines: Sequence[Line], source: Sequence[Judged], rate: float, estate_seeds: int, steel_seeds: int) -> str:
    """The section of the page, in Markdown."""
    kinds = [f"- `{name}`: {fault.effect}{_hours(fault.hours)}" for name, fault in SERIES_FAULTS.items()]
    own = []
    for kind, what in (("zeros", "zeros for what is missing"), ("stuck", "days filled with one value")):
        of_kind = [each for each in source if each.kind == kind]
        found, all_of = sum(each.source_found for each in of_kind), sum(each.source_faults for each in of_kind)
        own.append(f"{what}: `{CHECK_OF[kind]}` found {found} of {all_of}")
    return Template(TEXT.read_text("utf-8")).substitute(
        rate=f"{rate:.0%}",
        estate_seeds=estate_seeds,
        steel_seeds=steel_seeds,
        rows=_rows(lines),
        least_recall=LEAST_RECALL,
        most_false=f"{MOST_FALSE_A_YEAR:.0f}",
        kinds="\n".join(kinds),
        own="; ".join(own),
        of_all=", ".join(
            f"{_false_of_all(lines, name):.1f} in `{name}`" for name in dict.fromkeys(each.series for each in lines)
        ),
    )


def _rows(lines: Sequence[Line]) -> str:
    """The table of the page, in Markdown."""
    rows = [f"| {' | '.join(_COLUMNS)} |", f"|{' --- |' * len(_COLUMNS)}"]
    return "\n".join([*rows, *(f"| {' | '.join(_cells(each))} |" for each in lines)])


def cross_section(lines: Sequence[Line], rate: float) -> str:
    """The section of the cross checks, in Markdown."""
    return Template(CROSS_TEXT.read_text("utf-8")).substitute(
        rate=f"{rate:.0%}",
        rows=_rows(lines).replace("a meter and year", "a subject and year").replace("worst meter", "worst subject"),
    )


def _false_of_all(lines: Sequence[Line], series: str) -> float:
    """False findings a meter and year of all checks together, each check once."""
    by_check = {each.check: each.false_a_year for each in lines if each.series == series}
    return sum(by_check.values())


def _hours(hours: tuple[int, int]) -> str:
    return f", {hours[0]} to {hours[1]} hours" if hours[1] else ", one reading"


if __name__ == "__main__":
    app()

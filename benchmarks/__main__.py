"""`python -m benchmarks`: what `make bench` runs."""

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks import access as access_run
from benchmarks import alerts as alerts_run
from benchmarks import alerts_report, growth_report, ingest_report, line_report
from benchmarks import answers as answers_run
from benchmarks import cells as cells_run
from benchmarks import costly as costly_run
from benchmarks import fair as fair_run
from benchmarks import growth as growth_run
from benchmarks import ingest as ingest_run
from benchmarks import line as line_run
from benchmarks import profiles as profiles_run
from benchmarks import sizing as sizing_run
from benchmarks.arrival import Arrival
from benchmarks.flood import Flood
from benchmarks.report import PAGE, table, write_json, write_page, write_section
from benchmarks.sheet import Sheet
from services.up.errors import StartError
from simulators.registration import RegistrationError

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help="Measure Enermon on this machine.")
WIDTH = 140
_SIZES = ",".join(str(size) for size in growth_run.SIZES)
_METERS = ",".join(str(size) for size in sizing_run.SIZES)
_WORKERS = ",".join(str(number) for number in line_run.WORKERS)
_FLOODS = tuple(flood.name.lower() for flood in Flood)
_NODE_RED = Path(os.environ.get("ENERMON_HOME", ".enermon")) / "node-red"


@app.callback()
def _commands() -> None:
    """Measure Enermon on this machine."""


@app.command()
def cells(
    cells: Annotated[int, typer.Option(min=1, help="So many databases publish")] = 100,
    ledgers: Annotated[int, typer.Option(min=1, help="Sums of places of each, of the running hour")] = 400,
    rates: Annotated[str, typer.Option(help="Rows changed a second, in all cells together")] = "1000,5000,10000,20000",
    seconds: Annotated[float, typer.Option(min=10, help="Each so long")] = 30,
) -> None:
    """How far a region is behind its cells, whose sums come by PostgreSQL's logical replication."""
    asked = [int(rate) for rate in rates.split(",")]
    with tempfile.TemporaryDirectory(prefix="enermon-cells-") as folder:
        Path(folder).chmod(0o755)
        found = cells_run.run(Path(folder), cells=cells, ledgers=ledgers, rates=asked, seconds=seconds)
    for row in found:
        typer.echo(
            f"{row.asked} rows/s asked, {row.changed:.0f} changed; behind {row.behind_p50_s:.1f} s (p50),"
            f" {row.behind_most_s:.1f} s at most, all there {row.at_end_s:.1f} s after the end;"
            f" region {row.cores:.2f} cores"
        )


@app.command()
def answers(
    enterprises: Annotated[int, typer.Option(min=1, help="Size of the region; 74 is the demonstration region")] = 74,
    calls: Annotated[int, typer.Option(min=50, help="How often each call is made")] = 100,
    only: Annotated[str, typer.Option(help="Only calls whose name holds this text; the page is then left alone")] = "",
    keep: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Keep the database there, and use it again if it is there")
    ] = None,
    page: Annotated[bool, typer.Option(help="Write the figures into docs/benchmarks.md")] = True,
) -> None:
    """How long the API takes to answer for a region over a year of hourly readings."""
    with _folder(keep) as folder:
        found = answers_run.run(folder, enterprises=enterprises, calls=calls, only=only, console=_progress())
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    console.print(table(found))
    console.print(f"written: {write_json(found)}")
    if page and not only:
        write_page(found)
        console.print(f"written: {PAGE}")


@app.command()
def ingest(
    only: Annotated[
        str,
        typer.Option(help=f"Some of the steps, with commas: {','.join(ingest_run.STEPS)}; the page is then left alone"),
    ] = "",
    scale: Annotated[float, typer.Option(min=0.001, max=1.0, help="Share of the readings of a whole run")] = 1.0,
    keep: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Keep servers and logs there")] = None,
    node_red: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Where Node-RED is, or is installed by npm")
    ] = _NODE_RED,
    page: Annotated[bool, typer.Option(help="Write the figures into docs/benchmarks.md")] = True,
) -> None:
    """How fast readings come in through the broker, how soon they are seen, and what that takes of the machine."""
    steps = _steps_of(only, ingest_run.STEPS)
    with _folder(keep) as folder:
        found = ingest_run.run(folder, steps=steps, scale=scale, modules=node_red, console=_progress())
    _show(ingest_report.sheets(found), ingest_report.write_json(found))
    for reason in found.left_out:
        typer.echo(f"left out: {reason}")
    if page and not only and scale == 1.0:
        write_section("ingest", ingest_report.section(found))
        typer.echo(f"written: {PAGE}")


@app.command()
def line(
    scale: Annotated[float, typer.Option(min=0.001, max=20.0, help="Times the readings of a whole run")] = 1.0,
    share: Annotated[
        float, typer.Option(min=0.0, max=3.0, help="Times 500 meters with five years of hours; 0: no such runs")
    ] = 1.0,
    workers: Annotated[str, typer.Option(help="Numbers of roll-up workers")] = _WORKERS,
    only: Annotated[str, typer.Option(help="Some of the orders: in_order, late, shuffled")] = "",
    keep: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Keep servers and logs there")] = None,
    page: Annotated[bool, typer.Option(help="Write the figures into docs/benchmarks.md")] = True,
) -> None:
    """How fast readings are booked, from publish to every sum, in any order, on an empty and on a full database."""
    arrivals = [Arrival[name.upper()] for name in only.split(",")] if only else list(Arrival)
    numbers = [int(number) for number in workers.split(",")]
    with _folder(keep) as folder:
        found = line_run.run(folder, scale=scale, share=share, workers=numbers, arrivals=arrivals, console=_progress())
    _show(line_report.sheets(found), line_report.write_json(found))
    if page and not only and scale == share == 1.0 and workers == _WORKERS:
        write_section("line", line_report.section(found))
        typer.echo(f"written: {PAGE}")


@app.command()
def fair(
    only: Annotated[
        str,
        typer.Option(help=f"Some of the floods, with commas: {','.join(_FLOODS)}; the page is then left alone"),
    ] = "",
    seconds: Annotated[float, typer.Option(min=5.0, max=55.0, help="How long each flood lasts")] = fair_run.SECONDS,
    workers: Annotated[int, typer.Option(min=1, max=16, help="Number of roll-up workers")] = 1,
    keep: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Keep servers and logs there")] = None,
    page: Annotated[bool, typer.Option(help="Write the figures into docs/benchmarks.md")] = True,
) -> None:
    """How soon live readings are seen while another gateway floods."""
    floods = [Flood[name.upper()] for name in (only.split(",") if only else _FLOODS)]
    with _folder(keep) as folder:
        found = fair_run.run(folder, floods=floods, seconds=seconds, workers=workers, console=_progress())
    _show(fair_run.sheets(found), fair_run.write_json(found))
    if page and not only and (seconds, workers) == (fair_run.SECONDS, 1):
        write_section("fair", fair_run.section(found))
        typer.echo(f"written: {PAGE}")


@app.command()
def queries(
    sizes: Annotated[str, typer.Option(help="Numbers of meters, growing; the page is left alone for others")] = _SIZES,
    years: Annotated[int, typer.Option(min=1, max=10, help="Years that are kept; asked is the last one")] = 1,
    calls: Annotated[int, typer.Option(min=20, help="How often each call is made")] = 100,
    page: Annotated[bool, typer.Option(help="Write the figures into docs/benchmarks.md")] = True,
) -> None:
    """How long ten calls of a console take over a year of the region, and how that grows with the meters."""
    wanted = tuple(int(size) for size in sizes.split(","))
    with _folder(None) as folder:
        found = growth_run.run(folder, sizes=wanted, years=years, calls=calls, console=_progress())
    _show(growth_report.sheets(found), growth_report.write_json(found))
    if page and sizes == _SIZES and years == 1:
        write_section("queries", growth_report.section(found))
        typer.echo(f"written: {PAGE}")


@app.command()
def alerts(
    only: Annotated[
        str,
        typer.Option(help=f"Some of the steps, with commas: {','.join(alerts_run.STEPS)}; the page is then left alone"),
    ] = "",
    centres: Annotated[
        int, typer.Option(min=2, help="Data centres in breach, and half as many again beside readings")
    ] = alerts_run.CENTRES,
    instances: Annotated[int, typer.Option(min=200, help="Rule instances of a cycle")] = alerts_run.INSTANCES,
    keep: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Keep servers and logs there")] = None,
    page: Annotated[bool, typer.Option(help="Write the figures into docs/benchmarks.md")] = True,
) -> None:
    """How long a reading in breach takes to the webhook, and how long a cycle over many rule instances takes."""
    steps = _steps_of(only, alerts_run.STEPS)
    with _folder(keep) as folder:
        found = alerts_run.run(folder, steps=steps, centres=centres, instances=instances, console=_progress())
    _show(alerts_report.sheets(found), alerts_report.write_json(found))
    if page and not only and (centres, instances) == (alerts_run.CENTRES, alerts_run.INSTANCES):
        write_section("alerts", alerts_report.section(found))
        typer.echo(f"written: {PAGE}")


@app.command()
def access(
    enterprises: Annotated[int, typer.Option(min=12, help="Size of the region")] = access_run.ENTERPRISES,
    calls: Annotated[int, typer.Option(min=20, help="How often each call is made")] = 100,
    keep: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Keep servers and logs there")] = None,
    page: Annotated[bool, typer.Option(help="Write the figures into docs/benchmarks.md")] = True,
) -> None:
    """What access control costs the calls of a console, by three who ask."""
    with _folder(keep) as folder:
        found = access_run.run(folder, enterprises=enterprises, calls=calls, console=_progress())
    _show(access_run.sheets(found), access_run.write_json(found))
    if page and enterprises == access_run.ENTERPRISES:
        write_section("access", access_run.section(found))
        typer.echo(f"written: {PAGE}")


@app.command()
def costly(
    meters: Annotated[int, typer.Option(min=100, help="Size of the region")] = costly_run.METERS,
    only: Annotated[str, typer.Option(help="Only requests whose name holds this text")] = "",
    keep: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Keep the database there, and use it again if it is there")
    ] = None,
) -> None:
    """What the most expensive requests take of API and database, each alone; nothing is written into the page."""
    with _folder(keep) as folder:
        found = costly_run.run(folder, meters=meters, only=only, console=_progress())
    typer.echo(f"written: {costly_run.write_json(found)}")


@app.command()
def profiles(
    page: Annotated[bool, typer.Option(help="Write the figures into docs/benchmarks.md")] = True,
) -> None:
    """What reading messages of other formats takes, beside Enermon's own."""
    found = profiles_run.run()
    Console(width=None if sys.stdout.isatty() else WIDTH).print(profiles_run.sheet(found).table())
    if page:
        write_section("profiles", profiles_run.section(found))
        typer.echo(f"written: {PAGE}")


@app.command()
def sizing(
    sizes: Annotated[str, typer.Option(help="Numbers of meters, whole hundreds")] = _METERS,
    seconds: Annotated[float, typer.Option(min=10.0, help="How long each is looked at")] = sizing_run.SECONDS,
    page: Annotated[bool, typer.Option(help="Write the figures into docs/sizing.md")] = True,
) -> None:
    """What a region takes of processor, memory and disk, by its meters and how often they are read."""
    wanted = [int(size) for size in sizes.split(",")]
    with _folder(None) as folder:
        found = sizing_run.run(folder, sizes=wanted, seconds=seconds, console=_progress())
    _show(sizing_run.sheets(found), sizing_run.write_json(found))
    if page and sizes == _METERS:
        write_section("sizing", sizing_run.section(found), PAGE.with_name("sizing.md"))
        typer.echo("written: docs/sizing.md")


@app.command("all")
def everything(
    parts: Annotated[str, typer.Option(help="Some of the parts, with commas")] = "ingest,line,queries,alerts",
) -> None:
    """What `make bench` runs: every part, one after another."""
    chosen = parts.split(",")
    if "ingest" in chosen:
        ingest()
        profiles()
    if "line" in chosen:
        line()
        fair()
    if "queries" in chosen:
        queries()
    if "alerts" in chosen:
        alerts()
    if "answers" in chosen:
        answers()
    if "access" in chosen:
        access()


def _steps_of(only: str, known: tuple[str, ...]) -> frozenset[str]:
    steps = frozenset(only.split(",")) if only else frozenset(known)
    if unknown := steps - set(known):
        raise typer.BadParameter(f"there is no step {', '.join(sorted(unknown))}", param_hint="--only")
    return steps


def _progress() -> Console:
    return Console(stderr=True, width=None if sys.stderr.isatty() else WIDTH, highlight=False)


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """Where servers and logs of a run are; says what kept it from running."""
    with tempfile.TemporaryDirectory(prefix="enermon-bench-") as temporary:
        try:
            yield keep or Path(temporary)
        except (StartError, RegistrationError, answers_run.KeptForAnotherRunError) as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(1) from None


def _show(sheets: Iterable[Sheet], written: Path) -> None:
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    for sheet in sheets:
        console.print(sheet.table())
    console.print(f"written: {written}")


if __name__ == "__main__":
    app()

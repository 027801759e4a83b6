"""`python -m benchmarks`: what `make bench` runs."""

import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks import answers as answers_run
from benchmarks.report import PAGE, table, write_json, write_page
from services.up.errors import StartError
from simulators.registration import RegistrationError

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help="Measure Enermon on this machine.")
WIDTH = 140


@app.callback()
def _commands() -> None:
    """Measure Enermon on this machine."""


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
    progress = Console(stderr=True, width=None if sys.stderr.isatty() else WIDTH)
    with tempfile.TemporaryDirectory(prefix="enermon-bench-") as temporary:
        try:
            found = answers_run.run(
                keep or Path(temporary), enterprises=enterprises, calls=calls, only=only, console=progress
            )
        except (StartError, RegistrationError, answers_run.KeptForAnotherRunError) as error:
            progress.print(f"[red]{error}")
            raise typer.Exit(1) from None
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    console.print(table(found))
    console.print(f"written: {write_json(found)}")
    if page and not only:
        write_page(found)
        console.print(f"written: {PAGE}")


if __name__ == "__main__":
    app()

"""`enermon-sim faults`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from simulators.faults.filter import FaultFilter
from simulators.faults.inject import PAST_DAYS, SERIES_FAULTS
from simulators.faults.plan import FAULTS
from simulators.faults.series_file import TRUTH_FILE, write_with_faults
from simulators.faults.truth import TruthLog
from simulators.fleet.feed import FleetFeed
from simulators.fleet.region import build_region
from simulators.options import clear_errors, moment_ms, plan_of
from simulators.replay.command import default_data_dir

faults_app = typer.Typer(
    no_args_is_help=True, help="What can go wrong on purpose: list it, or preview it without a network."
)

_PREVIEW_FROM = "2026-01-01"
_DAY_MS = 86_400_000


@faults_app.command("list")
def list_faults() -> None:
    """The faults, what their rate is counted per, what they do, and what they do to the energy."""
    table = Table("fault", "rate per", "what happens", "energy")
    for name, kind in FAULTS.items():
        table.add_row(name, kind.per, kind.effect, kind.truth)
    Console().print(table)
    table = Table("fault of a recorded series", "lasts, hours", "what is written")
    for name, fault in SERIES_FAULTS.items():
        hours = "one reading" if fault.hours[1] == 0 else f"{fault.hours[0]} to {fault.hours[1]}"
        table.add_row(name, hours, fault.effect)
    Console().print(table)


@faults_app.command("inject")
def inject(
    series: Annotated[str, typer.Option(help="A mapping of interval meters: estate_hourly, steel_15min or a file")],
    kind: Annotated[str, typer.Option(help="One of " + ", ".join(SERIES_FAULTS))],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the series, its mapping and the truth log go")],
    rate: Annotated[float, typer.Option(min=0.0, max=0.2, help="Share of the readings that become false")] = 0.01,
    seed: Annotated[int, typer.Option(help="Decides where the faults fall")] = 1,
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the source is; default ../shared/data beside the checkout")
    ] = None,
) -> None:
    """Write a recorded series with faults of measuring, to be found by the checks of data quality.

    Example: enermon-sim faults inject --series steel_15min --kind stuck --out faulty
    """
    with clear_errors():
        made = write_with_faults(series, kind, rate=rate, seed=seed, data_dir=data or default_data_dir(), out_dir=out)
    count = sum(len(each.faults) for each in made)
    typer.echo(f"{count} faults in {len(made)} meters, from day {PAST_DAYS + 1} on; the truth: {out / TRUTH_FILE}")
    typer.echo(f"replay it: enermon-sim replay {out / Path(series).stem}.toml --data {out}")


@faults_app.command("preview")
def preview(
    faults: Annotated[str, typer.Argument(help="duplicates=0.05,shuffle=0.2 or a TOML file")],
    seed: Annotated[int, typer.Option(help="Decides where the faults fall")] = 1,
    enterprises: Annotated[int, typer.Option(min=1, max=1000, help="Size of the simulated region")] = 5,
    days: Annotated[int, typer.Option(min=1, max=400, help="Days from 2026-01-01")] = 2,
    truth: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the truth log here")] = None,
) -> None:
    """What a fleet would send with these faults, message by message, without sending it.

    Example: enermon-sim faults preview duplicates=0.1,late=0.2,swap=0.001
    """
    with clear_errors():
        plan = plan_of(faults, seed)
        region = build_region(seed=seed, enterprises=enterprises)
        log = TruthLog(truth)
        fault_filter = FaultFilter(
            plan, registry=region.registry, truth=log, on_replacement=lambda each: typer.echo(f"  {each}")
        )
        start_ms = moment_ms(_PREVIEW_FROM)
        for gateway, meters in region.meters_by_gateway.items():
            feed = FleetFeed(gateway, meters, start_ms=start_ms, end_ms=start_ms + days * _DAY_MS)
            while (draft := feed.next_draft(start_ms + days * _DAY_MS)) is not None:
                for each in fault_filter(draft):
                    marks = [f"held for {each.hold} messages"] * bool(each.hold) + [f"sent {each.copies} times"] * (
                        each.copies > 1
                    )
                    marks += [f"line cut for {each.cut_after_s} s after it"] * bool(each.cut_after_s)
                    typer.echo(f"{gateway} {len(each.readings)} readings {', '.join(marks) or 'as usual'}")
        log.close()
        typer.echo("injected: " + (", ".join(f"{count} {name}" for name, count in log.injected.items()) or "nothing"))

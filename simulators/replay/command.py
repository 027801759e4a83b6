"""`enermon-sim replay`."""

import os
import time
from pathlib import Path
from typing import Annotated

import typer

from simulators.clock import AcceleratedClock, Clock, FixedClock
from simulators.options import (
    ApiOption,
    CaOption,
    FaultsOption,
    KeyFileOption,
    MqttOption,
    PasswordsOption,
    ProgressKind,
    ProgressOption,
    StateOption,
    WaitOption,
    api_of,
    broker_of,
    clear_errors,
    moment_ms,
    plan_of,
    recorder,
)
from simulators.outbox import Outbox
from simulators.progress import progress_of
from simulators.publish import OUTBOX_FILE, Faults, Options, publish
from simulators.registration import write_csv_files
from simulators.replay.feed import ReplayFeed, feeds_of
from simulators.replay.mapping import MAPPINGS_DIR, load_mapping, registry_of

_CHECKOUT = Path(__file__).parents[2]
_KNOWN = ", ".join(sorted(each.stem for each in MAPPINGS_DIR.glob("*.toml")))


def default_data_dir() -> Path:
    """The shared data beside the checkout, or below ENERMON_SHARED."""
    shared = os.environ.get("ENERMON_SHARED")
    return (Path(shared) if shared else _CHECKOUT.parent / "shared") / "data"


def replay(
    mapping: Annotated[str, typer.Argument(help=f"A mapping file, or one of the project's: {_KNOWN}")],
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the files are; default ../shared/data beside the checkout")
    ] = None,
    api: ApiOption = None,
    key_file: KeyFileOption = None,
    mqtt: MqttOption = None,
    passwords: PasswordsOption = None,
    ca: CaOption = None,
    state: StateOption = Path(".enermon/simulator"),
    from_: Annotated[str | None, typer.Option("--from", metavar="TIME", help="Only from this moment on")] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Only before this moment")] = None,
    speed: Annotated[float, typer.Option(min=0.0, help="Seconds of the series a second; 0: as fast as answered")] = 0.0,
    seed: Annotated[int, typer.Option(help="Decides where the faults fall")] = 1,
    faults: FaultsOption = None,
    progress: ProgressOption = ProgressKind.BAR,
    wait: WaitOption = 0.0,
    csv: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the registry as CSV files for the bulk import")
    ] = None,
    register_only: Annotated[bool, typer.Option("--register-only", help="Register (or write --csv) and stop")] = False,
) -> None:
    """A recorded series as a gateway: registers its meters and publishes its values as they were printed.

    The mapping says how the file is to be read, see docs/simulators.md. The state lies below --state, by mapping.

    Example: enermon-sim replay steel_15min --api http://127.0.0.1:8000 --key-file .enermon/secrets/administrator.key
    --mqtt mqtt://127.0.0.1:11883
    """
    with clear_errors():
        rules = load_mapping(mapping)
        registry = registry_of(rules)
        for path in write_csv_files(registry, csv) if csv else ():
            typer.echo(f"written: {path}", err=True)
        registry_api = api_of(api, key_file)
        if registry_api is not None:
            registry_api.wait_until_ready(wait)
            created = registry_api.register(registry)
            typer.echo("registered: " + ", ".join(f"{count} {kind}" for kind, count in created.items()), err=True)
        if register_only or mqtt is None:
            return
        from_ms, to_ms = moment_ms(from_) if from_ else None, moment_ms(to) if to else None
        feeds = feeds_of(rules, data or default_data_dir(), from_ms=from_ms, to_ms=to_ms)
        if not feeds:
            raise ValueError("no reading lies between --from and --to")
        state_dir = state / rules.name
        outbox = Outbox(state_dir / OUTBOX_FILE)
        options = Options(
            broker=broker_of(mqtt, passwords, ca, api=registry_api, gateways=[each.code for each in registry.gateways]),
            state_dir=state_dir,
            clock=_clock(feeds, speed),
            settings={"simulator": f"replay {rules.name}", "from": str(from_ms), "to": str(to_ms)},
            faults=Faults(plan_of(faults, seed), registry, recorder(registry_api)),
            progress=progress_of(progress),
        )
        counts = publish(feeds, options, outbox=outbox)
        typer.echo(
            f"answered: {counts.answered} readings, {counts.stored} stored, {counts.duplicate} duplicate,"
            f" {counts.rejected} rejected {dict(counts.by_code) or ''}",
            err=True,
        )


def _clock(feeds: list[ReplayFeed], speed: float) -> Clock:
    """Nothing that lies ahead of the real time is sent, whatever the file holds."""
    if speed == 0.0:
        return FixedClock(int(time.time() * 1000))
    return AcceleratedClock(from_ms=min(feed.first_ms for feed in feeds), to_ms=None, speed=speed)

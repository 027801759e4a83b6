"""`enermon-sim fleet`."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from simulators.clock import AcceleratedClock, Clock, FixedClock, RealClock
from simulators.fleet.feed import FleetFeed
from simulators.fleet.region import Region, build_region
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
    day_of,
    day_start_ms,
    moment_ms,
    plan_of,
    recorder,
)
from simulators.outbox import Outbox
from simulators.progress import progress_of
from simulators.publish import OUTBOX_FILE, Faults, Options, publish
from simulators.registration import RegistryApi, write_csv_files


@dataclass(frozen=True)
class _Period:
    """start_ms of the first reading; end_ms of the last, None for ever."""

    clock: Clock
    start_ms: int
    end_ms: int | None


def fleet(
    api: ApiOption = None,
    key_file: KeyFileOption = None,
    mqtt: MqttOption = None,
    passwords: PasswordsOption = None,
    ca: CaOption = None,
    state: StateOption = Path(".enermon/simulator/fleet"),
    seed: Annotated[int, typer.Option(help="The same seed gives the same region and the same readings")] = 1,
    enterprises: Annotated[int, typer.Option(min=1, max=20_000, help="How many enterprises")] = 74,
    history_days: Annotated[int, typer.Option(min=0, max=2000, help="Days of history, sent as a backlog")] = 0,
    live: Annotated[bool, typer.Option("--live/--no-live", help="Go on in real time after the history")] = True,
    speed: Annotated[
        float, typer.Option(min=0.0, help="With --from: simulated seconds a second; 0: as fast as answered")
    ] = 0.0,
    from_: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="First moment, instead of --history-days")
    ] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Last moment; then stop")] = None,
    faults: FaultsOption = None,
    progress: ProgressOption = ProgressKind.BAR,
    wait: WaitOption = 0.0,
    csv: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the registry as CSV files for the bulk import")
    ] = None,
    register_only: Annotated[bool, typer.Option("--register-only", help="Register (or write --csv) and stop")] = False,
) -> None:
    """A simulated region: 74 enterprises (more on request) over all 12 leagues, 4 to 10 meters each.

    It registers them (--api), sends the history as gateways send a backlog, and goes on live (--mqtt).
    Started again with the same --state it continues where the answers stopped.

    Example: enermon-sim fleet --api http://127.0.0.1:8000 --key-file .enermon/secrets/administrator.key
    --mqtt mqtt://127.0.0.1:11883 --history-days 30
    """
    with clear_errors():
        outbox = Outbox(state / OUTBOX_FILE)
        settings = {"simulator": "fleet", "seed": str(seed)}
        outbox.bind(settings)
        period = _period(outbox, history_days=history_days, live=live, speed=speed, from_=from_, to=to)
        today = day_of(int(time.time() * 1000))
        region = build_region(
            seed=seed,
            enterprises=enterprises,
            valid_from=day_of(period.start_ms),
            this_year=int(today[:4]),
            last_month=today[:7],
        )
        registry_api = _register(region, api_of(api, key_file), wait, csv)
        if register_only or mqtt is None:
            outbox.close()
            if mqtt is None and not register_only:
                typer.echo("nothing is published: --mqtt is missing", err=True)
            return
        options = Options(
            broker=broker_of(mqtt, passwords, ca, api=registry_api, gateways=region.meters_by_gateway),
            state_dir=state,
            clock=period.clock,
            settings=settings,
            faults=Faults(plan_of(faults, seed), region.registry, recorder(registry_api)),
            progress=progress_of(progress),
        )
        feeds = [
            FleetFeed(gateway, meters, start_ms=period.start_ms, end_ms=period.end_ms)
            for gateway, meters in region.meters_by_gateway.items()
        ]
        publish(feeds, options, outbox=outbox)


def _period(
    outbox: Outbox, *, history_days: int, live: bool, speed: float, from_: str | None, to: str | None
) -> _Period:
    """Raises ValueError for options that contradict each other. The first start is kept in the state."""
    now_ms = int(time.time() * 1000)
    if speed and from_ is None:
        raise ValueError("--speed needs --from: the moment at which the simulated clock starts")
    first_ms = moment_ms(from_) if from_ else day_start_ms(now_ms, days_before=history_days)
    to_ms = min(moment_ms(to), now_ms) if to else None
    if first_ms > now_ms or (to_ms is not None and to_ms <= first_ms):
        raise ValueError("the period is empty: --from must lie before --to, and before now")
    start_ms = int(outbox.remember("start_ms", str(first_ms)))
    if speed:
        reached_ms = max(first_ms, outbox.latest_cursor() or first_ms)
        return _Period(AcceleratedClock(from_ms=reached_ms, to_ms=to_ms, speed=speed), start_ms, to_ms)
    if to_ms is not None or not live:
        end_ms = to_ms or now_ms
        return _Period(FixedClock(end_ms), start_ms, end_ms)
    return _Period(RealClock(), start_ms, None)


def _register(
    region: Region, registry_api: RegistryApi | None, wait_s: float, csv_dir: Path | None
) -> RegistryApi | None:
    if csv_dir is not None:
        for path in write_csv_files(region.registry, csv_dir):
            typer.echo(f"written: {path}", err=True)
    if registry_api is None:
        return None
    if wait_s:
        registry_api.wait_until_ready(wait_s)
    created = registry_api.register(region.registry)
    new = ", ".join(f"{count} {kind}" for kind, count in created.items() if count) or "nothing new"
    typer.echo(f"registered: {new}", err=True)
    return registry_api

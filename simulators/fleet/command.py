"""`enermon-sim fleet`."""

import time
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from simulators.clock import AcceleratedClock, Clock, FixedClock, RealClock
from simulators.faults.plan import FaultPlan
from simulators.fleet.feed import FleetFeed
from simulators.fleet.region import Particular, Region, build_region
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
from simulators.story.kept import Kept
from simulators.story.script import Script, load_script


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
    story: Annotated[
        bool, typer.Option("--story", help="With the faults of the demonstration; see `enermon-sim story`")
    ] = False,
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
        told = _story(state, today) if story else None
        region = build_region(
            seed=seed,
            enterprises=enterprises,
            valid_from=day_of(period.start_ms),
            this_year=int(today[:4]),
            last_month=today[:7],
            particular=told.particular() if told else None,
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
            faults=Faults(_plan(faults, seed, told, region), region.registry, recorder(registry_api)),
            progress=progress_of(progress),
        )
        publish(_feeds(region, period, told), options, outbox=outbox)


@dataclass(frozen=True)
class _Story:
    script: Script
    first_day: date

    def particular(self) -> Particular:
        first_days = {code: day.isoformat() for code, day in self.script.first_days(self.first_day).items()}
        return Particular({each.meter: (each.ratio, each.season) for each in self.script.flow}, first_days)


def _story(state: Path, today: str) -> _Story:
    """The story of this state, whose times count from the day on which it was begun."""
    return _Story(load_script(), Kept(state).begin(date.fromisoformat(today)))


def _plan(faults: str | None, seed: int, told: _Story | None, region: Region) -> FaultPlan:
    plan = plan_of(faults, seed)
    if told is None:
        return plan
    meters_of = {code: [each.meter.code for each in meters] for code, meters in region.meters_by_gateway.items()}
    return replace(plan, placed=told.script.placed(told.first_day, meters_of))


def _feeds(region: Region, period: _Period, told: _Story | None) -> list[FleetFeed]:
    starts = told.script.first_days(told.first_day) if told else {}
    ends = told.script.quiet_from(told.first_day) if told else {}
    return [
        FleetFeed(
            gateway,
            meters,
            start_ms=moment_ms(starts[gateway].isoformat()) if gateway in starts else period.start_ms,
            end_ms=ends.get(gateway, period.end_ms),
        )
        for gateway, meters in region.meters_by_gateway.items()
    ]


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

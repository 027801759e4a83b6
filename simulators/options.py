"""Options that the commands share, and how they become what a run needs."""

import datetime as dt
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from simulators.broker import Broker, BrokerOptionError, broker_from_url
from simulators.faults.plan import FaultPlan, FaultPlanError, parse_plan
from simulators.faults.registers import Replacement
from simulators.outbox import StateMismatchError
from simulators.provisioning import provide_logins
from simulators.registration import RegistrationError, RegistryApi

log = logging.getLogger(__name__)

SHANGHAI = dt.timezone(dt.timedelta(hours=8))


class ProgressKind(StrEnum):
    BAR = "bar"
    JSON = "json"
    NONE = "none"


ApiOption = Annotated[
    str | None,
    typer.Option(
        "--api",
        metavar="URL",
        envvar="ENERMON_SIM_API_URL",
        help="Register through this API first: http://127.0.0.1:8000",
    ),
]
KeyFileOption = Annotated[
    Path | None,
    typer.Option(
        "--key-file",
        metavar="FILE",
        envvar="ENERMON_API_KEY_FILE",
        help="API key of an account that may register, such as secrets/administrator.key of ENERMON_HOME",
    ),
]
MqttOption = Annotated[
    str | None,
    typer.Option(
        "--mqtt",
        metavar="URL",
        envvar="ENERMON_SIM_MQTT_URL",
        help="Publish to this broker: mqtt://host:port or mqtts://...",
    ),
]
PasswordsOption = Annotated[
    Path | None,
    typer.Option(
        "--passwords",
        metavar="CSV",
        help="Passwords: gateway,user,password. With --api those that it lacks are asked for and added",
    ),
]
CaOption = Annotated[Path | None, typer.Option("--ca", metavar="PEM", help="Certificate authority of an mqtts broker")]
StateOption = Annotated[
    Path, typer.Option("--state", metavar="DIR", help="What was sent and not answered; the next run with it continues")
]
FaultsOption = Annotated[
    str | None,
    typer.Option(
        "--faults",
        metavar="LIST|FILE",
        help="duplicates=0.05,shuffle=0.2 or a TOML file; see `enermon-sim faults list`",
    ),
]
ProgressOption = Annotated[ProgressKind, typer.Option("--progress", help="How progress is shown")]
WaitOption = Annotated[float, typer.Option("--wait", metavar="S", help="Wait so many seconds for the API to be ready")]
SpeedHelp = "Simulated seconds a second"


@contextmanager
def clear_errors() -> Iterator[None]:
    """A mistake of the caller ends the command with one line that says how to mend it, and code 2."""
    try:
        yield
    except (BrokerOptionError, FaultPlanError, RegistrationError, StateMismatchError, ValueError) as error:
        typer.secho(f"error: {error}", err=True, fg=typer.colors.RED)
        raise typer.Exit(2) from error
    except KeyboardInterrupt as error:
        typer.echo("stopped; what was not answered is kept", err=True)
        raise typer.Exit(130) from error


def api_of(url: str | None, key_file: Path | None) -> RegistryApi | None:
    """The API to register at; None without an address. Raises ValueError where the key cannot be read."""
    if url is None:
        return None
    if key_file is None:
        raise ValueError("the API lets nobody in without a key: name its file with --key-file")
    try:
        key = key_file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ValueError(f"the key cannot be read: {error}") from error
    return RegistryApi(url, key=key)


def broker_of(
    url: str, passwords: Path | None, ca: Path | None, *, api: RegistryApi | None, gateways: Iterable[str]
) -> Broker:
    """The broker, with a password for each gateway where there is an API to ask for it."""
    if api is not None and passwords is not None:
        provide_logins(api, gateways, passwords)
    return broker_from_url(url, passwords_file=passwords, ca_file=ca)


def plan_of(text: str | None, seed: int) -> FaultPlan:
    return parse_plan(text, seed=seed) if text else FaultPlan(seed=seed)


def moment_ms(text: str) -> int:
    """Epoch ms of an ISO time; without an offset it is Asia/Shanghai time. Raises ValueError."""
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is no time: write 2026-01-01 or 2026-01-01T00:00:00+08:00") from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=SHANGHAI)
    return int(moment.timestamp() * 1000)


def day_start_ms(now_ms: int, *, days_before: int) -> int:
    """Midnight in Asia/Shanghai, so many days before today."""
    today = dt.datetime.fromtimestamp(now_ms / 1000, SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    return int((today - dt.timedelta(days=days_before)).timestamp() * 1000)


def day_of(ts_ms: int) -> str:
    """The day in Asia/Shanghai, ISO."""
    return dt.datetime.fromtimestamp(ts_ms / 1000, SHANGHAI).date().isoformat()


def recorder(api: RegistryApi | None) -> Callable[[Replacement], None]:
    """Tells the API of a replaced meter; without an API the record is printed for an operator."""

    def record(replacement: Replacement) -> None:
        ts = dt.datetime.fromtimestamp(replacement.ts / 1000, SHANGHAI).isoformat()
        facts = {"ts": ts, "final_value": replacement.final_value, "first_value": replacement.first_value}
        if api is None:
            typer.echo(f"meter {replacement.meter} was replaced; record it: {facts}", err=True)
            return
        try:
            api.record_replacement(
                replacement.meter,
                ts=ts,
                final_value=replacement.final_value,
                first_value=replacement.first_value,
                note="simulated",
            )
        except RegistrationError as error:
            log.error("meter %s was replaced, the record was not taken, enter %s: %s", replacement.meter, facts, error)

    return record

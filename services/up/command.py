"""The command `enermon up`."""

import os
import sys
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from services.core.calendar import Grain, floor
from services.core.clock import utc_now
from services.core.settings import BadSettingError, Settings, read_settings
from services.up.embedded import LACKS
from services.up.errors import StartError
from services.up.home import Home
from services.up.ports import port_setting
from services.up.screen import Screen
from services.up.stack import (
    choose_store_here,
    embedded_broker,
    embedded_database,
    native_broker,
    native_database,
)
from services.up.story import LEAST_DAYS_OF_STORY
from services.up.supervisor import RunPlan, Supervisor


class Store(StrEnum):
    """Which database and broker."""

    AUTO = "auto"
    NATIVE = "native"
    EMBEDDED = "embedded"


def up(
    store: Annotated[
        Store,
        typer.Option(envvar="ENERMON_STORE", help="native: TimescaleDB and mosquitto; embedded: from Python packages"),
    ] = Store.AUTO,
    fleet: Annotated[bool, typer.Option("--fleet/--no-fleet", help="Run the simulated region")] = True,
    history_days: Annotated[
        int | None,
        typer.Option(
            min=0, help="Days of history the simulated region sends at first; default: two whole months and on"
        ),
    ] = None,
    home: Annotated[Path, typer.Option(envvar="ENERMON_HOME", help="Where data, logs and secrets live")] = Path(
        ".enermon"
    ),
) -> None:
    """Run everything in the foreground: database, broker, services and a simulated region. Ctrl-C stops it all."""
    try:
        place = Home(home.expanduser().resolve())
        place.prepare()
        days = days_of_history(utc_now()) if history_days is None else history_days
        plan = _plan(place, store=store, with_region=fleet, history_days=days)
        Supervisor(plan, Screen()).run()
    except StartError as error:
        print(f"\nEnermon did not start [{error.code}]: {error}", file=sys.stderr)
        raise typer.Exit(1) from error
    except PermissionError as error:
        print(
            f"\nEnermon did not start [no_permission]: {error}. Was {home} made by another user (root)? "
            "Start as that user, or choose another folder with ENERMON_HOME.",
            file=sys.stderr,
        )
        raise typer.Exit(1) from error


def days_of_history(now: datetime) -> int:
    """Days since the first of the month that lies 62 days back: two whole months, so that the last one compares."""
    today = floor(now, Grain.DAY)
    return (today - floor(today - timedelta(days=LEAST_DAYS_OF_STORY), Grain.MONTH)).days


def _settings() -> Settings:
    try:
        return read_settings()
    except BadSettingError as error:
        raise StartError("bad_setting", str(error)) from None


def _given_urls(settings: Settings) -> tuple[str | None, str | None]:
    """Database and broker that are given, by a variable or a file."""
    given = settings.model_fields_set
    return (
        settings.database_url.get_secret_value() if "database_url" in given else None,
        settings.mqtt_url.get_secret_value() if "mqtt_url" in given else None,
    )


def _plan(home: Home, *, store: Store, with_region: bool, history_days: int) -> RunPlan:
    settings = _settings()
    database_url, mqtt_url = _given_urls(settings)
    notes: list[str] = []
    database = broker = None
    if database_url is None or mqtt_url is None:
        chosen = choose_store_here(store, home)
        native = chosen == Store.NATIVE
        if database_url is None:
            database = native_database(home) if native else embedded_database(home)
        if mqtt_url is None:
            broker = native_broker(home) if native else embedded_broker(home)
        if not native:
            notes.append(LACKS)
        home.remember(store=chosen)
    return RunPlan(
        home=home,
        database=database,
        broker=broker,
        database_url=database_url,
        mqtt_url=mqtt_url,
        api_host=os.environ.get("ENERMON_API_HOST") or "127.0.0.1",
        api_port=port_setting("ENERMON_API_PORT"),
        with_region=with_region,
        history_days=history_days,
        notes=tuple(notes),
        with_sparkplug=settings.sparkplug,
    )

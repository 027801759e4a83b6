"""The command `enermon`."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import psycopg
import sqlalchemy.exc
import typer

from services.alerts import head_command, past_command
from services.api.access import command as accounts
from services.api.open_data import command as open_data
from services.backup import command as backups
from services.core import logs
from services.core.data.loader import DataFileError
from services.core.db.roles import DatabaseRolesError
from services.core.progress import progress_bar
from services.core.settings import BadSettingError, Settings, read_settings
from services.energy.check import command as checked
from services.energy.check.asked import UnknownMetersError
from services.ingest import command as access
from services.ingest.profiles import command as profiles
from services.provenance import command as provenance
from services.retention.command import retain
from services.up.command import up
from services.upward.command import upward

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Online monitoring of key energy-using units.",
)


app.command()(up)
app.command()(upward)
app.command()(backups.backup)
app.command()(backups.archive)
app.command("backup-key")(backups.backup_key)
app.command()(backups.restore)
app.command()(retain)
app.command()(provenance.verify)
app.command()(head_command.head)
app.command("judge-past")(past_command.judge_past)
app.add_typer(accounts.app, name="account")
app.add_typer(open_data.app, name="open-reader")
app.command("open-files")(open_data.open_files)
app.add_typer(access.credentials, name="credentials")
app.add_typer(access.ca, name="ca")
app.command("broker-users")(access.broker_users)
app.add_typer(profiles.app, name="profile")


@app.command()
def migrate() -> None:
    """Bring the database to the newest schema, change by change; what is done stays, so it may be run again.

    Exit code 1 where a change did not get its locks: run it again. 78 where the schema is of a newer version.
    """
    from services.core.db.migrate import LockedError, NewerSchemaError, upgrade

    settings = _settings_of_service()
    try:
        revision = upgrade(settings.database_url.get_secret_value(), settings.data)
    except (LockedError, NewerSchemaError) as refused:
        typer.echo(str(refused), err=True)
        raise typer.Exit(1 if isinstance(refused, LockedError) else os.EX_CONFIG) from None
    typer.echo(f"schema at revision {revision}")


@app.command()
def compact() -> None:
    """Give back what indexes of closed times have too much. Services run on; needs the owner of the tables."""
    from services.core.clock import utc_now
    from services.core.db.compacting import compact as rebuild

    with progress_bar("indexes") as progress:
        done = rebuild(read_settings().database_url.get_secret_value(), now=utc_now(), progress=progress)
    megabytes = (done.bytes_before - done.bytes_after) / 1e6
    typer.echo(f"{done.indexes} indexes built anew, {megabytes:.1f} MB given back")


@app.command()
def compress() -> None:
    """Compress closed readings (ENERMON_COMPRESS_AFTER_DAYS), in the Community edition of TimescaleDB alone.

    Services run on; needs the owner of the tables. Exit code 1 where the edition cannot.
    """
    from services.core.clock import utc_now
    from services.core.db.compressing import CannotCompressError
    from services.core.db.compressing import compress as compress_readings

    settings = read_settings()
    try:
        with progress_bar("chunks") as progress:
            done = compress_readings(
                settings.database_url.get_secret_value(),
                older_than=timedelta(days=settings.compress_after_days),
                now=utc_now(),
                progress=progress,
            )
    except CannotCompressError as error:
        typer.echo(f"nothing was compressed: {error}", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{done.chunks} chunks: {done.bytes_before / 1e6:.1f} MB compressed to {done.bytes_after / 1e6:.1f}")


@app.command("database-logins")
def database_logins(
    files: Annotated[list[Path], typer.Argument(help="Password files, each named by its role: enermon_api and so on")],
) -> None:
    """Make the database roles of the services, and let each log in with its password. Needs a superuser."""
    from services.core.db.logins import PasswordFileError, give_logins, read_passwords

    try:
        passwords = read_passwords(files)
    except PasswordFileError as error:
        raise typer.BadParameter(str(error), param_hint="files") from None
    give_logins(read_settings().database_url.get_secret_value(), passwords)
    typer.echo(f"may log in: {', '.join(passwords)}")


def _settings_of_service() -> Settings:
    settings = read_settings()
    logs.set_up(settings.log_level)
    return settings


@app.command()
def ingest(
    leave: Annotated[
        bool, typer.Option(help="Store what waits for this instance at the broker, end its session there, and end")
    ] = False,
) -> None:
    """Take readings from the MQTT broker and store them."""
    from services.ingest.mqtt.service import run

    run(_settings_of_service(), leave=leave)


@app.command()
def hj212() -> None:
    """Take what monitors of pollution sources send by HJ 212 over TCP, and store it."""
    from services.ingest.hj212.service import run

    run(_settings_of_service())


@app.command()
def necc() -> None:
    """Take what end devices of key energy-using units send by the national protocol, over HTTPS, and store it."""
    from services.ingest.necc.service import run

    run(_settings_of_service())


@app.command()
def sparkplug() -> None:
    """Take what edge nodes of Sparkplug B send, as their primary host, and store it."""
    from services.ingest.sparkplug.host import run

    run(_settings_of_service())


@app.command()
def rollup() -> None:
    """Turn stored readings into energy by slot, hour, day and month, and sums by place."""
    from services.energy.rollup.service import run

    run(_settings_of_service())


@app.command()
def quality() -> None:
    """Judge the quality of what was received, day by day: counts, checks, estimates."""
    from services.quality.process.service import run

    run(_settings_of_service())


@app.command()
def api() -> None:
    """Serve the HTTP interface."""
    from services.api.serve import run

    run(_settings_of_service())


@app.command()
def alerts() -> None:
    """Hold the rules of alerts against what was measured, and tell the supervision bodies."""
    from services.alerts.service import run

    run(_settings_of_service())


@app.command()
def check(
    unverified: Annotated[bool, typer.Option("--unverified", help="A line for each unverified number")] = False,
    sums_only: checked.SumsOnly = False,
    meters: checked.Meters = None,
    since: checked.Since = None,
    until: checked.Until = None,
    sample: checked.Sample = 100,
    of_settings: Annotated[
        bool,
        typer.Option("--settings", help="Instead: each setting with its source, and whether what it names answers"),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --settings: for a program")] = False,
) -> None:
    """Say which store is in use, whether every sum agrees with those below it, and what the domain numbers are.

    The readings are booked again, in memory, and held against what is kept of them. Exit code 1 where something
    differs, or a table is at fault. With --settings 1 where something fails, 0 where there are only warnings. 78 where
    a setting cannot be used.
    """
    settings = read_settings()
    if of_settings:
        _check_settings(settings, as_json=as_json)
        return
    from services.energy.check.report import report
    from services.judging.data.numbers import numbers

    asked = checked.asked_for(meters=meters, since=since, until=until, percent=sample)
    tables = numbers(settings.data)
    try:
        with progress_bar("slots booked again") as progress:
            sums = report(
                settings.database_url.get_secret_value(), asked=None if sums_only else asked, progress=progress
            )
    except UnknownMetersError as unknown:
        raise typer.BadParameter(f"no meter is registered as {unknown}", param_hint="--meters") from None
    typer.echo("\n".join([*sums.lines(), *tables.lines(each=unverified)]))
    if not (sums.well and tables.well):
        raise typer.Exit(1)


def _check_settings(settings: Settings, *, as_json: bool) -> None:
    from services.alerts.surroundings.report import look_around
    from services.core.clock import utc_now

    found = look_around(settings, now=utc_now())
    typer.echo(found.as_json() if as_json else "\n".join(found.lines()))
    if not found.well:
        raise typer.Exit(1)


def main() -> None:
    """Entry of the command."""
    try:
        app()
    except (sqlalchemy.exc.OperationalError, psycopg.OperationalError) as error:
        cause = str(getattr(error, "orig", error)).strip()
        typer.echo(f"The database does not answer; ENERMON_DATABASE_URL says where it is.\n{cause}", err=True)
        raise SystemExit(1) from None
    except BadSettingError as error:
        typer.echo(f"A setting cannot be used.\n{error}", err=True)
        raise SystemExit(os.EX_CONFIG) from None
    except DatabaseRolesError as error:
        typer.echo(str(error), err=True)
        raise SystemExit(os.EX_CONFIG) from None
    except DataFileError as error:
        typer.echo(f"The domain numbers cannot be read; docs/data.md has their rules.\n{error}", err=True)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()

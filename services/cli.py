"""The command `enermon`."""

import os
from pathlib import Path
from typing import Annotated

import psycopg
import sqlalchemy.exc
import typer

from services.api.access import command as accounts
from services.core import logs
from services.core.data.loader import DataFileError
from services.core.db.roles import DatabaseRolesError
from services.core.progress import progress_bar
from services.core.settings import BadSettingError, read_settings
from services.energy.check import command as checked
from services.energy.check.asked import UnknownMetersError
from services.ingest.gateway_access import NoGatewayKeyError
from services.provenance import command as provenance
from services.up.command import up

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Online monitoring of key energy-using units.",
)


app.command()(up)
app.command()(provenance.verify)
app.add_typer(accounts.app, name="account")


@app.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    from services.core.db.migrate import upgrade

    settings = read_settings()
    revision = upgrade(settings.database_url.get_secret_value(), settings.data)
    typer.echo(f"schema at revision {revision}")


@app.command()
def ingest() -> None:
    """Take readings from the MQTT broker and store them."""
    from services.ingest.mqtt.service import run

    logs.set_up()
    run(read_settings())


@app.command()
def rollup() -> None:
    """Turn stored readings into energy by slot, hour, day and month, and sums by place."""
    from services.energy.rollup.service import run

    logs.set_up()
    run(read_settings())


@app.command()
def quality() -> None:
    """Judge the quality of what was received, day by day: counts, checks, estimates."""
    from services.quality.process.service import run

    logs.set_up()
    run(read_settings())


@app.command()
def api() -> None:
    """Serve the HTTP interface."""
    from services.api.serve import run

    logs.set_up()
    run(read_settings())


@app.command()
def alerts() -> None:
    """Hold the rules of alerts against what was measured, and tell the supervision bodies."""
    from services.alerts.service import run

    logs.set_up()
    run(read_settings())


@app.command("gateway-passwords")
def gateway_passwords() -> None:
    """Print the MQTT password of every registered gateway, as CSV, for the people who set the devices up."""
    from services.ingest.broker_users import passwords_csv
    from services.ingest.gateway_access import read_access

    typer.echo(passwords_csv(read_access(read_settings()).passwords), nl=False)


@app.command("broker-users")
def broker_users(
    file: Annotated[Path, typer.Option(help="mosquitto's password file to write")],
    service_passwords: Annotated[
        Path,
        typer.Option(
            exists=True, file_okay=False, help="Folder with a file for each service user (enermon-...): its password"
        ),
    ],
    pid: Annotated[int, typer.Option(help="mosquitto's process, to be told after each change; 0: none")] = 0,
    watch: Annotated[
        bool, typer.Option(help="Stay and write again whenever registry or services' passwords change")
    ] = False,
) -> None:
    """Write mosquitto's password file from the registry."""
    from services.ingest.gateway_access import keep_password_file

    logs.set_up()
    keep_password_file(read_settings(), file, services=service_passwords, pid=pid, watch=watch)


@app.command()
def check(
    unverified: Annotated[bool, typer.Option("--unverified", help="A line for each unverified number")] = False,
    sums_only: checked.SumsOnly = False,
    meters: checked.Meters = None,
    since: checked.Since = None,
    until: checked.Until = None,
    sample: checked.Sample = 100,
) -> None:
    """Say which store is in use, whether every sum agrees with those below it, and what the domain numbers are.

    The readings are booked again, in memory, and held against what is kept of them. Exit code 1 where something
    differs, or a table is at fault.
    """
    from services.energy.check.report import report
    from services.judging.data.numbers import numbers

    settings = read_settings()
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
    except NoGatewayKeyError as error:
        typer.echo(f"The key of the gateways' passwords cannot be read.\n{error}", err=True)
        raise SystemExit(os.EX_CONFIG) from None
    except DatabaseRolesError as error:
        typer.echo(str(error), err=True)
        raise SystemExit(os.EX_CONFIG) from None
    except DataFileError as error:
        typer.echo(f"The domain numbers cannot be read; docs/data.md has their rules.\n{error}", err=True)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()

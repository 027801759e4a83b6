"""`enermon open-reader`: logins of the database for Grafana, Power BI and the like; `enermon open-files`.

The former needs a superuser, or an owner who may make roles.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import psycopg
import typer

from services.api.access.tokens import new_password
from services.api.open_data import readers
from services.api.open_data.readers import OpenReaderError
from services.api.open_data.views import OpenView
from services.core.calendar import SHANGHAI
from services.core.db.connections import connect
from services.core.settings import read_settings

app = typer.Typer(no_args_is_help=True, help="Logins of the database that read the views of the schema open.")

_ONCE = "It is shown this once. Hand it over safely; if it is lost, make another."

_LONGEST_READ_S = 300
"""So long a statement may take of those by which a month is read."""

LoginArgument = Annotated[str, typer.Argument(help="With which it logs in to the database")]


@app.command()
def add(
    name: LoginArgument,
    area: Annotated[list[str] | None, typer.Option(help="Code of an area that it sees, with all below; repeat")] = None,
    everything: Annotated[bool, typer.Option("--everything", help="It sees every row")] = False,
    connections: Annotated[int, typer.Option(min=1, max=100, help="So many at once")] = 5,
    seconds: Annotated[int, typer.Option(min=1, max=3600, help="So long a query may take")] = 30,
) -> None:
    """Let a new login in, read only. Prints its password, once."""
    if everything == bool(area):
        raise typer.BadParameter("say which areas it sees, or --everything", param_hint="--area")
    password = new_password()
    with _owner() as connection:
        readers.add(
            connection,
            name,
            password,
            areas=None if everything else area,
            connections=connections,
            longest_s=seconds,
        )
    typer.echo(f"The password of {name}. {_ONCE}", err=True)
    typer.echo(password)


@app.command("list")
def list_all() -> None:
    """List them."""
    with _owner() as connection:
        for reader in readers.readers(connection):
            sees = "everything" if reader.areas is None else ", ".join(reader.areas)
            since = reader.made_at.astimezone(SHANGHAI).isoformat(timespec="seconds")
            lacks = "" if reader.comes_in else ", has no login on this server"
            typer.echo(f"{reader.login}: sees {sees}, {reader.connections} connections, since {since}{lacks}")


@app.command()
def password(name: LoginArgument) -> None:
    """Give one a new password; prints it, once. Sessions go on."""
    given = new_password()
    with _owner() as connection:
        readers.set_password(connection, name, given)
    typer.echo(f"The new password of {name}. {_ONCE}", err=True)
    typer.echo(given)


@app.command()
def remove(name: LoginArgument) -> None:
    """End its sessions and take the login away."""
    with _owner() as connection:
        readers.remove(connection, name)
    typer.echo(f"{name} does not come in any more")


def open_files(
    folder: Annotated[Path, typer.Argument(file_okay=False, help="Where the files and manifest.json are to lie")],
    view: Annotated[list[OpenView] | None, typer.Option(help="Only this view; repeat. Without: all")] = None,
    area: Annotated[
        list[str] | None, typer.Option(help="Only what this area sees; repeat. Without: everything")
    ] = None,
    licence: Annotated[
        str | None, typer.Option(help="What the manifest says of who may use them; said once for a folder")
    ] = None,
) -> None:
    """Write the months that are over as Parquet files, and what was booked again since as new versions of them."""
    from services.api.access.reach import AREA_TREE, EVERYTHING, Reach
    from services.api.database import Database
    from services.api.open_data.files import MonthlyFiles, MonthlyFolderError
    from services.core.clock import utc_now

    if unknown := [code for code in area or () if code not in AREA_TREE.level]:
        raise typer.BadParameter(f"no area has the code {', '.join(unknown)}", param_hint="--area")
    database = Database(read_settings().database_url.get_secret_value(), longest_read_s=_LONGEST_READ_S)
    seen = database.within(Reach(areas=tuple(area)) if area else EVERYTHING)
    files = MonthlyFiles(folder, licence=licence, areas=area or (), now=utc_now())
    try:
        written = files.write(seen, view or list(OpenView))
    except MonthlyFolderError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    except OSError as error:
        typer.echo(f"{folder} cannot be written into: {error.strerror or error}", err=True)
        raise typer.Exit(1) from None
    finally:
        database.close()
    for each in written:
        typer.echo(
            f"{each.name}: {each.rows} rows, {each.bytes} bytes"
            + (f", replaces {each.replaces}" if each.replaces else "")
        )
    typer.echo(f"{len(written)} files written")


@contextmanager
def _owner() -> Iterator[psycopg.Connection]:
    """A connection as the login of the address, committed at the end; what goes wrong is told, and ends the command."""
    url = read_settings().database_url.get_secret_value()
    try:
        with connect(url, role=None, application_name="enermon-open-reader") as connection:
            yield connection
    except OpenReaderError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    except psycopg.errors.InsufficientPrivilege as error:
        typer.echo(f"Logins are made by a superuser, or an owner with CREATEROLE: {error}".strip(), err=True)
        raise typer.Exit(1) from None

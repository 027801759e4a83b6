"""`enermon account`: who may come in, for those who run Enermon. Needs the owner of the database."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Never

import psycopg
import typer
from psycopg import Connection

from services.api.access import accounts, first
from services.api.access.accounts import KeptAccount, LastAdministratorError
from services.api.access.passwords import Passwords
from services.api.access.role import Right, Role
from services.api.access.tokens import new_key, new_password
from services.api.reasons import Fault
from services.core.calendar import SHANGHAI
from services.core.db.connections import connect
from services.core.db.roles import DatabaseRole
from services.core.settings import read_settings

app = typer.Typer(no_args_is_help=True, help="Who may come in: people and programs, and their keys.")

_BY = "enermon account"
_ONCE = "It is shown this once. Hand it over safely; if it is lost, make another."

NameArgument = Annotated[str, typer.Argument(help="Name of the account")]


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="With which it signs in; it stands beside what it does, and stays")],
    role: Annotated[Role, typer.Option(help="What it is to the platform")],
    area: Annotated[str | None, typer.Option(help="Of a supervisor or program: code of its area")] = None,
    enterprise: Annotated[str | None, typer.Option(help="Of an enterprise: its credit code")] = None,
    display_name: Annotated[str | None, typer.Option(help="Name of the person or program")] = None,
    email: Annotated[str | None, typer.Option(help="Where the person is reached")] = None,
) -> None:
    """Let somebody in. Prints the first password, once; a program gets none, but keys (`enermon account key`)."""
    from services.api.access.bound import bound_faults

    if not re.fullmatch(accounts.NAME_PATTERN, name):
        _refuse([Fault("NAME", "bad_account_name")])
    if role is Role.GATEWAY:
        raise typer.BadParameter("a gateway is registered as such, and has no account", param_hint="--role")
    password = None if role is Role.PROGRAM else new_password()
    with _database() as connection:
        if faults := bound_faults(connection, role, area=area, enterprise=enterprise):
            _refuse(faults)
        try:
            accounts.add_account(
                connection,
                name,
                role,
                display_name=display_name,
                area=area,
                enterprise=enterprise,
                email=email,
                password_hash=None if password is None else Passwords().hashed(password),
                must_change_password=password is not None,
            )
        except psycopg.errors.UniqueViolation:
            _fail(f"{name} is an account already; a name is never given again")
    if password is not None:
        typer.echo(f"The first password of {name}; it must be changed at the first sign-in. {_ONCE}", err=True)
        typer.echo(password)


@app.command("list")
def list_all() -> None:
    """List who may come in."""
    with _database() as connection:
        for account in accounts.accounts(connection):
            typer.echo(_line(account))


@app.command()
def disable(name: NameArgument) -> None:
    """Let an account in no more; its sessions end. What it did stays."""
    with _database() as connection:
        try:
            accounts.disable(connection, _account(connection, name).account_id, now=accounts.moment(connection))
        except LastAdministratorError:
            _fail(f"{name} is the only administrator: make another first")


@app.command()
def enable(name: NameArgument) -> None:
    """Let an account in again, and its keys."""
    with _database() as connection:
        accounts.enable(connection, _account(connection, name).account_id)


@app.command()
def password(name: NameArgument) -> None:
    """Give an account a new first password; prints it, once. Its sessions end, its keys stay."""
    given = new_password()
    with _database() as connection:
        account = _account(connection, name)
        if account.role == Role.PROGRAM:
            _fail(f"{name} is a program, which has keys alone: enermon account key {name}")
        kept = Passwords().hashed(given)
        accounts.set_password(connection, account.account_id, kept, must_change_password=True)
        accounts.note_let_in(connection, account.account_id, by=None, now=accounts.moment(connection))
    typer.echo(f"The new password of {name}; it must be changed at the next sign-in. {_ONCE}", err=True)
    typer.echo(given)


@app.command()
def key(
    name: NameArgument,
    key_name: Annotated[str, typer.Option("--name", help="What the key is for")] = "enermon account key",
    right: Annotated[list[Right] | None, typer.Option(help="Only this may be done with it; may be repeated")] = None,
    area: Annotated[list[str] | None, typer.Option(help="Only in this area; may be repeated")] = None,
    days: Annotated[int | None, typer.Option(min=1, max=3660, help="So long it holds; without: until revoked")] = None,
) -> None:
    """Make a key of an account; prints it, once."""
    from services.api.access.bound import key_faults

    made = new_key()
    with _database() as connection:
        account = _account(connection, name)
        if faults := key_faults(account, right or [], area or []):
            _refuse(faults)
        accounts.add_key(
            connection,
            account.account_id,
            key_name,
            made,
            created_by=_BY,
            rights=right,
            areas=area,
            expires_at=None if days is None else accounts.moment(connection) + timedelta(days=days),
        )
    typer.echo(f"A key of {name}. {_ONCE}", err=True)
    typer.echo(made)


@app.command("first")
def make_first(
    key_file: Annotated[Path, typer.Option(dir_okay=False, help="Where a key of the administrator is to lie")],
    password_file: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="Where its first password is to lie, where what is printed is kept in a log"),
    ] = None,
) -> None:
    """Make the first administrator, where there is none: prints its name and password as JSON, once.

    Leaves a key of an administrator in the file, where there is none that works.
    """
    with _database() as connection:
        try:
            made = first.first_administrator(connection, key_file, Passwords(), password_file=password_file)
        except psycopg.errors.UniqueViolation:
            _fail(f"nobody is an administrator, and {first.NAME} is an account: enermon account enable {first.NAME}")
        except OSError as error:
            wanted = key_file if password_file is None else f"{key_file} or {password_file}"
            _fail(f"{wanted} cannot be written: {error.strerror}")
    if made is not None and password_file is not None:
        typer.echo(
            f"The first password of {first.NAME} lies in {password_file}; it must be changed at the first sign-in."
        )
    elif made is not None:
        typer.echo(json.dumps({"account": first.NAME, "password": made}))


@app.command()
def demonstration(
    folder: Annotated[Path, typer.Option(file_okay=False, help="Where their keys and first passwords are to lie")],
) -> None:
    """Make accounts of each role on the simulated region, as far as they are not there."""
    from services.api.access.demonstration import add_demonstration

    with _database() as connection:
        try:
            added = add_demonstration(connection, folder, Passwords())
        except OSError as error:
            _fail(f"{folder} cannot be written: {error.strerror}")
    typer.echo(f"made: {', '.join(added)}" if added else "all are there")


@contextmanager
def _database() -> Iterator[Connection]:
    url = read_settings().database_url.get_secret_value()
    with connect(url, role=DatabaseRole.ADMIT, application_name="enermon-account") as connection:
        yield connection


def _account(connection: Connection, name: str) -> KeptAccount:
    account = accounts.account_named(connection, name)
    if account is None:
        _fail(f"no account is called {name}; `enermon account list` shows them")
    return account


def _line(account: KeptAccount) -> str:
    bound = account.area or account.enterprise
    parts = [
        f"{account.name}: {account.role}" + (f" of {bound}" if bound else ""),
        account.display_name if account.display_name != account.name else "",
        "no password" if not account.has_password else "first password" if account.must_change_password else "",
        f"disabled {_at(account.disabled_at)}" if account.disabled_at else f"since {_at(account.created_at)}",
    ]
    return ", ".join(part for part in parts if part)


def _at(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).isoformat(timespec="seconds")


def _refuse(faults: list[Fault]) -> Never:
    _fail("\n".join(f"{fault.field}: {fault.reason}" for fault in faults))


def _fail(why: str) -> Never:
    typer.echo(why, err=True)
    raise typer.Exit(1)

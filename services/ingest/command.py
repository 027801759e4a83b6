"""The commands `enermon credentials`, `enermon ca` and `enermon broker-users`."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import psycopg
import typer

from services.core import logs
from services.core.calendar import SHANGHAI
from services.core.clock import utc_now
from services.core.db.connections import connect
from services.core.db.roles import DatabaseRole
from services.core.mqtt_address import parse_mqtt_url
from services.core.settings import Settings, read_settings
from services.ingest.broker_users import Holder, HolderKind, is_credit_code, write_private
from services.ingest.certificates import CertificateError, PrivateCa
from services.ingest.credentials import (
    OVERLAP,
    Certified,
    Credential,
    HolderError,
    Issued,
    UnknownHolderError,
    certificates_in_use,
    credentials_of,
    is_known,
    issue_certificate,
    issue_password,
    revoke,
)
from services.ingest.credentials import adopt as adopt_derived
from services.ingest.gateway_access import BrokerFiles, keep_broker_users

credentials = typer.Typer(
    no_args_is_help=True, help="With what gateways and enterprises come to the broker; for who has the database."
)
ca = typer.Typer(no_args_is_help=True, help="The private certificate authority of the broker.")

_HOUR = timedelta(hours=1)

CodeArgument = Annotated[str, typer.Argument(metavar="CODE", help="Code of a gateway, or an enterprise's credit code")]
OverlapOption = Annotated[
    float, typer.Option(min=0, max=720, help="So many hours the credential before works on; 0: it is revoked")
]


@credentials.command()
def give(
    code: CodeArgument,
    overlap_hours: OverlapOption = OVERLAP / _HOUR,
    certificate: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Make a certificate and its key there, and no password")
    ] = None,
    request: Annotated[
        Path | None,
        typer.Option(metavar="PEM", help="With --certificate: the request of a device that keeps its key"),
    ] = None,
) -> None:
    """Give a new credential: a password is printed, and kept nowhere."""
    settings, now = read_settings(), utc_now()
    authority = PrivateCa(settings.ca_folder)
    asked = None if request is None else request.read_text("utf-8")

    def certify(user: str) -> Certified:
        return authority.certify_gateway(user, now=now, request=asked)

    with _refusing(), _database(settings) as connection:
        holder, overlap = _holder(code), overlap_hours * _HOUR
        if certificate is None:
            issued = issue_password(connection, holder, author=_who(), now=now, overlap=overlap)
        else:
            issued = issue_certificate(connection, holder, certify, author=_who(), now=now, overlap=overlap)
    if certificate is None:
        typer.echo(f"user      {issued.user_name}\npassword  {issued.password}")
    else:
        typer.echo("\n".join(f"written: {file}" for file in _written(issued, authority, certificate)))


def _written(issued: Issued, authority: PrivateCa, folder: Path) -> list[Path]:
    assert issued.certified is not None
    texts = {"ca.pem": authority.text(), f"{issued.user_name}.pem": issued.certified.certificate}
    if issued.certified.key is not None:
        texts[f"{issued.user_name}.key"] = issued.certified.key
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        write_private(folder / name, text)
    return [folder / name for name in texts]


@credentials.command("list")
def list_(code: CodeArgument) -> None:
    """Say which credentials a code has had, and which of them work."""
    with _refusing(), _database(read_settings()) as connection:
        for each in credentials_of(connection, _known(connection, code)):
            typer.echo(_line(each))


def _line(each: Credential) -> str:
    now = utc_now()
    if each.revoked_at is not None:
        state = f"revoked {each.revoked_at.astimezone(SHANGHAI):%F %T} by {each.revoked_by}"
    elif each.expires_at is not None:
        state = f"{'works until' if each.expires_at > now else 'ended'} {each.expires_at.astimezone(SHANGHAI):%F %T}"
    else:
        state = "works"
    given = f"given {each.created_at.astimezone(SHANGHAI):%F %T} by {each.created_by}"
    return f"{each.generation:>3}  {each.user_name}  {each.kind}  {given}  {state}"


@credentials.command("revoke")
def revoke_(
    code: CodeArgument,
    generation: Annotated[int | None, typer.Option(min=1, help="Only this one; left out: all")] = None,
) -> None:
    """Revoke credentials: the broker ends the connection and lets it in no more."""
    with _refusing(), _database(read_settings()) as connection:
        holder = _known(connection, code)
        count = revoke(connection, holder, generation=generation, author=_who(), now=utc_now())
    typer.echo(f"revoked: {count}")


@credentials.command()
def adopt(
    key: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="gateway.key of before 0.6")],
) -> None:
    """Keep the passwords that gateways have of the key of versions before 0.6. Remove the key afterwards."""
    with _database(read_settings()) as connection:
        count = adopt_derived(connection, key.read_bytes(), now=utc_now())
    typer.echo(f"kept: {count}")


@ca.command()
def make(
    name: Annotated[str, typer.Option(help="As it is called in its certificate")] = "Enermon private CA",
) -> None:
    """Make the authority: its key and its certificate, in the folder ENERMON_CA."""
    with _refusing():
        authority = PrivateCa(read_settings().ca_folder)
        authority.make(name, now=utc_now())
    typer.echo(f"written: {authority.own.certificate}, which gateways need; {authority.own.key}, which nobody needs")


@ca.command()
def server(
    names: Annotated[list[str], typer.Argument(metavar="HOST...", help="Host names and addresses of the broker")],
) -> None:
    """Make the broker's certificate, or renew it; mosquitto takes it at its next start."""
    with _refusing():
        made = PrivateCa(read_settings().ca_folder).certify_server(names, now=utc_now())
    typer.echo(f"written: {made.file}, good until {made.expires_at.astimezone(SHANGHAI):%F}")


@ca.command("list")
def list_certificates() -> None:
    """Say until when each certificate is good: the authority's, the broker's and those of gateways."""
    settings = read_settings()
    with _refusing():
        for each in PrivateCa(settings.ca_folder).dated():
            typer.echo(f"{each.expires_at.astimezone(SHANGHAI):%F}  {each.subject}  {each.file}")
    with _database(settings) as connection:
        for user, expires_at in certificates_in_use(connection, now=utc_now()):
            typer.echo(f"{expires_at.astimezone(SHANGHAI):%F}  {user}")


def broker_users(
    passwords: Annotated[Path, typer.Option(metavar="FILE", help="mosquitto's password file to write")],
    rights: Annotated[Path, typer.Option(metavar="FILE", help="File of rights to write, with which its plugin starts")],
    service_passwords: Annotated[
        Path,
        typer.Option(
            exists=True, file_okay=False, help="Folder with a file for each service user (enermon-...): its password"
        ),
    ],
    control: Annotated[
        str | None, typer.Option(metavar="URL", help="Where the running mosquitto takes commands: mqtt://host:1883")
    ] = None,
    revoked: Annotated[
        Path | None, typer.Option(metavar="FILE", help="List of revoked certificates to write (crlfile of mosquitto)")
    ] = None,
    pid: Annotated[int, typer.Option(help="mosquitto's process, to be told after each change; 0: none")] = 0,
    watch: Annotated[
        bool, typer.Option(help="Stay and write again whenever credentials or services' passwords change")
    ] = False,
) -> None:
    """Write mosquitto's users from the database, and give and take rights while it runs."""
    logs.set_up()
    files = BrokerFiles(passwords, rights, revoked, pid, None if control is None else parse_mqtt_url(control))
    keep_broker_users(read_settings(), files, services=service_passwords, watch=watch)


def _holder(code: str) -> Holder:
    return Holder(HolderKind.ENTERPRISE if is_credit_code(code) else HolderKind.GATEWAY, code)


def _known(connection: psycopg.Connection, code: str) -> Holder:
    holder = _holder(code)
    if not is_known(connection, holder):
        raise UnknownHolderError(f"no {holder.kind} is registered as {code}")
    return holder


def _who() -> str:
    return f"command, {getpass.getuser()}"


@contextmanager
def _database(settings: Settings) -> Iterator[psycopg.Connection]:
    url = settings.database_url.get_secret_value()
    with connect(url, role=DatabaseRole.ADMIT, application_name="enermon-credentials") as connection:
        yield connection


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except (HolderError, CertificateError, OSError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from None

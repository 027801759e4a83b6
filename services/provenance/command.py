"""`enermon verify`, and what it shows on the way."""

from datetime import datetime
from typing import Annotated

import typer

from services.core.calendar import SHANGHAI
from services.core.progress import progress_bar
from services.core.settings import read_settings

_HEAD_BYTES = 32


def verify(
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Only what was received and sealed from this day (Asia/Shanghai) on"),
    ] = None,
    head: Annotated[str | None, typer.Option(help="Head of the chain noted elsewhere, 64 hexadecimal digits")] = None,
) -> None:
    """Say whether stored readings and corrections are those that were sealed. Exit code 1 where something differs."""
    from services.provenance.verify import verify as verify_database

    with progress_bar("seals and readings") as progress:
        found_now = verify_database(
            _url(),
            since=since.replace(tzinfo=SHANGHAI) if since else None,
            noted=_noted(head),
            progress=progress,
        )
    typer.echo("\n".join(found_now.lines()))
    if not found_now.well:
        raise typer.Exit(1)


def _noted(head: str | None) -> bytes | None:
    if head is None:
        return None
    try:
        noted = bytes.fromhex(head)
    except ValueError:
        noted = b""
    if len(noted) != _HEAD_BYTES:
        raise typer.BadParameter("64 hexadecimal digits, as GET /api/v1/seal gives them", param_hint="--head")
    return noted


def _url() -> str:
    return read_settings().database_url.get_secret_value()

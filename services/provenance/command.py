"""`enermon verify`, and what it shows on the way."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from services.core.calendar import SHANGHAI
from services.core.progress import progress_bar
from services.core.settings import read_settings
from services.provenance.heads import NotedHead, heads_of, noted_head


def verify(
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Only what was received and sealed from this day (Asia/Shanghai) on"),
    ] = None,
    head: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|NUMBER:DIGEST",
            help="Head of the chain noted elsewhere, or a file of them; else that of ENERMON_SEAL_HEAD_FILE",
        ),
    ] = None,
) -> None:
    """Say whether readings, corrections and audit are those that were sealed. Exit code 1 where something differs."""
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


def _noted(head: str | None) -> Sequence[NotedHead]:
    if head is None:
        own = read_settings().seal_head_file
        return _heads_of(own) if own is not None and own.exists() else ()
    try:
        return [noted_head(head)]
    except ValueError as error:
        if head and Path(head).is_file():
            return _heads_of(Path(head))
        raise typer.BadParameter(f"no such file, and {error}", param_hint="--head") from None


def _heads_of(file: Path) -> Sequence[NotedHead]:
    try:
        return heads_of(file)
    except (OSError, ValueError) as error:
        raise typer.BadParameter(str(error), param_hint="--head") from None


def _url() -> str:
    return read_settings().database_url.get_secret_value()

"""The command `enermon retain`."""

from typing import Annotated

import psycopg
import typer

from services.core.clock import utc_now
from services.core.progress import progress_bar
from services.core.settings import read_settings
from services.retention.errors import RetentionError
from services.retention.retain import DueDrop, Retained
from services.retention.retain import retain as retain_readings


def retain(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, and change nothing")] = False,
    wait: Annotated[
        int, typer.Option(min=0, metavar="SECONDS", help="Wait so long for what services still do with old readings")
    ] = 600,
) -> None:
    """Drop readings older than ENERMON_KEEP_READINGS_MONTHS; sums and seals stay. Needs the owner of the tables.

    It may be stopped at any time and run again. Exit code 1 where nothing could be dropped, and why.
    """
    settings = read_settings()
    months = settings.keep_readings_months
    if not months:
        typer.echo("all readings are kept (ENERMON_KEEP_READINGS_MONTHS=0)")
        return
    try:
        with progress_bar("readings held against their digests") as progress:
            found = retain_readings(
                settings.database_url.get_secret_value(),
                months=months,
                now=utc_now(),
                wait_s=wait,
                dry_run=dry_run,
                progress=progress,
            )
    except RetentionError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    except psycopg.OperationalError as error:
        typer.echo(f"the database does not answer: {str(error).strip()}", err=True)
        raise typer.Exit(1) from None
    typer.echo(_told(found, months))


def _told(found: DueDrop | Retained | None, months: int) -> str:
    if found is None:
        return f"nothing is due: readings of the last {months} months are kept, and older chunks are gone"
    due = found if isinstance(found, DueDrop) else found.due
    since = f"readings are kept from {due.kept_from.isoformat()} on"
    if isinstance(found, DueDrop):
        return (
            f"would go: {due.chunks} chunks of before {due.dropped_before.isoformat()}, {due.bytes / 1e6:.1f} MB;"
            f" {since}"
        )
    return (
        f"{found.readings} readings dropped, about {due.bytes / 1e6:.1f} MB; {found.carried} of before"
        f" {due.dropped_before.isoformat()} stay for what is counted from them, and parts of {found.remainders}"
        f" batches; {since}"
    )

"""`enermon head`: shows the head of the chain of seals, and publishes it on demand."""

from contextlib import closing
from datetime import timedelta
from typing import Annotated

import typer

from services.core.settings import read_settings


def head(
    publish: Annotated[
        bool, typer.Option("--publish", help="Also write it to ENERMON_SEAL_HEAD_FILE, and send it by mail and webhook")
    ] = False,
) -> None:
    """Show the newest seal as NUMBER:DIGEST. Exit code 1 where there is none, or it could not be published."""
    from services.alerts.channels.kinds import channels_of
    from services.alerts.heads import HeadSending, head_of, recipients_of
    from services.core.clock import utc_now
    from services.core.db.connections import connect
    from services.core.db.roles import DatabaseRole
    from services.provenance.found import shanghai_time
    from services.provenance.heads import append_head, head_text

    settings = read_settings()
    database_url, failed = settings.database_url.get_secret_value(), False
    with closing(connect(database_url, role=DatabaseRole.ALERTS, application_name="enermon-head")) as connection:
        connection.autocommit = True
        newest = head_of(connection)
        if newest is None:
            typer.echo("nothing is sealed yet", err=True)
            raise typer.Exit(1)
        typer.echo(f"{head_text(newest)} {shanghai_time(newest.sealed_at)}")
        if not publish:
            return
        if settings.seal_head_file is not None:
            try:
                append_head(settings.seal_head_file, newest)
                typer.echo(f"{settings.seal_head_file}: written", err=True)
            except OSError as error:
                typer.echo(f"{settings.seal_head_file}: {error.strerror}", err=True)
                failed = True
        sending = HeadSending(channels_of(settings), recipients_of(settings), every=timedelta(0))
        for name, failure in sending.send_all(connection, newest, utc_now()):
            typer.echo(f"{name}: {failure or 'sent'}", err=True)
            failed = failed or failure is not None
    if failed:
        raise typer.Exit(1)

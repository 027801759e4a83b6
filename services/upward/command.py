"""The command `enermon upward`."""

from contextlib import closing
from typing import Annotated

import typer

from services.core import logs
from services.core.db.connections import connect
from services.core.db.roles import DatabaseRole
from services.core.settings import read_settings

_MOST = 200


def upward(
    listed: Annotated[
        bool, typer.Option("--list", help="Say what was not sent, and why; the newest periods first")
    ] = False,
) -> None:
    """Send days and months of enterprises to the platform above, by the national protocol."""
    from services.upward.service import run

    if listed:
        _list(read_settings().database_url.get_secret_value())
        return
    settings = read_settings()
    logs.set_up(settings.log_level)
    run(settings)


def _list(database_url: str) -> None:
    from services.upward.outbox import counts, not_sent

    with closing(connect(database_url, role=DatabaseRole.ALERTS, application_name="enermon-upward-list")) as connection:
        connection.autocommit = True
        many = counts(connection)
        unsent = not_sent(connection, _MOST)
    typer.echo(", ".join(f"{state}: {many.get(state, 0)}" for state in ("waiting", "held")))
    for each in unsent:
        value = "-" if each.value is None else f"{each.value} {each.unit}"
        period = f"{each.period:%Y-%m-%d}" if each.stat_type == 1 else f"{each.period:%Y-%m}"
        said = f" ({each.answer})" if each.answer else ""
        of = f"{each.credit_code} {each.item} {period} v{each.version}"
        typer.echo(f"{of} {value} {each.state}, tried {each.attempts}{said}")
    if len(unsent) == _MOST:
        typer.echo(f"... and older ones: the first {_MOST} are listed")

"""`enermon judge-past`: what would have been alerted, had it been judged then."""

from pathlib import Path
from typing import Annotated

import typer

from services.core import logs
from services.core.settings import read_settings


def judge_past(
    moments: Annotated[
        Path,
        typer.Argument(
            exists=True,
            dir_okay=False,
            allow_dash=True,
            help='Lines {"at": "2026-11-12T08:00:00+08:00", "rules": ["completeness_unit"]}; - reads standard input',
        ),
    ],
) -> None:
    """Hold rules against what was measured, as of moments of the past, where nothing was judged since.

    For an installation that begins with the history of another, and for the demonstration.
    """
    from services.alerts.past import judge_past as judge
    from services.alerts.past import read_moments

    logs.set_up()
    text = typer.get_text_stream("stdin").read() if str(moments) == "-" else moments.read_text(encoding="utf-8")
    try:
        asked = read_moments(text)
        judged = judge(read_settings(), asked)
    except ValueError as error:
        typer.echo(f"moments: {error}", err=True)
        raise typer.Exit(2) from None
    typer.echo(f"judged {judged} of {len(asked)} moments")

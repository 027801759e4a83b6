"""`enermon-sim`: gateways that are not there, and receivers of alerts."""

import logging
import signal
import sys
from types import FrameType
from typing import Annotated

import typer

from simulators.faults.command import faults_app
from simulators.fleet.command import fleet
from simulators.hj212.command import hj212
from simulators.necc.command import necc
from simulators.receiver.command import receiver
from simulators.receiver.mails_command import mails
from simulators.replay.command import replay
from simulators.sparkplug.command import sparkplug
from simulators.story.command import story_app

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
    help="Gateways on the wire, for trying, testing and measuring Enermon. They follow docs/mqtt.md: "
    "what was not answered is kept and sent again. And a receiver of alerts, which shows what arrives.",
)
app.command()(fleet)
app.command()(replay)
app.command()(hj212)
app.command()(necc)
app.command()(receiver)
app.command()(mails)
app.command()(sparkplug)
app.add_typer(faults_app, name="faults")
app.add_typer(story_app, name="story")


@app.callback()
def settings(
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Also say when connections come and go")] = False,
) -> None:
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(message)s",
        stream=sys.stderr,
    )
    signal.signal(signal.SIGTERM, _stop)
    logging.getLogger("httpx").setLevel(logging.WARNING)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    """A service manager's stop ends a run as Ctrl-C does: gateways say `offline`, the state is written."""
    raise KeyboardInterrupt


def main() -> None:
    app()


if __name__ == "__main__":
    main()

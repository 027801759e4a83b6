"""`enermon-sim receiver`."""

import threading
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from simulators.receiver.arrivals import Arrivals
from simulators.receiver.mail_sink import MailSink
from simulators.receiver.show import Screen
from simulators.receiver.signature import key_of
from simulators.receiver.webhook_sink import WebhookSink


def receiver(
    webhook_port: Annotated[int, typer.Option(min=0, max=65535, help="Port for webhooks; 0: any free one")] = 9080,
    smtp_port: Annotated[int, typer.Option(min=0, max=65535, help="Port for e-mail; 0: any free one")] = 9025,
    secret: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WHSEC",
            envvar="ENERMON_SIM_SECRET",
            help="Check signatures with this secret (whsec_…); several times for several. Without it none is checked",
        ),
    ] = None,
    fail_first: Annotated[int, typer.Option(min=0, metavar="N", help="Refuse the first N of each channel")] = 0,
    slow_s: Annotated[float, typer.Option(min=0.0, metavar="S", help="Answer after so many seconds")] = 0.0,
    down_for: Annotated[
        float, typer.Option(min=0.0, metavar="S", help="Open the ports only after so many seconds")
    ] = 0,
    json_lines: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Append each arrival to this file, a JSON object a line")
    ] = None,
) -> None:
    """Takes alerts as e-mail and webhooks on loopback ports, shows them, and can behave badly.

    Webhooks are taken on every path, mail for every address with any login. At the end it says how many came, and
    how many of them again.

    Example: enermon-sim receiver --fail-first 2
    """
    console = Console()
    try:
        keys = [key_of(one) for one in secret or ()]
        screen = Screen(console, json_lines)
    except (ValueError, OSError) as error:
        _end(f"{error}")
    arrivals = Arrivals(screen.show, fail_first=fail_first)
    webhooks = WebhookSink(arrivals, port=webhook_port, keys=keys, slow_s=slow_s)
    mails = MailSink(arrivals, port=smtp_port, slow_s=slow_s)
    try:
        if down_for:
            console.print(f"down for {down_for:g} s", highlight=False)
            threading.Event().wait(down_for)
        _run(console, webhooks, mails)
    except KeyboardInterrupt:
        console.print(arrivals.summary(), highlight=False)
        raise typer.Exit(130) from None
    finally:
        screen.close()


def _run(console: Console, webhooks: WebhookSink, mails: MailSink) -> None:
    """Take what comes until Ctrl-C."""
    started: list[WebhookSink | MailSink] = []
    try:
        for sink in (webhooks, mails):
            try:
                sink.start()
            except OSError as error:
                _end(f"{sink.url} cannot be opened: {error.strerror}. Choose --webhook-port and --smtp-port")
            started.append(sink)
            console.print(f"listening at {sink.url}", highlight=False, soft_wrap=True)
        threading.Event().wait()
    finally:
        for sink in started:
            sink.stop()


def _end(reason: str) -> NoReturn:
    typer.secho(f"error: {reason}", err=True, fg=typer.colors.RED)
    raise typer.Exit(2)

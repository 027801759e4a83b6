"""`enermon-sim necc`."""

import datetime as dt
import json
from dataclasses import asdict
from typing import Annotated

import httpx
import typer

from simulators.necc.device import SHANGHAI, NotTakenError, SimulatedEndDevice
from simulators.options import clear_errors

_DIGITS = 16


def necc(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where the device registers")],
    enterprise: Annotated[str, typer.Option(help="Credit code of its enterprise")],
    region: Annotated[str, typer.Option(help="Six digits")] = "150622",
    code: Annotated[
        list[str] | None, typer.Option(help="Data code that it sends, 16 digits; several times for several")
    ] = None,
    serial: Annotated[str, typer.Option(help="Its serial number")] = "",
    cipher: Annotated[str, typer.Option(help="none, aes or sm4, with the key that it is told")] = "none",
    first: Annotated[str, typer.Option("--from", metavar="DAY", help="First day; empty: so many days ago")] = "",
    days: Annotated[int, typer.Option(min=1, help="Days that are sent, each in one upload")] = 1,
    period_min: Annotated[int, typer.Option(help="Minutes of real-time values: 15, 30 or 60")] = 15,
    by_hand: Annotated[list[str] | None, typer.Option(help="Code whose values are entered by hand")] = None,
    repeat: Annotated[bool, typer.Option("--repeat", help="Send each day twice")] = False,
    ca: Annotated[str, typer.Option(help="PEM file of the CA of the platform; empty: those of the system")] = "",
) -> None:
    """Speaks the national protocol as an end device of a key energy-using unit does: registers, asks for versions,
    downloads the dictionaries, says what it collects, and sends days.

    At the end one line says what became of it, as JSON; code 1 where something was not taken.

    Example: enermon-sim necc http://127.0.0.1:10213/necc/register --enterprise 91150622MA0N0000XF --days 2
    """
    with clear_errors():
        codes = tuple("".join(filter(str.isdigit, each)) for each in code or ["0000000002330011"])
        if any(len(each) != _DIGITS for each in codes):
            raise ValueError("a data code has 16 digits, such as 00-00-0000-023300-11")
        if cipher not in ("none", "aes", "sm4") or period_min not in (15, 30, 60):
            raise ValueError("--cipher is none, aes or sm4, and --period-min is 15, 30 or 60")
        today = dt.datetime.now(SHANGHAI).date()
        begins = dt.date.fromisoformat(first) if first else today - dt.timedelta(days=days)
        with httpx.Client(timeout=60, verify=ca or True) as client:
            device = SimulatedEndDevice(
                url,
                enterprise,
                region,
                codes,
                client,
                cipher=cipher,
                serial=serial,
                period_min=period_min,
                by_hand=frozenset("".join(filter(str.isdigit, each)) for each in by_hand or ()),
            )
            try:
                device_id = device.register()
                device.versions()
                device.download()
                device.upload_info()
            except NotTakenError as error:
                raise ValueError(str(error)) from None
            for place in range(days):
                records = list(device.day(begins + dt.timedelta(days=place)))
                for _ in range(2 if repeat else 1):
                    device.send(records)
            device.send_again()
        typer.echo(json.dumps(asdict(device.counts) | {"device_id": device_id}))
        if device.unsent:
            raise typer.Exit(1)

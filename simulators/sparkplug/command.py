"""`enermon-sim sparkplug`."""

import json
import math
import time
from pathlib import Path
from typing import Annotated

import typer

from simulators.broker import broker_from_url
from simulators.options import CaOption, PasswordsOption, clear_errors
from simulators.sparkplug.edge import Edge, EdgeOptions
from simulators.sparkplug.store import EdgeStore

ENERGY, POWER = "Energy/Import", "Power"


def sparkplug(
    mqtt: Annotated[str, typer.Option(metavar="URL", help="The broker: mqtt://host:port or mqtts://host:port")],
    group: Annotated[str, typer.Option(help="Group of the edge node")],
    edge: Annotated[str, typer.Option(help="Its id")],
    user: Annotated[str, typer.Option(help="Its user at the broker, and in --passwords; empty: its id")] = "",
    host: Annotated[str, typer.Option(help="Its primary host; empty: it waits for none")] = "enermon",
    device: Annotated[list[str] | None, typer.Option(help="A device; several times for several")] = None,
    every_s: Annotated[float, typer.Option(min=0.01, help="Seconds between values")] = 1.0,
    for_s: Annotated[float, typer.Option(min=0.0, help="Take values for so long; 0: on and on")] = 0.0,
    state: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Its disk: what is not sent yet, the session")
    ] = None,
    truth: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Append each value taken to this file, a JSON list a line")
    ] = None,
    unsure_s: Annotated[
        float, typer.Option(min=0.0, help="Keep what was sent so long, to send it again if the host goes")
    ] = 5.0,
    without_aliases: Annotated[
        bool, typer.Option("--without-aliases", help="Name each metric in each message")
    ] = False,
    passwords: PasswordsOption = None,
    ca: CaOption = None,
) -> None:
    """An edge node of Sparkplug B with store and forward.

    Its devices have a counter Energy/Import in kWh, and Power in kW. While its primary host is offline it keeps what it
    measures, and sends it as history when the host is back. At the end a line says what became of it, as JSON.

    Example: enermon-sim sparkplug --mqtt mqtt://127.0.0.1:1883 --group Ordos --edge GW-7 --device E01
    """
    with clear_errors():
        options = EdgeOptions(
            group=group,
            edge=edge,
            user=user or edge,
            host=host,
            devices=tuple(device or ["E01"]),
            units={ENERGY: "kWh", POWER: "kW"},
            unsure_s=unsure_s,
            aliases=not without_aliases,
        )
        broker = broker_from_url(mqtt, passwords_file=passwords, ca_file=ca)
        node = Edge(options, broker, EdgeStore(state), _now_ms)
    try:
        _run(node, every_s=every_s, for_s=for_s, truth=truth)
    finally:
        counts = {"published": node.published, "births": node.births, "waiting": node.waiting}
        node.close()
        typer.echo(json.dumps(counts))


def _run(node: Edge, *, every_s: float, for_s: float, truth: Path | None) -> None:
    """Take values until the time is over, and go on until all is sent."""
    ends_s = time.monotonic() + for_s if for_s else math.inf
    due_s = time.monotonic()
    while time.monotonic() < ends_s or node.waiting:
        if due_s <= time.monotonic() < ends_s:
            due_s += every_s
            values = _values(node.options.devices, _now_ms())
            if truth is not None:
                with truth.open("a", encoding="utf-8") as file:
                    file.writelines(json.dumps(each) + "\n" for each in values)
            node.take(values)
        node.turn()


def _values(devices: tuple[str, ...], at_ms: int) -> list[tuple[str, str, int, float]]:
    """What the devices measure: a function of device and time, so that a run can go on anywhere."""
    values = []
    for number, device in enumerate(devices, 1):
        power_kw = 100.0 * number
        values.append((device, ENERGY, at_ms, round(power_kw * (at_ms - _EPOCH_MS) / 3_600_000, 4)))
        values.append((device, POWER, at_ms, power_kw))
    return values


_EPOCH_MS = 1_767_196_800_000
"""2026-01-01T00:00+08:00: where the counters were 0."""


def _now_ms() -> int:
    return time.time_ns() // 1_000_000

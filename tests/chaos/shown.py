"""What the gateways that speak other formats say, act by act, and as which points.

Everything is said in thousandths of the meter's unit, as decimals: what is stored must be the value itself.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from simulators.hj212.frames import number_of, stamp, upload
from simulators.necc.device import SHANGHAI, TIME
from tests.chaos.world import EDGE, END_DEVICE, LIVE_FROM, MONITOR, STEPS, World

PROFILE: dict[str, Any] = {
    "topics": ["x/{gateway}/data"],
    "each": "/rows[]",
    "emit": [{"point": "{.n}", "value": ".v"}],
    "time": {"at": ".t", "format": "epoch_ms"},
    "ack": {"topic": "y/{gateway}/ack", "payload": "{/id}"},
}
DEVICE, EDGE_GROUP, EDGE_NODE = "D1", "chaos", "edge"
EDGE_ADDRESS = f"{EDGE_GROUP}/{EDGE_NODE}"
FACTOR = "a21026"
ACTS = STEPS - LIVE_FROM
_COMMAND = "2051"


class Shown(NamedTuple):
    """A reading: the number of the meter at its gateway, its code, epoch ms, value in its own unit of measure."""

    number: int
    meter: str
    ts_ms: int
    value: float

    @property
    def thousandths(self) -> Decimal:
        """The value as it is said."""
        return Decimal(repr(self.value)) * 1000


class Saying(NamedTuple):
    """One message: its number, its time in epoch ms, and what the meters show then, which may be nothing."""

    act: int
    ts_ms: int
    rows: list[Shown]


def saying(world: World, gateway: str, act: int) -> Saying:
    """What a gateway says in one act."""
    step = LIVE_FROM + act
    rows = [
        Shown(number, series.meter.code, int(series.times_ms[step]), float(series.values[step]))
        for number, series in enumerate(world.series_of(gateway))
        if series.shown[step]
    ]
    return Saying(act, int(world.series_of(gateway)[0].times_ms[step]), rows)


def points(world: World, gateway: str) -> Iterator[dict[str, Any]]:
    """The points of a gateway as the registry is told: by a unit where there is one for it, else by a factor."""
    for number, series in enumerate(world.series_of(gateway)):
        point = {"name": point_name(gateway, number), "meter": series.meter.code}
        thousandth = {"kWh": "Wh", "GJ": "MJ"}.get(series.meter.unit_of_measure)
        yield point | ({"unit_of_measure": thousandth} if thousandth else {"factor": 0.001})


def point_name(gateway: str, number: int) -> str:
    """The point that a meter is."""
    names = {MONITOR: f"{_COMMAND}.E{number}-Cou", EDGE: f"{DEVICE}/E{number}", END_DEVICE: f"{_data_code(number)}/0"}
    return names.get(gateway, f"E{number}")


def _data_code(number: int) -> str:
    return f"000000000233{number:02d}11"


def native(said: Saying) -> bytes:
    """In Enermon's own format."""
    readings = [{"meter": row.meter, "ts": row.ts_ms, "value": row.value} for row in said.rows]
    return json.dumps({"seq": said.act, "readings": readings}).encode()


def by_profile(said: Saying) -> bytes:
    """In the format of the profile."""
    rows = ",".join(f'{{"n":"E{row.number}","v":{row.thousandths:f},"t":{row.ts_ms}}}' for row in said.rows)
    return f'{{"id":{said.act},"rows":[{rows}]}}'.encode()


def concentration(act: int) -> float:
    """Mean of the pollutant beside the readings of an act."""
    return act % 997 / 10


def monitor_frame(said: Saying) -> tuple[str, bytes]:
    """As HJ 212: number by which it is answered, and the frame."""
    qn = number_of(datetime.now(UTC), said.act)
    fields = [stamp(datetime.fromtimestamp(said.ts_ms / 1000, UTC))]
    fields += [f"E{row.number}-Cou={row.thousandths:f}" for row in said.rows]
    fields.append(f"{FACTOR}-Avg={concentration(said.act)},{FACTOR}-Flag=N")
    sent = upload(mn=MONITOR, edition="2017", st="31", cn=_COMMAND, qn=qn, fields=fields, password="123456")
    return qn, sent


def end_device_records(said: Saying) -> list[dict[str, Any]]:
    """As the national protocol: real-time values of periods that begin then."""
    start = datetime.fromtimestamp(said.ts_ms / 1000, SHANGHAI).strftime(TIME)
    always = {"inputType": "4", "statType": "0", "statDate": start, "uploadDate": start, "scope": "1", "valid": "1"}
    return [always | {"dataCode": _data_code(row.number), "dataValue": f"{row.thousandths:f}"} for row in said.rows]

"""Which samples may be stored. Pure: the registry and the time are given."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple, TypeGuard

from services.core.calendar import from_us, to_us
from services.ingest.message import Checked, Decoded, ReadingCode, Rejection, UnreadableMessage

AHEAD_US = 600 * 1_000_000
EARLIEST_US = to_us(datetime(2000, 1, 1, tzinfo=UTC))


class KnownMeter(NamedTuple):
    """What must be known of a meter to take its readings."""

    meter_id: int
    gateway: str


@dataclass(frozen=True, slots=True)
class KnownRegistry:
    """The registry as it was last read."""

    meters: Mapping[str, KnownMeter]
    gateways: frozenset[str]
    ids: Mapping[str, Mapping[str, int]] = field(init=False)
    """By gateway and code of the meter, its number."""

    def __post_init__(self) -> None:
        ids: dict[str, dict[str, int]] = {}
        for code, meter in self.meters.items():
            ids.setdefault(meter.gateway, {})[code] = meter.meter_id
        object.__setattr__(self, "ids", ids)


def check(decoded: Decoded, known: KnownRegistry, *, now_us: int) -> Checked:
    """Part the samples of a message into readings to store and rejections.

    Raises UnreadableMessage (unknown_gateway) when the gateway is not registered.
    """
    gateway = decoded.gateway
    if gateway not in known.gateways:
        raise UnreadableMessage("unknown_gateway", f"gateway {gateway!r} is not registered", decoded.seq)
    latest_us = now_us + AHEAD_US
    all_ids = list(map(known.ids.get(gateway, {}).get, decoded.meters))
    if _all_good(all_ids, decoded, latest_us):
        return Checked(
            gateway, decoded.seq, decoded.meters, all_ids, decoded.times_us, decoded.values, decoded.rejected
        )
    meters, meter_ids, times_us, values = [], [], [], []
    rejected = list(decoded.rejected)
    find = known.meters.get
    for code, at_us, value in zip(decoded.meters, decoded.times_us, decoded.values, strict=True):
        meter = find(code)
        if (
            meter is not None
            and meter.gateway == gateway
            and EARLIEST_US <= at_us <= latest_us
            and math.isfinite(value)
        ):
            meters.append(code)
            meter_ids.append(meter.meter_id)
            times_us.append(at_us)
            values.append(value)
        else:
            rejected.append(_rejection(code, at_us, value, meter, gateway, latest_us))
    return Checked(gateway, decoded.seq, meters, meter_ids, times_us, values, rejected)


def _all_good(ids: list[int | None], decoded: Decoded, latest_us: int) -> TypeGuard[list[int]]:
    """Whether every reading may be stored: all at once, since nearly always all may."""
    times_us = decoded.times_us
    return (
        None not in ids
        and min(times_us, default=EARLIEST_US) >= EARLIEST_US
        and max(times_us, default=EARLIEST_US) <= latest_us
        and math.isfinite(sum(decoded.values))  # NaN or infinite if one of them is; the other way round proves nothing
    )


def _rejection(
    code: str, at_us: int, value: float, meter: KnownMeter | None, gateway: str, latest_us: int
) -> Rejection:
    reason: tuple[ReadingCode, str]
    if meter is None:
        reason = ("unknown_meter", "the meter is not registered")
    elif meter.gateway != gateway:
        reason = ("meter_of_another_gateway", f"the meter is registered with another gateway than {gateway!r}")
    elif math.isnan(value):
        reason = ("not_a_number", "value is NaN")
    elif not math.isfinite(value):
        reason = ("infinite", "value is beyond the range of numbers")
    elif at_us > latest_us:
        reason = ("ts_in_future", "ts is more than 10 minutes ahead; set the gateway's clock")
    else:
        reason = ("ts_out_of_range", "ts is before 2000-01-01; set the gateway's clock")
    # To the microsecond: what is taken in later must be the reading that the gateway has sent.
    ts = at_us // 1000 if at_us % 1000 == 0 else from_us(at_us).isoformat()
    return Rejection(code[:200], ts, repr(value), *reason)

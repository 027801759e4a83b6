"""Which samples may be stored. Pure: the registry and the time are given."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple, TypeGuard

from services.core.calendar import DAY_US, OPEN_START_US, SHANGHAI, from_us, to_us
from services.ingest.message import TAKEN_IN, Checked, Decoded, ReadingCode, Rejection, UnreadableMessage
from services.ingest.points import GatewayPoints
from services.ingest.profiles.language import Profile

AHEAD_US = 600 * 1_000_000
EARLIEST_US = to_us(datetime(2000, 1, 1, tzinfo=UTC))
BEFORE_USE_US = 1096 * DAY_US
"""What is stamped more than three years before its meter is in use shows a clock that fell back, and no history."""
KEEPS_DAYS = 7305
"""Twenty years: no gateway of which nothing else is registered keeps readings for longer."""


class GatewayFrom(NamedTuple):
    """The gateway of a meter from a moment on."""

    from_us: int
    gateway: str


class KnownMeter(NamedTuple):
    """What must be known of a meter to take its readings."""

    meter_id: int
    gateway: str
    in_use_from_us: int | None = None
    """When the meter, or else the membership of its enterprise, begins; None if nothing says so."""
    since_us: int = OPEN_START_US
    before: tuple[GatewayFrom, ...] = ()
    """The gateways that it had before `since_us`, in order of time: they may still have readings of then."""

    def gateway_at(self, moment_us: int) -> str:
        """The gateway that has the readings of that moment."""
        if moment_us >= self.since_us or not self.before:
            return self.gateway
        earlier = [each.gateway for each in self.before if each.from_us <= moment_us]
        return earlier[-1] if earlier else self.before[0].gateway

    @property
    def believed_from_us(self) -> int:
        """Readings stamped before are held until a person says that they are right."""
        return EARLIEST_US if self.in_use_from_us is None else max(EARLIEST_US, self.in_use_from_us - BEFORE_USE_US)


@dataclass(frozen=True, slots=True)
class KnownRegistry:
    """The registry as it was last read."""

    meters: Mapping[str, KnownMeter]
    gateways: frozenset[str]
    keeps_days: Mapping[str, int] = field(default_factory=dict)
    """Of gateways of which it is registered: for how many days each keeps readings that it could not send."""
    points: Mapping[str, GatewayPoints] = field(default_factory=dict)
    """By gateway, what its foreign messages name."""
    profiles: Mapping[str, Profile] = field(default_factory=dict)
    """By gateway, how its messages are read that are not of our own format."""
    accepting: frozenset[str] = frozenset()
    """Gateways whose later value of a time counts."""
    monitors: frozenset[str] = frozenset()
    """Gateways that are the monitor of an outlet."""
    ids: Mapping[str, Mapping[str, int]] = field(init=False)
    """By gateway and code of the meters that it has now, their number."""
    had_all_from_us: Mapping[str, int] = field(init=False)
    """By gateway: from this moment on it has had all of these."""
    _believed_from_us: Mapping[str, int] = field(init=False)
    """By gateway: from this moment on the readings of all its meters are believed."""

    def __post_init__(self) -> None:
        ids: dict[str, dict[str, int]] = {}
        had_all: dict[str, int] = {}
        believed: dict[str, int] = {}
        for code, meter in self.meters.items():
            ids.setdefault(meter.gateway, {})[code] = meter.meter_id
            had_all[meter.gateway] = max(had_all.get(meter.gateway, OPEN_START_US), meter.since_us)
            believed[meter.gateway] = max(believed.get(meter.gateway, EARLIEST_US), meter.believed_from_us)
        object.__setattr__(self, "ids", ids)
        object.__setattr__(self, "had_all_from_us", had_all)
        object.__setattr__(self, "_believed_from_us", believed)

    def oldest_kept_us(self, gateway: str, now_us: int) -> int:
        """The oldest moment of which the gateway can have kept a reading until now."""
        return now_us - self.keeps_days.get(gateway, KEEPS_DAYS) * DAY_US

    def all_believed_from_us(self, gateway: str, now_us: int) -> int:
        """From this moment on no reading of the gateway is held for its time."""
        return max(self._believed_from_us.get(gateway, EARLIEST_US), self.oldest_kept_us(gateway, now_us))


def check(decoded: Decoded, known: KnownRegistry, *, now_us: int, believe_old: bool = False) -> Checked:
    """Part the samples of a message into readings to store and rejections.

    With `believe_old` a person has said that times of long ago are right: none is held for it. Raises UnreadableMessage
    (unknown_gateway) when the gateway is not registered.
    """
    gateway = decoded.gateway
    if gateway not in known.gateways:
        raise UnreadableMessage("unknown_gateway", f"gateway {gateway!r} is not registered", decoded.seq)
    times = _Times(known, gateway, now_us, believe_old=believe_old)
    # What people take in is theirs to correct.
    accepts_later = gateway in known.accepting and decoded.format != TAKEN_IN
    all_ids = list(map(known.ids.get(gateway, {}).get, decoded.meters))
    if _all_good(all_ids, decoded, times):
        return Checked(
            gateway,
            decoded.seq,
            decoded.meters,
            all_ids,
            decoded.times_us,
            decoded.values,
            decoded.rejected,
            decoded.beside,
            decoded.format,
            accepts_later,
        )
    meters, meter_ids, times_us, values = [], [], [], []
    rejected = list(decoded.rejected)
    find = known.meters.get
    for code, at_us, value in zip(decoded.meters, decoded.times_us, decoded.values, strict=True):
        meter = find(code)
        if (
            meter is not None
            and meter.gateway_at(at_us) == gateway
            and times.first_us(meter) <= at_us <= times.latest_us
            and math.isfinite(value)
        ):
            meters.append(code)
            meter_ids.append(meter.meter_id)
            times_us.append(at_us)
            values.append(value)
        else:
            rejected.append(_rejection(code, at_us, value, meter, gateway, times))
    beside, by = decoded.beside, decoded.format
    return Checked(gateway, decoded.seq, meters, meter_ids, times_us, values, rejected, beside, by, accepts_later)


class _Times:
    """Between which times the readings of a message are taken."""

    def __init__(self, known: KnownRegistry, gateway: str, now_us: int, *, believe_old: bool) -> None:
        self.latest_us = now_us + AHEAD_US
        self.believe_old = believe_old
        self.oldest_kept_us = known.oldest_kept_us(gateway, now_us)
        believed_from_us = EARLIEST_US if believe_old else known.all_believed_from_us(gateway, now_us)
        self.all_from_us = max(believed_from_us, known.had_all_from_us.get(gateway, OPEN_START_US))

    def first_us(self, meter: KnownMeter) -> int:
        """The first moment of which a reading of the meter is taken."""
        return EARLIEST_US if self.believe_old else max(meter.believed_from_us, self.oldest_kept_us)


def _all_good(ids: list[int | None], decoded: Decoded, times: _Times) -> TypeGuard[list[int]]:
    """Whether every reading may be stored: all at once, since nearly always all may."""
    return (
        None not in ids
        and min(decoded.times_us, default=times.all_from_us) >= times.all_from_us
        and max(decoded.times_us, default=times.latest_us) <= times.latest_us
        and math.isfinite(sum(decoded.values))  # NaN or infinite if one of them is; the other way round proves nothing
    )


def _rejection(code: str, at_us: int, value: float, meter: KnownMeter | None, gateway: str, times: _Times) -> Rejection:
    reason: tuple[ReadingCode, str]
    if meter is None:
        reason = ("unknown_meter", "the meter is not registered")
    elif meter.gateway_at(at_us) != gateway:
        has_or_had = gateway in (meter.gateway, *(each.gateway for each in meter.before))
        at = " for this time" if has_or_had else ""
        reason = ("meter_of_another_gateway", f"the meter is registered with another gateway than {gateway!r}{at}")
    elif math.isnan(value):
        reason = ("not_a_number", "value is NaN")
    elif not math.isfinite(value):
        reason = ("infinite", "value is beyond the range of numbers")
    elif at_us > times.latest_us:
        reason = ("ts_in_future", "ts is more than 10 minutes ahead; set the gateway's clock")
    elif at_us < EARLIEST_US:
        reason = ("ts_out_of_range", "ts is before 2000-01-01; set the gateway's clock")
    else:
        reason = ("ts_too_old", _why_held(at_us, meter, times))
    # To the microsecond: what is taken in later must be the reading that the gateway has sent.
    ts = at_us // 1000 if at_us % 1000 == 0 else from_us(at_us).isoformat()
    return Rejection(code[:200], ts, repr(value), *reason)


def _why_held(at_us: int, meter: KnownMeter, times: _Times) -> str:
    held = "held, not booked, until somebody says that it is right; set the gateway's clock"
    if at_us < meter.believed_from_us and meter.in_use_from_us is not None:
        day = from_us(meter.in_use_from_us).astimezone(SHANGHAI).date()
        return f"ts is more than three years before the meter is in use ({day}): {held}"
    oldest = from_us(times.oldest_kept_us).astimezone(SHANGHAI).date()
    return f"ts is older than what the gateway can have kept (since {oldest}): {held}"

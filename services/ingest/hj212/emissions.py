"""Concentrations, flows and discharged amounts of a data segment, and what else it brings. Pure.

Pollutants are quantities of their own kind: they become no readings of meters, and no energy. All other values are
points of the gateway, as those of any foreign message are (docs/gateways.md).
"""

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

from services.ingest.foreign import Flag, Foreign, StandsFor
from services.ingest.hj212.factors import factors
from services.ingest.hj212.segment import DataSegment
from services.ingest.hj212.upload import MeasuredValue, UnreadValue, Upload, upload_of
from services.ingest.message import ReadingCode, Rejection
from services.ingest.validate import AHEAD_US, EARLIEST_US

_NUMBER_OF_MESSAGE = re.compile(r"[0-9]{17}")
_CODE = re.compile(r"[aw][0-9]{5}")
_MEDIA = frozenset({"water", "air", "noise"})
_FLAGS = {
    "": Flag.GOOD,
    "N": Flag.GOOD,
    "F": Flag.STOPPED,
    "M": Flag.MAINTENANCE,
    "S": Flag.MANUAL,
    "D": Flag.FAULT,
    "C": Flag.CALIBRATION,
    "T": Flag.OVER_RANGE,
    "B": Flag.COMMUNICATION,
}


class EmissionGrain(StrEnum):
    """Over what a value of a pollutant is: a moment, or a period of ten minutes (as set), an hour, a day."""

    MOMENT = "moment"
    MINUTES = "minutes"
    HOUR = "hour"
    DAY = "day"


_GRAINS = {
    "2011": EmissionGrain.MOMENT,
    "2051": EmissionGrain.MINUTES,
    "2061": EmissionGrain.HOUR,
    "2031": EmissionGrain.DAY,
}
_FIELDS = {
    "Rtd": "mean",
    "ZsRtd": "mean_converted",
    "Avg": "mean",
    "Min": "least",
    "Max": "greatest",
    "ZsAvg": "mean_converted",
    "ZsMin": "least_converted",
    "ZsMax": "greatest_converted",
    "Cou": "amount",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Emission:
    """What a monitor says of one factor and one period, in the units of the factor; None: not said.

    `converted` values are those at the reference oxygen content 折算. `flag`: the letter of the standard, as sent.
    """

    gateway: str
    factor: str
    grain: EmissionGrain
    at_us: int
    mean: float | None = None
    least: float | None = None
    greatest: float | None = None
    mean_converted: float | None = None
    least_converted: float | None = None
    greatest_converted: float | None = None
    amount: float | None = None
    flag: str = ""
    sent_factor: str = ""
    resent: bool = False


@dataclass(frozen=True, slots=True)
class MonitorValues:
    """All that one data segment brings: emissions in the order they came, the points beside them, and other counts."""

    emissions: tuple[Emission, ...]
    foreign: Foreign


def values_of(segment: DataSegment, gateway: str, *, now_us: int, metered: Collection[str] = ()) -> MonitorValues:
    """What a data segment brings. `metered`: points that are meters; they are points though they are of a pollutant.

    Emissions of a time that cannot be are left out and counted, by the bounds that hold for readings.
    """
    upload = upload_of(segment)
    emitted, beside, left_out = [], [], Counter[str]()
    for value in upload.values:
        if _emission_field(value.point) is None or value.point in metered:
            beside.append(value)
        if _emission_field(value.point) is not None:
            fault = _fault(value, now_us)
            if fault is None:
                emitted.append(value)
            else:
                left_out[fault] += 1
    foreign = _foreign(segment, gateway, beside, upload)
    emissions = tuple(_emissions(emitted, gateway, resent=segment.resent))
    return MonitorValues(emissions, replace(foreign, dropped={**foreign.dropped, **left_out}))


def _fault(value: MeasuredValue, now_us: int) -> ReadingCode | None:
    if not math.isfinite(value.value):
        return "infinite"
    if value.at_us > now_us + AHEAD_US:
        return "ts_in_future"
    return "ts_out_of_range" if value.at_us < EARLIEST_US else None


@lru_cache(maxsize=4096)
def _emission_field(point: str) -> tuple[EmissionGrain, str] | None:
    """Grain and field of an emission that a point is; None if it is none."""
    command, _, name = point.partition(".")
    factor, _, sent = name.partition("-")
    grain, field = _GRAINS.get(command), _FIELDS.get(sent)
    if grain is None or field is None:
        return None
    known = factors().get(factor)
    is_pollutant = known.medium in _MEDIA if known else _CODE.fullmatch(factor) is not None
    return (grain, field) if is_pollutant else None


def _emissions(values: Iterable[MeasuredValue], gateway: str, *, resent: bool) -> list[Emission]:
    """One of each factor and time; of a field that stands twice the first counts."""
    fields: dict[tuple[str, int], dict[str, float]] = {}
    first: dict[tuple[str, int], tuple[EmissionGrain, MeasuredValue]] = {}
    for value in values:
        of = _emission_field(value.point)
        assert of is not None
        key = (value.point.partition(".")[2].partition("-")[0], value.at_us)
        first.setdefault(key, (of[0], value))
        fields.setdefault(key, {}).setdefault(of[1], value.value)
    return [
        Emission(
            gateway=gateway,
            factor=factor,
            grain=grain,
            at_us=at_us,
            flag=value.flag,
            sent_factor=value.sent_factor,
            resent=resent,
            **fields[factor, at_us],
        )
        for (factor, at_us), (grain, value) in first.items()
    ]


def _foreign(segment: DataSegment, gateway: str, values: Sequence[MeasuredValue], upload: Upload) -> Foreign:
    counts = {"missing": len(upload.missing), "text": len(upload.texts)}
    return Foreign(
        gateway=gateway,
        seq=int(segment.qn) if _NUMBER_OF_MESSAGE.fullmatch(segment.qn) else None,
        points=[value.point for value in values],
        times_us=[value.at_us for value in values],
        values=[value.value for value in values],
        flags=[_flag(value.flag, resent=segment.resent) for value in values],
        stands_for=StandsFor.MOMENT if segment.cn in ("2011", "2021", "3020") else StandsFor.START,
        rejected=[_rejection(each) for each in upload.unread],
        dropped={reason: count for reason, count in counts.items() if count},
    )


def _flag(sent: str, *, resent: bool) -> Flag:
    flag = _FLAGS.get(sent, Flag.BAD)
    return Flag.HISTORICAL if resent and flag is Flag.GOOD else flag


def _rejection(unread: UnreadValue) -> Rejection:
    code: ReadingCode = "not_a_number" if unread.has_time else "ts_unreadable"
    detail = "the value is no number" if unread.has_time else "DataTime must be 14 or 17 digits such as 20261120080000"
    return Rejection(unread.point[:200], unread.ts[:200], unread.text[:200], code, detail)

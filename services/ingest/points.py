"""From the points of a foreign message to the meters that they are. Pure: the registry is given.

A value of a point, in the point's unit, times the point's factor, is a reading of the meter in the meter's unit. It is
reckoned in decimals, as the sender wrote it: 4500.3 Wh is the same reading as 4.5003 kWh, to the bit.
"""

import fnmatch
import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Context, Decimal
from fractions import Fraction
from typing import NamedTuple

from services.core.calendar import from_us
from services.core.units import UnitError, conversion
from services.ingest.foreign import BOOKED, LONGEST_POINT, UNKNOWN_UNIT, Flag, Foreign, StandsFor
from services.ingest.formats.stamps import LARGEST_TS_MS
from services.ingest.message import IGNORED_POINT, Beside, Decoded, HeldValue, ReadingCode, Rejection, Why

_EXACT = Context(prec=60)


class MeterUnit(NamedTuple):
    """Of a meter from a moment on: its unit, the length of its period (an interval meter's, else 0), and its stamp."""

    from_us: int
    unit: str
    interval_us: int = 0
    stamp: str = "start"


class MeterReading(NamedTuple):
    """What a value of a point is as a reading of its meter."""

    meter: str
    at_us: int
    value: float


@dataclass(frozen=True, slots=True)
class KnownPoint:
    """A point that is a meter. `unit`: empty where it is what the message says, or else the meter's own."""

    meter: str
    terms: tuple[MeterUnit, ...]
    unit: str = ""
    factor: Fraction = Fraction(1)

    def is_plain(self) -> bool:
        """Whether its values are the meter's as they come, whatever the time."""
        try:
            worth = {conversion(self.unit, term.unit) if self.unit else Fraction(1) for term in self.terms}
        except UnitError:
            return False
        return self.factor == 1 and worth == {Fraction(1)} and not any(term.interval_us for term in self.terms)

    def reading(self, at_us: int, value: float, *, unit: str, flag: str, stands_for: str) -> MeterReading | Rejection:
        """A value of the point as a reading of its meter, or why it is none."""
        term = next((each for each in reversed(self.terms) if each.from_us <= at_us), self.terms[0])
        if term.interval_us and flag == Flag.RECEIVED:
            detail = "the message has no time, and a value of a period needs its own"
            return self._rejection(at_us, value, "ts_of_arrival", detail)
        if term.interval_us and stands_for != StandsFor.MOMENT and stands_for != term.stamp:
            at_us += term.interval_us if stands_for == StandsFor.START else -term.interval_us
        given = self.unit or unit
        try:
            scale = self.factor * (conversion(given, term.unit) if given else 1)
        except UnitError as error:
            return self._rejection(at_us, value, "unit_mismatch", str(error)[:LONGEST_POINT])
        return MeterReading(self.meter, at_us, _scaled(value, scale))

    def _rejection(self, at_us: int, value: float, code: ReadingCode, detail: str) -> Rejection:
        ts = at_us // 1000 if at_us % 1000 == 0 else from_us(at_us).isoformat()
        return Rejection(self.meter, ts, repr(value), code, detail)


def _scaled(value: float, scale: Fraction) -> float:
    """The number that is nearest to the value, as it is written, times the scale."""
    if scale == 1 or not math.isfinite(value):
        return value
    scaled = _EXACT.multiply(Decimal(repr(value)), scale.numerator)
    return float(_EXACT.divide(scaled, Decimal(scale.denominator)))


@dataclass(frozen=True, slots=True)
class GatewayPoints:
    """The points of a gateway: those that are meters, and those that nobody wants, by name or by pattern."""

    mapped: Mapping[str, KnownPoint] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()
    patterns: tuple[str, ...] = ()
    """With * for any text and ? for any character."""
    plain: Mapping[str, str] = field(init=False)
    """The meters of points whose values are theirs as they come."""
    _is_unwanted: Callable[[str], bool] = field(init=False)

    def __post_init__(self) -> None:
        plain = {name: point.meter for name, point in self.mapped.items() if point.is_plain()}
        object.__setattr__(self, "plain", plain)
        object.__setattr__(self, "_is_unwanted", matching(self.patterns))

    def is_ignored(self, point: str) -> bool:
        """Whether nobody wants it."""
        return point in self.ignored or self._is_unwanted(point)


def matching(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Whether a name fits one of these, in which * stands for any text and ? for any character."""
    if not patterns:
        return lambda _: False
    any_of = re.compile("|".join(fnmatch.translate(each.replace("[", "[[]")) for each in patterns))
    return lambda name: any_of.match(name) is not None


NO_POINTS = GatewayPoints()


def to_meters(foreign: Foreign, points: Mapping[str, GatewayPoints], *, accept_flags: bool = False) -> Decoded:
    """The values of known points as readings of their meters; the others are held, or counted, beside them.

    With `accept_flags` a person has said that flagged values are right: none is held for its flag.
    """
    of_gateway = points.get(foreign.gateway, NO_POINTS)
    meters: list[str | None] = list(map(of_gateway.plain.get, foreign.points))
    flags = set(foreign.flags)
    if None not in meters and flags <= BOOKED and not foreign.units and not foreign.rejected:
        counts = {**foreign.dropped, **(_counted(foreign.flags) if flags else {"good": len(meters)})}
        return Decoded(
            foreign.gateway,
            foreign.seq,
            meters,  # type: ignore[arg-type]
            foreign.times_us,
            foreign.values,
            beside=Beside((), counts),
        )
    return _each(foreign, of_gateway, accept_flags=accept_flags)


def _counted(flags: Sequence[str]) -> dict[str, int]:
    return {flag or "good": count for flag, count in Counter(flags).items()}


def _each(foreign: Foreign, of_gateway: GatewayPoints, *, accept_flags: bool) -> Decoded:
    readings: list[MeterReading] = []
    held: list[HeldValue] = []
    counts = Counter(foreign.dropped)
    rejected, unread = _rejected(foreign.rejected, of_gateway, counts)
    for place, (name, at_us, value) in enumerate(zip(foreign.points, foreign.times_us, foreign.values, strict=True)):
        flag = foreign.flags[place] if foreign.flags else Flag.GOOD
        unit = foreign.units[place] if foreign.units else ""
        point = of_gateway.mapped.get(name)
        if point is None and of_gateway.is_ignored(name):
            counts[IGNORED_POINT] += 1
            continue
        counts[flag or "good"] += 1
        why: Why | None = None
        if point is None or (unit == UNKNOWN_UNIT and not point.unit):
            why = Why.UNKNOWN_POINT if point is None else Why.NO_UNIT
            counts[why] += 1
        elif flag not in BOOKED and not accept_flags:
            why = Why.FLAG
        if why is not None:
            if math.isfinite(value) and 0 <= at_us <= LARGEST_TS_MS * 1000:
                held.append(HeldValue(name[:LONGEST_POINT], at_us, value, unit, flag, foreign.stands_for, why))
            else:
                code: ReadingCode = "ts_out_of_range" if math.isfinite(value) else "not_a_number"
                counts[code] += 1
                if why is Why.UNKNOWN_POINT:
                    unread.append(Rejection(name, "", repr(value), code, ""))
            continue
        assert point is not None
        read = point.reading(at_us, value, unit=unit, flag=flag, stands_for=foreign.stands_for)
        if isinstance(read, Rejection):
            rejected.append(read)
        else:
            readings.append(read)
    return Decoded(
        foreign.gateway,
        foreign.seq,
        [each.meter for each in readings],
        [each.at_us for each in readings],
        [each.value for each in readings],
        rejected,
        Beside(held, counts, unread=unread),
    )


def _rejected(
    rejected: Sequence[Rejection], of_gateway: GatewayPoints, counts: Counter[str]
) -> tuple[list[Rejection], list[Rejection]]:
    """Values that cannot be read, all counted: those of meters, and those of points that nobody knows."""
    of_meters, of_unknown = [], []
    for each in rejected:
        point = of_gateway.mapped.get(each.meter)
        if point is None and of_gateway.is_ignored(each.meter):
            counts[IGNORED_POINT] += 1
            continue
        counts[each.code] += 1
        if point is not None:
            of_meters.append(replace(each, meter=point.meter))
        elif each.meter:
            of_unknown.append(each)
    return of_meters, of_unknown

"""What a message says by a profile: points, times, values, and what of it was left out and why. Pure."""

import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from services.ingest.foreign import LONGEST_POINT, Flag, Foreign
from services.ingest.formats.stamps import TimeError
from services.ingest.message import ReadingCode, Rejection, UnreadableMessage
from services.ingest.profiles.access import AMBIGUOUS, MISSING, Above, Names
from services.ingest.profiles.codecs import document_of
from services.ingest.profiles.language import Profile, RowTimes
from services.ingest.profiles.matching import names_of
from services.ingest.profiles.shown import shown

_is_number = re.compile(r"[ \t\r\n]*-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,4})?[ \t\r\n]*").fullmatch
_LONGEST_NUMBER = 400

NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class ProfileRead:
    """What was read of a message.

    `ack`: topic and payload for the gateway once it is stored. `nothing`: why it yields nothing; empty where it does.
    """

    foreign: Foreign
    ack: tuple[str, bytes] | None = None
    nothing: str = ""


@dataclass(frozen=True, slots=True)
class Came:
    """How a message came: its topic (None by HTTP), when, and whether the broker had kept it."""

    received_us: int
    topic: str | None = None
    retained: bool = False


def read_message(profile: Profile, gateway: str, payload: bytes, came: Came) -> ProfileRead:
    """What a message of a gateway says. Raises UnreadableMessage (too_large, undecodable)."""
    names: Names = {}
    if came.topic is not None:
        found = names_of(profile.topics, came.topic, gateway)
        if found is None:
            return _nothing(gateway, "topic")
        names.update(found)
    names["gateway"] = gateway
    root = document_of(payload, profile.codec, most_bytes=profile.most_bytes)
    for find, among in profile.where:
        if find(root, root, (), names) not in among:
            return _nothing(gateway, "where")
    reading = _MessageRows(profile, gateway, came)
    reading.rows(root, names)
    if profile.gateway is not None and profile.gateway(root, root, (), names) != gateway:
        reading.dropped["gateway_differs"] += 1
    foreign = reading.foreign()
    nothing = "" if foreign.points or foreign.rejected else reading.why_nothing()
    return ProfileRead(foreign, _ack(profile, root, names), nothing)


def _nothing(gateway: str, why: str) -> ProfileRead:
    return ProfileRead(Foreign(gateway, None, (), (), (), dropped={why: 1}), nothing=why)


def _ack(profile: Profile, root: Any, names: Names) -> tuple[str, bytes] | None:
    if profile.ack is None:
        return None
    topic = profile.ack.topic(root, root, (), names)
    payload = profile.ack.payload(root, root, (), names)
    if topic is MISSING or payload is MISSING or re.search(r"[+#\0]", topic) or len(topic) > 1000:
        return None
    return topic, payload.encode("utf-8", "backslashreplace")


class _MessageRows:
    """The rows of one message, read one after another."""

    def __init__(self, profile: Profile, gateway: str, came: Came) -> None:
        self._profile = profile
        self._gateway = gateway
        self._came = came
        self._points: list[str] = []
        self._times_us: list[int] = []
        self._values: list[float] = []
        self._flags: list[str] = []
        self._units: list[str] = []
        self._rejected: list[Rejection] = []
        self.dropped = Counter[str]()

    def foreign(self) -> Foreign:
        """What was read."""
        return Foreign(
            self._gateway,
            None,
            self._points,
            self._times_us,
            self._values,
            self._flags if any(self._flags) else (),
            self._units if any(self._units) else (),
            self._profile.time.stands_for,
            self._rejected,
            self.dropped,
        )

    def why_nothing(self) -> str:
        """The reason that was met most."""
        return max(self.dropped.items(), key=lambda each: each[1])[0] if self.dropped else "no_rows"

    def rows(self, root: Any, names: Names) -> None:
        """Read all rows. Raises UnreadableMessage where there are too many."""
        profile, dropped = self._profile, self.dropped
        rows = 0
        good, emit, most = profile.good, profile.emit, profile.most_rows
        for row, above in ((root, ()),) if profile.each is None else profile.each(root, names):
            rows += 1
            if rows > most or len(self._points) > most:
                raise UnreadableMessage("too_large", f"more than {most} rows")
            if good is not None:
                code = good.at(root, row, above, names)
                if not (good.missing if code is MISSING else code in good.among):
                    dropped["not_good"] += 1
                    continue
            for each in emit:
                value = each.value(root, row, above, names)
                if value is MISSING or value is None:
                    dropped["no_value"] += 1
                    continue
                point = each.point(root, row, above, names)
                if type(point) is not str or not 0 < len(point) <= LONGEST_POINT:
                    dropped["no_point"] += 1
                    continue
                if profile.is_skipped is not None and profile.is_skipped(point):
                    dropped["skipped"] += 1
                    continue
                unit = "" if each.unit is None else each.unit(root, row, above, names)
                self._one(point, value, unit if type(unit) is str else "", root, row, above, names)

    def _one(self, point: str, value: Any, unit: str, root: Any, row: Any, above: Above, names: Names) -> None:
        number = value if type(value) is float else self._number(point, value)
        if number is None:
            return
        if number in self._profile.none.plain:
            self.dropped["none_marker"] += 1
            return
        times = self._profile.time
        flag = ""
        try:
            at_us = _time_us(times, root, row, above, names)
        except TimeError as error:
            sent = times.at(root, row, above, names) if times.at is not None else MISSING
            self._reject(point, number, error.code, str(error), ts="" if sent is MISSING else shown(sent))
            return
        if at_us is None:
            if not times.received:
                self._reject(point, number, "missing_field", "the message has no time where the profile looks for it")
                return
            if self._came.retained:
                self.dropped["retained"] += 1
                return
            at_us, flag = self._came.received_us, Flag.RECEIVED
        self._points.append(point)
        self._times_us.append(at_us)
        self._values.append(number)
        self._flags.append(flag)
        self._units.append(unit)

    def _number(self, point: str, value: Any) -> float | None:
        """The number that a value is; None where it is none, which is told or counted."""
        profile, kind = self._profile, type(value)
        if value in profile.none if kind in (str, bool, int) else False:
            self.dropped["none_marker"] += 1
            return None
        if kind is int:
            try:
                return float(value)
            except OverflowError:
                return math.copysign(math.inf, value)
        if kind is str and profile.strings:
            number = _number_in(value)
            if number is not None:
                return number
        elif kind is bool and profile.booleans:
            return float(value)
        if value is AMBIGUOUS:
            self._reject(point, value, "ambiguous", "the object has this name twice")
        else:
            self._reject(point, value, "not_a_number", "the value is no number")
        return None

    def _reject(self, point: str, value: Any, code: ReadingCode, detail: str, *, ts: str = "") -> None:
        self._rejected.append(Rejection(point, ts, shown(value), code, detail))


def _number_in(text: str) -> float | None:
    """The number that a text is as JSON would have it, blanks around left out."""
    return float(text) if len(text) <= _LONGEST_NUMBER and _is_number(text) else None


def _time_us(times: RowTimes, root: Any, row: Any, above: Above, names: Names) -> int | None:
    """The time of a row; None where the message has none. Raises TimeError."""
    if times.read is None:
        return None
    sent: Any = MISSING if times.at is None else times.at(root, row, above, names)
    if times.base is None:
        return None if sent is MISSING or sent is None else times.read(sent)
    if type(sent) is str:
        return times.read(sent)
    base = times.base(root, row, above, names)
    if base is MISSING or base is None:
        return None
    if sent is MISSING or sent is None:
        return times.read(base)
    if type(sent) not in (int, float) or not abs(sent) < 1e15:
        raise TimeError("ts_unreadable", f"{shown(sent)} is no number of milliseconds after the base time")
    after_us: int = round(sent * 1000)
    return times.read(base) + after_us

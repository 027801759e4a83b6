"""A monitor that is not there: what it measures, and the frames in which it says so."""

import datetime as dt
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

from simulators.hj212.frames import SHANGHAI, number_of, stamp, upload

MINUTES_10, HOUR, DAY = dt.timedelta(minutes=10), dt.timedelta(hours=1), dt.timedelta(days=1)
_PER_HOUR = 6
_CODES_OF_2005 = {"a21026": "02", "a21002": "03", "a34013": "01", "a00000": "B02", "w01018": "011", "w21003": "060"}
_CODES_OF_2005 |= {"w00000": "B01"}
# Factor, usual value, and how much of it comes and goes: mg/m3 in gas, mg/L in water.
_GAS = (("a21026", 18.0, 0.3), ("a21002", 33.0, 0.2), ("a34013", 3.0, 0.4), ("a24088", 10.5, 0.5))
_WATER = (("w01018", 30.0, 0.3), ("w21003", 1.2, 0.5))
_FLOWS = {"31": ("a00000", 61.5, 3600.0, 1e-6), "32": ("w00000", 28.0, 3.6, 1e-3)}
"""By system: code, usual flow (m3/s, L/s), m3 an hour of one of it, kg of 1 mg/m3 or 1 mg/L in a m3."""


@dataclass(frozen=True)
class Wire:
    """A frame to be sent, with the number by which it is answered; empty where none is wanted."""

    due: dt.datetime
    qn: str
    sent: bytes
    sent_again: bytes
    command: str = ""
    stamp: str = ""
    """DataTime as the frame has it."""


@dataclass(frozen=True)
class Slice:
    """Ten minutes: flow in m3, and of each factor the least, mean and greatest value and its kg."""

    volume_m3: float
    values: dict[str, tuple[float, float, float, float]]


@dataclass(frozen=True)
class Monitor:
    """What one monitor is. `stuck` and `faulty`: days from the first on which it shows one value, or says D."""

    mn: str
    st: str = "31"
    edition: str = "2017"
    password: str = "123456"  # noqa: S105 - the one that the standard prints
    seed: int = 1
    stuck: frozenset[int] = frozenset()
    faulty: frozenset[int] = frozenset()
    realtime_s: int = 0

    def frames(self, start: dt.datetime, end: dt.datetime) -> Iterator[Wire]:
        """All frames that are due from the first moment to before the last, in the order of time.

        A period is told at its end. Start lies on an hour of Asia/Shanghai.
        """
        at, hour, day, serial = start, [], [], 0
        while at < end:
            if self.realtime_s:
                for second in range(0, 600, self.realtime_s):
                    serial += 1
                    yield self._realtime(at + dt.timedelta(seconds=second), serial, start)
            ten = self._slice(at, start)
            hour.append(ten)
            serial += 1
            yield self._period("2051", at, MINUTES_10, [ten], serial, start)
            at += MINUTES_10
            local = at.astimezone(SHANGHAI)
            if local.minute == 0:
                serial += 1
                yield self._period("2061", at - HOUR, HOUR, hour, serial, start)
                day += hour
                hour = []
                if local.hour == 0:
                    serial += 1
                    began = max(start, at - DAY)
                    yield self._period("2031", at - DAY, at - began, day, serial, start)
                    day = []

    def _random(self, at: dt.datetime, what: str) -> random.Random:
        return random.Random(f"{self.seed} {self.mn} {what} {int(at.timestamp())}")  # noqa: S311 - no secret

    def _day(self, at: dt.datetime, start: dt.datetime) -> int:
        return (at.astimezone(SHANGHAI).date() - start.astimezone(SHANGHAI).date()).days

    def _slice(self, at: dt.datetime, start: dt.datetime) -> Slice:
        _, usual_flow, per_hour, kg = _FLOWS[self.st]
        stuck = self._day(at, start) in self.stuck
        of_day = math.sin((at.astimezone(SHANGHAI).hour - 8) / 24 * 2 * math.pi)
        volume = usual_flow * (1 + 0.1 * of_day) * per_hour / _PER_HOUR
        values = {}
        for code, usual, varies in _GAS if self.st == "31" else _WATER:
            drawn = self._random(at, code)
            mean = usual if stuck else usual * (1 + varies * (0.5 * of_day + drawn.uniform(-0.4, 0.4)))
            spread = 0.0 if stuck else usual * varies * drawn.uniform(0.05, 0.2)
            values[code] = (mean - spread, mean, mean + spread, mean * volume * kg)
        return Slice(volume, values)

    def _flag(self, at: dt.datetime, start: dt.datetime) -> str:
        return "D" if self._day(at, start) in self.faulty else "N"

    def _code(self, code: str) -> str:
        return _CODES_OF_2005.get(code, code) if self.edition == "2005" else code

    def _period(
        self, cn: str, at: dt.datetime, long: dt.timedelta, slices: list[Slice], serial: int, start: dt.datetime
    ) -> Wire:
        flow, _, per_hour, _ = _FLOWS[self.st]
        volume, flag = math.fsum(each.volume_m3 for each in slices), self._flag(at, start)
        mean_flow = volume / per_hour / (long / HOUR)
        fields = [stamp(at), f"{self._code(flow)}-Cou={volume:.1f},{self._code(flow)}-Avg={mean_flow:.2f},"]
        fields[1] += f"{self._code(flow)}-Flag={flag}"
        for code in slices[0].values:
            parts = [each.values[code] for each in slices]
            least, greatest = min(part[0] for part in parts), max(part[2] for part in parts)
            mean = math.fsum(part[1] for part in parts) / len(parts)
            amount, name = math.fsum(part[3] for part in parts), self._code(code)
            fields.append(
                f"{name}-Cou={amount:.4f},{name}-Min={least:.3f},{name}-Avg={mean:.3f},{name}-Max={greatest:.3f},"
                f"{name}-Flag={flag}"
            )
        return self._wire(cn, at + long, serial, fields)

    def _realtime(self, at: dt.datetime, serial: int, start: dt.datetime) -> Wire:
        ten, flag = self._slice(at - dt.timedelta(seconds=at.timestamp() % 600), start), self._flag(at, start)
        values = ((self._code(code), parts[1]) for code, parts in ten.values.items())
        return self._wire(
            "2011", at, serial, [stamp(at), *(f"{code}-Rtd={value:.3f},{code}-Flag={flag}" for code, value in values)]
        )

    def _wire(self, cn: str, due: dt.datetime, serial: int, fields: list[str]) -> Wire:
        qn = number_of(due, serial)
        once, again = (
            upload(
                mn=self.mn,
                edition=self.edition,
                st=self.st,
                cn=cn,
                qn=qn,
                fields=fields,
                password=self.password,
                resent=resent,
            )
            for resent in (False, True)
        )
        return Wire(due, "" if self.edition == "2005" else qn, once, again, cn, fields[0].partition("=")[2])

"""Frames of HJ 212 as a monitor writes them, and the answers as it reads them."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

SHANGHAI = dt.timezone(dt.timedelta(hours=8))
_BITS_OF_EDITION = {"2005": 0, "2017": 4, "2025": 8}


def checksum(data: bytes) -> int:
    """CRC of annex A, bit by bit: the register loses its low byte, then takes the byte."""
    register = 0xFFFF
    for byte in data:
        register = (register >> 8) ^ byte
        for _ in range(8):
            low = register & 1
            register >>= 1
            if low:
                register ^= 0xA001
    return register


def frame(data: str) -> bytes:
    """A data segment with head, length, checksum and line end."""
    encoded = data.encode("ascii")
    return b"##" + f"{len(encoded):04d}".encode() + encoded + f"{checksum(encoded):04X}".encode() + b"\r\n"


def number_of(moment: dt.datetime, serial: int) -> str:
    """QN: the moment to the millisecond; the serial number stands for the milliseconds."""
    return moment.astimezone(SHANGHAI).strftime("%Y%m%d%H%M%S") + f"{serial % 1000:03d}"


def upload(
    *, mn: str, edition: str, st: str, cn: str, qn: str, fields: Sequence[str], password: str, resent: bool = False
) -> bytes:
    """A frame that brings data and wants an answer. By the edition of 2005 it has neither number nor flag."""
    if edition == "2005":
        return frame(f"ST={st};CN={cn};PW={password};MN={mn};CP=&&{';'.join(fields)}&&")
    again = "RF=1;" if resent and edition == "2025" else ""
    flag = _BITS_OF_EDITION[edition] + 1
    return frame(f"QN={qn};ST={st};CN={cn};PW={password};MN={mn};Flag={flag};{again}CP=&&{';'.join(fields)}&&")


def stamp(moment: dt.datetime) -> str:
    """DataTime, local."""
    return "DataTime=" + moment.astimezone(SHANGHAI).strftime("%Y%m%d%H%M%S")


@dataclass(frozen=True)
class Heard:
    """What the other side has sent: an answer, or a request with the times that it names."""

    qn: str
    command: str
    mn: str
    password: str
    begins: str
    ends: str


def told(heard: Heard, command: str, fields: str) -> bytes:
    """An answer to a request, with its number."""
    head = f"QN={heard.qn};ST=91;CN={command};PW={heard.password};MN={heard.mn};Flag=4"
    return frame(f"{head};CP=&&{fields}&&")


class AnswerReader:
    """What the other side sends, frame by frame."""

    def __init__(self) -> None:
        self._rest = b""

    def heard(self, received: bytes) -> Iterator[Heard]:
        """Each frame with the right checksum."""
        self._rest += received
        while True:
            begins = self._rest.find(b"##")
            if begins < 0 or len(self._rest) < begins + 6:
                return
            length = int(self._rest[begins + 2 : begins + 6])
            ends = begins + 6 + length + 4
            if len(self._rest) < ends:
                return
            data, sum_told = self._rest[begins + 6 : ends - 4], self._rest[ends - 4 : ends]
            self._rest = self._rest[ends:]
            if int(sum_told, 16) == checksum(data):
                text = data.decode("ascii")
                named = dict(
                    part.split("=", 1) for part in text.replace("CP=", "").replace("&&", "").split(";") if "=" in part
                )
                yield Heard(
                    named.get("QN", ""),
                    named.get("CN", ""),
                    named.get("MN", ""),
                    named.get("PW", ""),
                    named.get("BeginTime", ""),
                    named.get("EndTime", ""),
                )

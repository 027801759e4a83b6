"""Frames of HJ 212 as a monitor writes them, and the answers as it reads them."""

import datetime as dt
from collections.abc import Iterator, Sequence

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


class AnswerReader:
    """The numbers of the messages that the other side has answered, out of what it sends."""

    def __init__(self) -> None:
        self._rest = b""

    def answered(self, received: bytes) -> Iterator[str]:
        """QN of each 9013 and 9014 with the right checksum."""
        self._rest += received
        while True:
            begins = self._rest.find(b"##")
            if begins < 0 or len(self._rest) < begins + 6:
                return
            length = int(self._rest[begins + 2 : begins + 6])
            ends = begins + 6 + length + 4
            if len(self._rest) < ends:
                return
            data, told = self._rest[begins + 6 : ends - 4], self._rest[ends - 4 : ends]
            self._rest = self._rest[ends:]
            if int(told, 16) == checksum(data) and (b"CN=9014" in data or b"CN=9013" in data):
                yield data.partition(b"QN=")[2].partition(b";")[0].decode("ascii")

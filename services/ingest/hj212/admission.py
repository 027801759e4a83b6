"""Who may speak for a monitor: its number, its password, its key. Pure.

HJ 212 has no login: the number of the monitor in each frame says who sends, and PW is the same text in each.
"""

import csv
import hmac
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from services.ingest.hj212.segment import DataSegment
from services.ingest.message import UnreadableMessage

_COLUMNS = ("mn", "gateway", "password", "key")
_KEY = re.compile(r"[0-9A-Fa-f]{32}")
_PASSWORD_IN_FRAME = re.compile(rb"(?<=PW=)[^;&]*")


class MonitorFileError(ValueError):
    """The file of monitors is not as it must be; the message names the line, and never a secret."""


@dataclass(frozen=True, slots=True)
class MonitorAccess:
    """What is known of a monitor beside the registry. An empty password: any is taken."""

    gateway: str
    password: str = field(default="", repr=False)
    key: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Admission:
    """Of monitors that have a password, a key, or a number that is not the code of their gateway."""

    by_mn: Mapping[str, MonitorAccess] = field(default_factory=dict)

    @property
    def keys(self) -> Mapping[str, bytes]:
        """SM4 keys by MN."""
        return {mn: access.key for mn, access in self.by_mn.items() if access.key is not None}

    def claimed(self, mn: str) -> str:
        """The code of the gateway that a frame with this MN claims to be, which proves nothing."""
        access = self.by_mn.get(mn)
        return mn if access is None else access.gateway

    def gateway_of(self, segment: DataSegment, *, named_before: str | None) -> str:
        """The code of the gateway that sends this. `named_before`: the MN of the first frame of the connection.

        Raises UnreadableMessage (not_admitted) for another MN than that, or a wrong password.
        """
        if named_before is not None and segment.mn != named_before:
            detail = f"the connection is that of {named_before!r}, the frame names {segment.mn[:64]!r}"
            raise UnreadableMessage("not_admitted", detail)
        access = self.by_mn.get(segment.mn)
        if access is None:
            return segment.mn
        if access.password and not hmac.compare_digest(access.password.encode(), segment.pw.encode()):
            raise UnreadableMessage(
                "not_admitted", "PW is not the one of the monitor's entry in ENERMON_HJ212_MONITORS"
            )
        return access.gateway


def read_admission(text: str) -> Admission:
    """Admission from the text of a CSV file with the columns mn, gateway, password, key. Raises MonitorFileError."""
    by_mn: dict[str, MonitorAccess] = {}
    for line, row in _rows(text):
        mn, gateway, password, key = (row[name].strip() for name in _COLUMNS)
        if not mn:
            raise MonitorFileError(f"line {line}: mn is empty")
        if mn in by_mn:
            raise MonitorFileError(f"line {line}: {mn} stands twice")
        if key and not _KEY.fullmatch(key):
            raise MonitorFileError(f"line {line}: key must be 32 hexadecimal digits, the 16 bytes of SM4")
        by_mn[mn] = MonitorAccess(gateway or mn, password, bytes.fromhex(key) if key else None)
    return Admission(by_mn)


def _rows(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    try:
        if tuple(reader.fieldnames or ()) != _COLUMNS:
            raise MonitorFileError(f"line 1: the columns must be {','.join(_COLUMNS)}")
        for row in reader:
            if None in row or None in row.values():
                raise MonitorFileError(f"line {reader.line_num}: it must have {len(_COLUMNS)} cells")
            yield reader.line_num, row
    except csv.Error as error:
        raise MonitorFileError(f"line {reader.line_num}: {error}") from None


def without_password(data: bytes) -> bytes:
    """A data segment as it may be kept and shown: PW as asterisks."""
    return _PASSWORD_IN_FRAME.sub(lambda found: b"*" * len(found[0]), data)

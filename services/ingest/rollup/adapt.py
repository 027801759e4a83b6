"""Times as whole microseconds: the roll-up reads and writes many, and needs no calendar for them."""

import struct
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.adapt import Buffer, Dumper, Loader
from psycopg.pq import Format

from services.core.domain.calendar import from_us

POSTGRES_EPOCH_US = 946_684_800_000_000
OPEN_START_US = -(2**62)
OPEN_END_US = 2**62
_INT8 = struct.Struct("!q")
_MINUS_INFINITY, _INFINITY = -(2**63), 2**63 - 1
_TIMESTAMPTZ = "timestamptz"


@dataclass(frozen=True, slots=True)
class Moment:
    """Microseconds since 1970 (UTC), written as timestamptz; infinite from OPEN_START_US down and OPEN_END_US up."""

    us: int


class _MomentLoader(Loader):
    format = Format.BINARY

    def load(self, data: Buffer) -> int:
        value: int = _INT8.unpack(data)[0]
        if value in (_MINUS_INFINITY, _INFINITY):
            return OPEN_START_US if value < 0 else OPEN_END_US
        return value + POSTGRES_EPOCH_US


class _MomentDumper(Dumper):
    def dump(self, obj: Moment) -> bytes:
        if obj.us <= OPEN_START_US:
            return b"-infinity"
        return b"infinity" if obj.us >= OPEN_END_US else from_us(obj.us).isoformat().encode()


class _BinaryCursor(psycopg.Cursor[Any]):
    """A cursor that asks for its results in binary form."""

    def __init__(self, connection: psycopg.Connection[Any], **given: Any) -> None:
        super().__init__(connection, **given)
        self.format = Format.BINARY


def wire_us(moment_us: int) -> int:
    """Microseconds since 1970 as binary COPY wants them."""
    if moment_us <= OPEN_START_US:
        return _MINUS_INFINITY
    return _INFINITY if moment_us >= OPEN_END_US else moment_us - POSTGRES_EPOCH_US


def adapt(connection: psycopg.Connection) -> None:
    """Make this connection read timestamptz as microseconds since 1970 and write Moment as timestamptz."""
    connection.cursor_factory = _BinaryCursor
    info = connection.adapters.types[_TIMESTAMPTZ]
    dumper = type("_Dumper", (_MomentDumper,), {"oid": info.oid})
    connection.adapters.register_dumper(Moment, dumper)
    connection.adapters.register_loader(_TIMESTAMPTZ, _MomentLoader)

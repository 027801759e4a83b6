"""Times as whole microseconds: the roll-up reads and writes many, and needs no calendar for them."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg.adapt import AdaptersMap, Buffer, Dumper, Loader
from psycopg.pq import Format

from services.core.calendar import OPEN_END_US, OPEN_START_US, from_us
from services.core.db.arrays import ARRAY_HEAD, IntegerParameters, LongParameters, TimeParameters
from services.core.db.bulk import INFINITY, MINUS_INFINITY, POSTGRES_EPOCH_US

_INT8 = struct.Struct("!q")
_TIMESTAMPTZ = "timestamptz"
_ARRAY_OF = struct.Struct("!iiI")
_FLOAT8 = 701


@dataclass(frozen=True, slots=True)
class TimeParameter:
    """Microseconds since 1970 (UTC), written as timestamptz; infinite from OPEN_START_US down and OPEN_END_US up."""

    us: int


_ELEMENTS = {
    IntegerParameters.element_oid: IntegerParameters.element,
    LongParameters.element_oid: LongParameters.element,
    TimeParameters.element_oid: TimeParameters.element,
    _FLOAT8: np.dtype([("length", ">i4"), ("value", ">f8")]),
}


class _ArrayLoader(Loader):
    """Reads integer[], bigint[], timestamptz[] and float8[] without NULL into an array; times in us since 1970."""

    format = Format.BINARY

    def load(self, data: Buffer) -> NDArray[Any]:
        dimensions, _, element_oid = _ARRAY_OF.unpack_from(data)
        if not dimensions:
            return np.zeros(0, dtype=np.int64)
        elements = np.frombuffer(data, dtype=_ELEMENTS[element_oid], offset=ARRAY_HEAD.size)["value"]
        native: NDArray[Any] = elements.astype(elements.dtype.newbyteorder("="))
        return native + POSTGRES_EPOCH_US if element_oid == TimeParameters.element_oid else native


class _MomentLoader(Loader):
    format = Format.BINARY

    def load(self, data: Buffer) -> int:
        value: int = _INT8.unpack(data)[0]
        if value in (MINUS_INFINITY, INFINITY):
            return OPEN_START_US if value < 0 else OPEN_END_US
        return value + POSTGRES_EPOCH_US


class _MomentDumper(Dumper):
    def dump(self, obj: TimeParameter) -> bytes:
        if obj.us <= OPEN_START_US:
            return b"-infinity"
        return b"infinity" if obj.us >= OPEN_END_US else from_us(obj.us).isoformat().encode()


class _BinaryCursor(psycopg.Cursor[Any]):
    """A cursor that asks for its results in binary form."""

    def __init__(self, connection: psycopg.Connection[Any], **given: Any) -> None:
        super().__init__(connection, **given)
        self.format = Format.BINARY


class _AdaptedCursor(_BinaryCursor):
    """A cursor that reads and writes times so, on a connection that does not."""

    def __init__(self, connection: psycopg.Connection[Any], **given: Any) -> None:
        super().__init__(connection, **given)
        _register(self.adapters)


def adapt(connection: psycopg.Connection) -> None:
    """Make this connection read timestamptz as microseconds since 1970 and write Moment as timestamptz."""
    connection.cursor_factory = _BinaryCursor
    _register(connection.adapters)


def plan_by_time(connection: psycopg.Connection) -> None:
    """Plan each statement for its values, which name its time: so no plan holds another chunk.

    To look in each of the few that are left costs less than TimescaleDB's way of leaving some out while it runs.
    """
    connection.execute("SET plan_cache_mode = force_custom_plan")
    connection.execute("SET timescaledb.enable_runtime_exclusion = off")


@contextmanager
def adapted(connection: psycopg.Connection) -> Iterator[None]:
    """Let this connection read and write times as `adapt` has it, until the end of the block."""
    usual = connection.cursor_factory
    connection.cursor_factory = _AdaptedCursor
    try:
        yield
    finally:
        connection.cursor_factory = usual


def _register(adapters: AdaptersMap) -> None:
    info = adapters.types[_TIMESTAMPTZ]
    dumper = type("_Dumper", (_MomentDumper,), {"oid": info.oid})
    adapters.register_dumper(TimeParameter, dumper)
    adapters.register_loader(_TIMESTAMPTZ, _MomentLoader)
    for name in ("int4", "int8", "timestamptz", "float8"):
        adapters.register_loader(adapters.types[name].array_oid, _ArrayLoader)

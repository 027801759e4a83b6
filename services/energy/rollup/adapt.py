"""Times as whole microseconds: the roll-up reads and writes many, and needs no calendar for them."""

import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg.adapt import AdaptersMap, Buffer, Dumper, Loader
from psycopg.pq import Format

from services.core.calendar import OPEN_END_US, OPEN_START_US, from_us
from services.core.db.bulk import INFINITY, MINUS_INFINITY, POSTGRES_EPOCH_US, wire_moments

_INT8 = struct.Struct("!q")
_TIMESTAMPTZ = "timestamptz"
_ARRAY_OF = struct.Struct("!iiI")
_ARRAY_HEAD = struct.Struct("!iiIii")
_FLOAT8 = 701


@dataclass(frozen=True, slots=True)
class TimeParameter:
    """Microseconds since 1970 (UTC), written as timestamptz; infinite from OPEN_START_US down and OPEN_END_US up."""

    us: int


class IntegerParameters:
    """A parameter of type integer[], written all at once."""

    oid, element_oid = 1007, 23
    element = np.dtype([("length", ">i4"), ("value", ">i4")])

    def __init__(self, values: Iterable[int] | NDArray[np.int64]) -> None:
        self.values = values if isinstance(values, np.ndarray) else np.fromiter(values, dtype=np.int64)

    def wire(self) -> bytes:
        """The array as PostgreSQL takes it in binary form."""
        elements = np.empty(len(self.values), dtype=self.element)
        elements["length"] = self.element["value"].itemsize
        elements["value"] = self._wire_values()
        return _ARRAY_HEAD.pack(1, 0, self.element_oid, len(elements), 1) + elements.tobytes()

    def _wire_values(self) -> NDArray[np.int64]:
        return self.values


class TimeParameters(IntegerParameters):
    """A parameter of type timestamptz[], of microseconds since 1970; infinite as Moment is."""

    oid, element_oid = 1185, 1184
    element = np.dtype([("length", ">i4"), ("value", ">i8")])

    def _wire_values(self) -> NDArray[np.int64]:
        return wire_moments(self.values)


class _ArrayDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: IntegerParameters) -> bytes:
        return obj.wire()


_ELEMENTS = {
    IntegerParameters.element_oid: IntegerParameters.element,
    TimeParameters.element_oid: TimeParameters.element,
    _FLOAT8: np.dtype([("length", ">i4"), ("value", ">f8")]),
}


class _ArrayLoader(Loader):
    """Reads integer[], timestamptz[] and float8[] that hold no NULL into an array; times in microseconds since 1970."""

    format = Format.BINARY

    def load(self, data: Buffer) -> NDArray[Any]:
        dimensions, _, element_oid = _ARRAY_OF.unpack_from(data)
        if not dimensions:
            return np.zeros(0, dtype=np.int64)
        elements = np.frombuffer(data, dtype=_ELEMENTS[element_oid], offset=_ARRAY_HEAD.size)["value"]
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
    for array in (IntegerParameters, TimeParameters):
        adapters.register_dumper(array, type("_Dumper", (_ArrayDumper,), {"oid": array.oid}))
    for name in ("int4", "timestamptz", "float8"):
        adapters.register_loader(adapters.types[name].array_oid, _ArrayLoader)

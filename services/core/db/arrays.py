"""Lists of numbers and times as parameters: binary arrays, written all at once. Any connection takes them."""

import struct
from collections.abc import Iterable

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg.adapt import Dumper
from psycopg.pq import Format

from services.core.db.bulk import wire_moments

ARRAY_HEAD = struct.Struct("!iiIii")
"""Of a binary array of one dimension: dimensions, whether it holds NULL, type of the elements, length, first index."""


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
        return ARRAY_HEAD.pack(1, 0, self.element_oid, len(elements), 1) + elements.tobytes()

    def _wire_values(self) -> NDArray[np.int64]:
        return self.values


class LongParameters(IntegerParameters):
    """A parameter of type bigint[]."""

    oid, element_oid = 1016, 20
    element = np.dtype([("length", ">i4"), ("value", ">i8")])


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


for _kind in (IntegerParameters, LongParameters, TimeParameters):
    psycopg.adapters.register_dumper(_kind, type("_Dumper", (_ArrayDumper,), {"oid": _kind.oid}))

"""Points from files: a row says what a point of a gateway is, as PUT /gateways/{code}/points does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psycopg import Connection
from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from services.api.names import NamedPage
from services.api.reasons import Fault
from services.api.registry import nouns
from services.api.registry.change import RegistryChange
from services.api.registry.fields import Code
from services.api.registry.points import (
    POINTS,
    SQL,
    PointAnswer,
    PointEntry,
    PointQuery,
    faults_of_points,
    set_points,
)
from services.api.registry.resource import Resource

EXAMPLE: JsonDict = {
    "gateway": "GW-150622-0007",
    "name": "dlt645-1.g15m.E01_EPI",
    "meter": "150622-0007-E01",
    "unit_of_measure": "kWh",
    "factor": 1,
    "ignored": False,
    "pattern": False,
}


class PointRow(PointEntry):
    """What a point of a gateway is."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    gateway: Code = Field(description="Whose point it is")


@dataclass(frozen=True, kw_only=True)
class PointResource(Resource[PointRow, PointRow, PointAnswer]):
    """What the bulk import knows of points. None exists already: a row says what holds from now on."""

    def key_of(self, entry: PointRow) -> str:
        """Gateway and name."""
        return f"{entry.gateway} {entry.name}{' (pattern)' if entry.pattern else ''}"

    def repeated(self, entry: PointRow, line: int) -> Fault:
        """The fault of a row whose point stands in `line` too."""
        return Fault("name", "repeated_in_file", {"value": self.key_of(entry), "line": line})

    def existing(self, _connection: Connection, _keys: Sequence[str]) -> frozenset[str]:
        """None."""
        return frozenset()

    def insert(self, change: RegistryChange, entries: Sequence[PointRow]) -> int:
        """Write what the points are."""
        for gateway, mine in _by_gateway(entries).items():
            set_points(change, gateway, [entries[place] for place in mine])
        return len(entries)


def _faults(connection: Connection, entries: Sequence[PointRow]) -> list[list[Fault]]:
    faults: list[list[Fault]] = [[] for _ in entries]
    for gateway, mine in _by_gateway(entries).items():
        if SQL.run(connection, "gateway", code=gateway).first() is None:
            for place in mine:
                faults[place].append(nouns.GATEWAY.fault("gateway", "unknown", gateway))
            continue
        for fault in faults_of_points(connection, gateway, [entries[place] for place in mine]):
            _, number, field = fault.field.split(".", 2)
            faults[mine[int(number)]].append(Fault(field, fault.code, fault.mentions))
    return faults


def _by_gateway(entries: Sequence[PointRow]) -> Mapping[str, list[int]]:
    """The places of the entries of each gateway."""
    found: dict[str, list[int]] = {}
    for place, entry in enumerate(entries):
        found.setdefault(entry.gateway, []).append(place)
    return found


RESOURCE = PointResource(
    noun=nouns.POINT,
    key="name",
    entry=PointRow,
    record=PointRow,
    example=EXAMPLE,
    answer=PointAnswer,
    page=NamedPage[PointAnswer],
    sql=SQL,
    check=_faults,
    new_is="report",
    query=PointQuery,
    filters=POINTS.filters,
)

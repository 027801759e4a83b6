"""Gateways 端设备: the devices that publish for many meters."""

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Query, status
from psycopg import Connection
from pydantic import AfterValidator, ConfigDict, Field
from pydantic.config import JsonDict

from services.api.asking import START_AFTER_END, Now
from services.api.database import Db
from services.api.errors import ALREADY_EXISTS, BAD_CURSOR, IN_USE
from services.api.list_query import ListQuery
from services.api.names import NamedKind, NamedPage, WithNames
from services.api.openapi import refusals
from services.api.reasons import Fault
from services.api.registry import nouns
from services.api.registry.edge_nodes import EdgeNodeState, edge_node_of
from services.api.registry.end_devices import EndDeviceQuery, EndDeviceState, end_device_of
from services.api.registry.fields import Code, CreditCode, Entry, Name, Whole, refusal
from services.api.registry.gateway_counters import CountedDays
from services.api.registry.gateways_heard import (
    FILTERS,
    SQL,
    GatewayPage,
    GatewayQuery,
    NamedGatewayHeard,
    gateways_of,
    heard_of,
)
from services.api.registry.owners import owner_faults
from services.api.registry.resource import Resource
from services.ingest.broker_users import RESERVED, is_credit_code
from services.ingest.validate import KEEPS_DAYS

EXAMPLE: JsonDict = {
    "code": "GW-150622-0007",
    "credit_code": "91150622MA0N0000XF",
    "name": "焦化厂 1 号端设备",
    "keeps_days": 90,
    "edge_node": "Ordos/GW-150622-0007",
    "resends": True,
    "corrections": "keep",
}


KeepsDays = Annotated[
    Whole,
    Field(
        ge=1,
        le=36_525,
        description="Days for which it keeps readings that it could not send; what is older is held as `ts_too_old`."
        f" Empty: {KEEPS_DAYS}",
    ),
]


EdgeNodeAddress = Annotated[
    str,
    Field(
        max_length=201,
        pattern=r"^[^/+#\s]{1,100}/[^/+#\s]{1,100}$",
        description="Of one that speaks Sparkplug B: the edge node that it is, as group/edge. Empty: none",
    ),
]


Resends = Annotated[
    bool,
    Field(
        description="Whether it keeps what it could not send, and sends it later. Empty: as its profile says, which is"
        " no unless said; one without a profile does"
    ),
]


LaterValues = Annotated[
    Literal["keep", "accept"],
    Field(
        description="Of two values of one time: keep, the first counts and the other is a rejected reading; accept, the"
        " later one counts, as a correction that is recorded"
    ),
]


def _of_gateway(code: str) -> str:
    if code.lower().startswith(RESERVED):
        raise refusal("reserved", prefix=RESERVED)
    if is_credit_code(code):
        raise refusal("credit_code_of_gateway")
    return code


class GatewayEntry(Entry):
    """A gateway as it is registered."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    code: Annotated[Code, AfterValidator(_of_gateway)] = Field(
        description="Also its topic level and the head of its MQTT user names"
    )
    credit_code: CreditCode
    name: Name | None = None
    keeps_days: KeepsDays | None = None
    edge_node: EdgeNodeAddress | None = None
    resends: Resends | None = None
    corrections: LaterValues = "keep"


class Gateway(GatewayEntry):
    """A gateway."""


class NamedGateway(Gateway, WithNames):
    """A gateway, with the name of its enterprise."""


class GatewayPatch(Entry):
    """What of a gateway may change."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "焦化厂 2 号端设备"}]})

    name: Name | None = None
    keeps_days: KeepsDays | None = None
    edge_node: EdgeNodeAddress | None = None
    resends: Resends | None = None
    corrections: LaterValues = "keep"


def _edge_node_faults(connection: Connection, entries: Sequence[GatewayEntry]) -> list[list[Fault]]:
    """The faults of entries whose edge node is another gateway already, registered or before it in the same file."""
    asked = sorted({entry.edge_node for entry in entries if entry.edge_node is not None})
    taken = list(SQL.run(connection, "edge_nodes_taken", edge_nodes=asked)) if asked else []
    owner: dict[str, str] = {row.edge_node: row.code for row in taken}
    hidden = {row.edge_node for row in taken if not row.is_seen}
    faults: list[list[Fault]] = []
    for entry in entries:
        node = entry.edge_node
        if node is None or owner.setdefault(node, entry.code) == entry.code:
            faults.append([])
        elif node in hidden:
            faults.append([nouns.GATEWAY.fault("edge_node", "already_exists", node)])
        else:
            faults.append([Fault("edge_node", "edge_node_taken", {"value": node, "gateway": owner[node]})])
    return faults


def _faults(connection: Connection, entries: Sequence[GatewayEntry]) -> list[list[Fault]]:
    of_owners, of_nodes = owner_faults(connection, entries), _edge_node_faults(connection, entries)
    return [[*owners, *nodes] for owners, nodes in zip(of_owners, of_nodes, strict=True)]


RESOURCE = Resource(
    noun=nouns.GATEWAY,
    key="code",
    entry=GatewayEntry,
    record=GatewayEntry,
    example=EXAMPLE,
    answer=Gateway,
    page=NamedPage[Gateway],
    coded={NamedKind.ENTERPRISE: ("credit_code",)},
    sql=SQL,
    filters=FILTERS,
    query=ListQuery,
    check=_faults,
    check_amended=_edge_node_faults,
)

router = APIRouter(prefix="/api/v1/gateways", tags=["gateways"])
UNKNOWN = nouns.GATEWAY.unknown


@router.get("", summary="List gateways", responses=refusals(BAD_CURSOR))
def list_gateways(database: Db, query: Annotated[GatewayQuery, Query()], now: Now) -> GatewayPage:
    """The gateways in the order of their codes, with what was heard of them; filters by place go by their enterprise's
    membership of today.
    """
    return gateways_of(database, query, now)


@router.get("/{code}/state", summary="Read what was heard of a gateway", responses=refusals(UNKNOWN))
def read_gateway_state(database: Db, code: Code, days: Annotated[CountedDays, Query()], now: Now) -> NamedGatewayHeard:
    """Whether it is online, when it last sent something, and what became of that."""
    return heard_of(database, code, days, now)


@router.get("/{code}/edge-node", summary="Read the session of a gateway by Sparkplug B", responses=refusals(UNKNOWN))
def read_edge_node(database: Db, code: Code) -> EdgeNodeState:
    """Whether the edge node and its devices are online, and when messages of it may be missing."""
    return edge_node_of(database, code)


@router.get(
    "/{code}/end-device",
    summary="Read what a gateway said by the national protocol",
    responses=refusals(UNKNOWN, START_AFTER_END),
)
def read_end_device(database: Db, code: Code, query: Annotated[EndDeviceQuery, Query()], now: Now) -> EndDeviceState:
    """When it was heard, what it said of its enterprise, and its days, months and years beside what was measured."""
    return end_device_of(database, code, query, now=now)


@router.post("", summary="Register a gateway", status_code=status.HTTP_201_CREATED, responses=refusals(ALREADY_EXISTS))
def create_gateway(database: Db, entry: GatewayEntry) -> Gateway:
    """Register a gateway. Its code and its enterprise stay."""
    return RESOURCE.create(database, entry)


@router.get("/{code}", summary="Read a gateway", responses=refusals(UNKNOWN))
def read_gateway(database: Db, code: Code) -> NamedGateway:
    """One gateway."""
    return RESOURCE.one(database, code, NamedGateway)


@router.patch("/{code}", summary="Change a gateway", responses=refusals(UNKNOWN))
def amend_gateway(database: Db, code: Code, patch: GatewayPatch) -> Gateway:
    """Change the fields given."""
    return RESOURCE.amend(database, code, patch)


@router.delete(
    "/{code}", summary="Remove a gateway", status_code=status.HTTP_204_NO_CONTENT, responses=refusals(UNKNOWN, IN_USE)
)
def remove_gateway(database: Db, code: Code) -> None:
    """Remove a gateway without meters."""
    RESOURCE.remove(database, code)

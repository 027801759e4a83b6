"""Keeps what the host knows of edge nodes, in the transaction of what they sent."""

import json
from collections.abc import Mapping

import psycopg

from services.core.calendar import from_us, to_us
from services.core.db.statements import Statements
from services.ingest.sparkplug.edge import EdgeNode
from services.ingest.sparkplug.sessions import KeptEdge, SessionBatch
from services.ingest.sparkplug.topics import EdgeAddress
from services.ingest.statuses import note_statuses

_sql = Statements.beside(__file__, "keeping.sql")


def registered_edges(connection: psycopg.Connection) -> list[KeptEdge]:
    """The gateways that are edge nodes, with what is kept of their sessions. Raises psycopg.Error."""
    with connection.transaction():
        return [
            KeptEdge(
                row.code,
                EdgeAddress(*row.edge_node.split("/")),
                row.bd_seq,
                None if row.last_at is None else to_us(row.last_at),
                row.online,
                row.host_left,
            )
            for row in _sql.run(connection, "edges")
        ]


def keep_sessions(connection: psycopg.Connection, batch: SessionBatch, nodes: Mapping[str, EdgeNode]) -> None:
    """Keep where sessions stand, what gateways are, and incidents. Raises psycopg.Error."""
    changed = sorted(batch.changed & nodes.keys())
    if changed:
        of = [nodes[gateway] for gateway in changed]
        _sql.run(
            connection,
            "keep_sessions",
            gateways=changed,
            bd_seqs=[node.bd_seq for node in of],
            online=[node.is_online() for node in of],
            last_at=[None if node.last_us is None else from_us(node.last_us) for node in of],
            devices=[json.dumps(node.devices, ensure_ascii=True) for node in of],
        )
    if batch.statuses:
        note_statuses(connection, batch.statuses)
    if batch.ignoring:
        _sql.run(connection, "note_ignoring", gateways=sorted(batch.ignoring))
    if batch.incidents:
        _sql.run(
            connection,
            "note_incidents",
            gateways=[gateway for gateway, _ in batch.incidents],
            kinds=[incident.kind for _, incident in batch.incidents],
            from_at=[from_us(incident.from_us) for _, incident in batch.incidents],
            to_at=[from_us(incident.to_us) for _, incident in batch.incidents],
            missing=[incident.missing for _, incident in batch.incidents],
        )


def note_left(connection: psycopg.Connection) -> None:
    """Note that the host has said that it goes, and that all it was given is stored. Raises psycopg.Error."""
    with connection.transaction():
        _sql.run(connection, "note_left")


def is_able(connection: psycopg.Connection) -> bool:
    """Whether the database could take data now. Raises psycopg.Error."""
    with connection.transaction():
        return bool(_sql.run(connection, "able").scalar())

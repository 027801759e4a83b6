"""What the Sparkplug host knows of a gateway that is an edge node."""

from datetime import datetime

from pydantic import BaseModel, Field

from services.api.database import Database
from services.api.registry import nouns
from services.api.registry.gateways_heard import SQL
from services.ingest.sparkplug.outcome import EdgeIncidentKind

MOST_INCIDENTS = 200


class EdgeGap(BaseModel):
    """A time in which messages may be missing."""

    kind: EdgeIncidentKind = Field(
        description="gap: numbers of its order are missing; host_away: it sent while the host was away, or the host "
        "had ended without a word"
    )
    from_at: datetime
    to_at: datetime
    missing: int | None = Field(description="So many numbers at least; empty: not known")
    noted_at: datetime


class EdgeNodeState(BaseModel):
    """Where the session of an edge node stands."""

    edge_node: str | None = Field(description="As group/edge; empty: the gateway is none")
    online: bool | None = Field(description="Empty: it has not been heard of")
    last_at: datetime | None = Field(description="When what was taken last was sent, by its clock")
    devices: dict[str, bool] = Field(description="Its devices, and whether each is online")
    ignored_state_at: datetime | None = Field(
        description="When it was seen last to have sent though the host was offline: it does not name the host as its "
        "primary host, and what it sends meanwhile is lost"
    )
    incidents: list[EdgeGap] = Field(description=f"The newest {MOST_INCIDENTS}")


def edge_node_of(database: Database, code: str) -> EdgeNodeState:
    """The session of a gateway. Raises Refused where there is none."""
    with database.read() as connection:
        row = SQL.run(connection, "edge_session", code=code).mappings().first()
        if row is None:
            raise nouns.GATEWAY.refuse_unknown(code)
        incidents = SQL.run(connection, "edge_incidents", code=code, most=MOST_INCIDENTS).mappings().all()
    return EdgeNodeState.model_validate({**row, "devices": row["devices"] or {}, "incidents": incidents})

"""Messages about alerts, and every attempt to send them."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query

from services.api.alerts import deliveries, nouns
from services.api.alerts.deliveries import DeliveryDetail, DeliveryList, DeliveryQuery
from services.api.database import Db
from services.api.errors import BAD_CURSOR
from services.api.openapi import refusals

router = APIRouter(prefix="/api/v1/deliveries", tags=["alerts"])


@router.get("", summary="List messages", response_model=DeliveryList, responses=refusals(BAD_CURSOR))
def list_deliveries(database: Db, query: Annotated[DeliveryQuery, Query()]) -> dict[str, Any]:
    """Messages, the newest first, each with all attempts and the reason of the last failure."""
    return deliveries.deliveries_of(database, query)


@router.get(
    "/{message_id}",
    summary="Read a message",
    response_model=DeliveryDetail,
    responses=refusals(nouns.DELIVERY.unknown),
)
def read_delivery(database: Db, message_id: UUID) -> DeliveryDetail:
    """One message with its content."""
    return deliveries.delivery_of(database, message_id)

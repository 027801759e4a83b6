"""Alerts 预警: what was raised, how it is handled, and where rules stand with what they judge."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, status

from services.api.access.require import Acting
from services.api.alerts import detail, handling, listing, nouns, states
from services.api.alerts.detail import AlertDetail
from services.api.alerts.fields import Id
from services.api.alerts.handling import StepEntry, StepTaken
from services.api.alerts.listing import AlertQuery
from services.api.alerts.model import AlertList
from services.api.alerts.states import StateList, StateQuery
from services.api.asking import Now
from services.api.database import Db
from services.api.errors import BAD_CURSOR
from services.api.openapi import refusals

router = APIRouter(prefix="/api/v1", tags=["alerts"])


@router.get("/alerts", summary="List alerts", response_model=AlertList, responses=refusals(BAD_CURSOR))
def list_alerts(database: Db, query: Annotated[AlertQuery, Query()]) -> dict[str, Any]:
    """Alerts, the newest first, with the counts of all that the filters leave."""
    return listing.alerts_of(database, query)


@router.get(
    "/alerts/{alert_id}", summary="Read an alert", response_model=AlertDetail, responses=refusals(nouns.ALERT.unknown)
)
def read_alert(database: Db, alert_id: Id, now: Now) -> dict[str, Any]:
    """An alert whole: frozen evidence, history, messages, and what may and must be done now."""
    return detail.alert_of(database, alert_id, now=now)


@router.post(
    "/alerts/{alert_id}/steps",
    summary="Take a step",
    status_code=status.HTTP_201_CREATED,
    response_model=StepTaken,
    responses=refusals(nouns.ALERT.unknown, nouns.STEP_NOT_ALLOWED, nouns.STILL_FIRING),
)
def take_step(database: Db, alert_id: Id, entry: StepEntry, acting: Acting, now: Now) -> StepTaken:
    """Acknowledge, explain, plan, verify, close or reopen an alert, comment on it or attach something.

    A supervisor acts for its body on the alerts of its area, an account of an enterprise for that on its own.
    Steps are only added, never changed. What is not allowed now is refused with what is.
    """
    return handling.take_step(database, alert_id, entry, acting, now=now)


@router.get("/alert-states", summary="List where rules stand", response_model=StateList, responses=refusals(BAD_CURSOR))
def list_states(database: Db, query: Annotated[StateQuery, Query()]) -> dict[str, Any]:
    """What is pending, firing or just resolved, and what cannot be judged, with the reasons."""
    return states.states_of(database, query)

"""Alerts 预警: what was raised, how it is handled, and where rules stand with what they judge."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response, status

from services.alerts.state.handling import shanghai_day
from services.api.access.require import Acting
from services.api.alerts import case_file, cases, detail, listing, nouns, series, states, steps, worklist
from services.api.alerts.cases import CaseList, CaseQuery
from services.api.alerts.detail import AlertDetail
from services.api.alerts.fields import Id, Subject
from services.api.alerts.listing import AlertQuery
from services.api.alerts.model import AlertList
from services.api.alerts.series import AlertSeries
from services.api.alerts.states import StateList, StateQuery
from services.api.alerts.steps import StepEntry, StepsEntry, StepsTaken, StepTaken
from services.api.alerts.worklist import Worklist, WorklistQuery
from services.api.asking import Now
from services.api.database import Db
from services.api.errors import BAD_CURSOR, OUTSIDE_REACH
from services.api.guard.cost import TOO_MUCH
from services.api.openapi import refusals
from services.api.tables import TablesDep

router = APIRouter(prefix="/api/v1", tags=["alerts"])

# Generators of clients know no ZIP.
_ZIP = "application/octet-stream"
_BINARY = {"type": "string", "format": "binary"}


@router.get("/alerts", summary="List alerts", response_model=AlertList, responses=refusals(BAD_CURSOR))
def list_alerts(database: Db, query: Annotated[AlertQuery, Query()], now: Now) -> dict[str, Any]:
    """Alerts, the newest first unless ordered otherwise, with the counts of all that the filters leave."""
    return listing.alerts_of(database, query, now=now)


@router.get("/cases", summary="List cases", response_model=CaseList, responses=refusals(BAD_CURSOR, TOO_MUCH))
def list_cases(database: Db, query: Annotated[CaseQuery, Query()], now: Now) -> dict[str, Any]:
    """What is open, by subject: one case for all alerts about one subject, the most urgent case first.

    A case is made of the alerts that the filters leave; without `at_rest`, of those that fire or of which something is
    still to be done.
    """
    return cases.cases_of(database, query, now=now)


@router.get(
    "/cases/{subject}/file",
    summary="Download the file of a case",
    response_class=Response,
    responses={200: {"content": {_ZIP: {"schema": _BINARY}}}, **refusals(nouns.ALERT.unknown)},
)
def read_case_file(
    database: Db,
    tables: TablesDep,
    subject: Annotated[Subject, Path()],
    acting: Acting,
    now: Now,
    at_rest: bool = False,
) -> Response:
    """All that the alerts about one subject stand on, for the records: sentence, frozen evidence, series, steps, the
    text of the rule, the readings behind the evidence, and the digests of all of them.
    """
    content = case_file.case_file(database, tables, subject, acting, at_rest=at_rest, now=now)
    name = f"case-{subject.replace(':', '-')}-{shanghai_day(now)}.zip"
    return Response(content, media_type=_ZIP, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@router.get("/worklist", summary="Read what is to be done", response_model=Worklist, responses=refusals(OUTSIDE_REACH))
def read_worklist(database: Db, query: Annotated[WorklistQuery, Query()], acting: Acting, now: Now) -> dict[str, Any]:
    """What waits for a decision: alerts by what is to be done with them and by their last day, what cannot be judged,
    silent gateways, and what the checks of data quality have found; each counted, with its first rows.
    """
    return worklist.worklist_of(database, query, acting, now=now)


@router.post("/alerts/steps", summary="Take a step of many alerts", response_model=StepsTaken, responses=refusals())
def take_steps(database: Db, entry: StepsEntry, acting: Acting, now: Now) -> StepsTaken:
    """Take the same step of up to 200 alerts at once.

    Each alert answers for itself: the step that was taken, or the problem with which it was refused. With `all_or_none`
    nothing is taken where one of them refuses.
    """
    return steps.take_steps(database, entry, acting, now=now)


@router.get(
    "/alerts/{alert_id}", summary="Read an alert", response_model=AlertDetail, responses=refusals(nouns.ALERT.unknown)
)
def read_alert(database: Db, alert_id: Id, now: Now) -> dict[str, Any]:
    """An alert whole: frozen evidence, history, messages, and what may and must be done now."""
    return detail.alert_of(database, alert_id, now=now)


@router.get(
    "/alerts/{alert_id}/series",
    summary="Read an alert over time",
    response_model=AlertSeries,
    responses=refusals(nouns.ALERT.unknown),
)
def read_series(database: Db, tables: TablesDep, alert_id: Id, now: Now) -> dict[str, Any]:
    """What the rule of an alert saw of its subject, from before it fired until now, by the period of the rule.

    Values are those of what is stored now; `frozen` has what was found as it fired, and `state` how the alert stood.
    """
    return series.series_of(database, tables, alert_id, now=now)


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
    return steps.take_step(database, alert_id, entry, acting, now=now)


@router.get("/alert-states", summary="List where rules stand", response_model=StateList, responses=refusals(BAD_CURSOR))
def list_states(database: Db, query: Annotated[StateQuery, Query()]) -> dict[str, Any]:
    """What is pending, firing or just resolved, and what cannot be judged, with the reasons."""
    return states.states_of(database, query)

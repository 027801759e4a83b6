"""Proposals 复核: what changes closed months waits here until a second person confirms it."""

import json
from typing import Annotated

from fastapi import APIRouter, Body, Path, Query, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from services.api.access.require import NOT_ALLOWED, Acting
from services.api.asking import Now
from services.api.database import Db
from services.api.errors import BAD_CURSOR
from services.api.names import NamedPage
from services.api.openapi import refusals
from services.api.proposals import store
from services.api.proposals.asking import do_again
from services.api.proposals.model import Decline, NamedProposal, Proposal, ProposalQuery
from services.api.registry.closed_months import PROPOSAL_OVER

router = APIRouter(prefix="/api/v1/proposals", tags=["proposals"])
UNKNOWN = store.UNKNOWN_PROPOSAL
_OF_WHO_ASKS = frozenset({401, 403, 404, 429})
"""Refusals that another, or the same later, may not meet; one sees no meter that is another's."""
_ANSWERED = "It is done: the answer of the operation, with its own status"
Number = Annotated[int, Path(description="Its `proposal_id`", ge=1, le=2**62)]


@router.get("", summary="List proposals", responses=refusals(BAD_CURSOR))
def list_proposals(database: Db, query: Annotated[ProposalQuery, Query()], now: Now) -> NamedPage[Proposal]:
    """Changes of closed months that wait for a second person, and what became of others; the newest first."""
    return store.page_of(database, query, now=now)


@router.get("/{proposal_id}", summary="Read a proposal", responses=refusals(UNKNOWN))
def read_proposal(database: Db, proposal_id: Number, now: Now) -> NamedProposal:
    """What was asked for, by whom, and what it would change."""
    with database.read() as connection:
        return store.named(connection, proposal_id, now=now)


@router.get(
    "/{proposal_id}/body",
    summary="Read what was sent",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}}, **refusals(UNKNOWN)},
)
def read_body(database: Db, proposal_id: Number, now: Now) -> Response:
    """The body of the request, such as a file, as it was sent and as it would be done."""
    _, body = store.body_of(database, proposal_id, now=now)
    headers = {"Content-Disposition": f'attachment; filename="proposal-{proposal_id}"'}
    return Response(body, media_type="application/octet-stream", headers=headers)


@router.post(
    "/{proposal_id}/confirm",
    summary="Confirm a proposal",
    response_class=Response,
    responses={
        200: {"description": _ANSWERED, "content": {"application/json": {"schema": {}}}},
        201: {"description": _ANSWERED, "content": {"application/json": {"schema": {}}}},
        204: {"description": _ANSWERED},
        **refusals(UNKNOWN, PROPOSAL_OVER, store.OWN_PROPOSAL, store.LET_IN_BY_AUTHOR, NOT_ALLOWED),
    },
)
async def confirm_proposal(request: Request, database: Db, proposal_id: Number, acting: Acting, now: Now) -> Response:
    """Have it done, in the name of its author, by another account with the same right and reach.

    The answer is that of the operation. Where it cannot be done any more it is refused as usual, and is over; where
    the account alone may not do it, it waits on.
    """
    proposal = await run_in_threadpool(store.to_confirm, database, proposal_id, acting, now=now)
    body = await run_in_threadpool(store.body_of, database, proposal_id, now=now)
    answer = await do_again(request, proposal, body, acting)
    if 400 <= answer.status_code < 500 and answer.status_code not in _OF_WHO_ASKS:
        refusal = json.loads(bytes(answer.body))
        await run_in_threadpool(store.note_refusal, database, proposal_id, refusal, now=now)
    return answer


@router.post(
    "/{proposal_id}/decline",
    summary="Decline or withdraw a proposal",
    responses=refusals(UNKNOWN, PROPOSAL_OVER, NOT_ALLOWED),
)
def decline_proposal(
    database: Db,
    proposal_id: Number,
    acting: Acting,
    now: Now,
    decline: Annotated[Decline, Body(default_factory=Decline)],
) -> Proposal:
    """Say that it is not to be done. Its author withdraws it so."""
    return store.turn_down(database, proposal_id, acting, reason=decline.reason, now=now)

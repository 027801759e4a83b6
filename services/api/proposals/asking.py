"""A change of closed months that is asked for becomes a proposal; one that is confirmed is asked for again."""

from dataclasses import replace

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from psycopg.rows import DictRow
from starlette.concurrency import run_in_threadpool
from starlette.types import Message

from services.api.access.closing import CONFIRMED, Confirmed
from services.api.access.principal import Principal, SignedBy
from services.api.access.rules import operation
from services.api.database import Database
from services.api.errors import REQUEST_ID
from services.api.proposals import store
from services.api.registry.closed_months import NeedsSecondPerson
from services.api.within import AnswerWithin, scope_within


def keep_proposals_of(app: FastAPI) -> None:
    """Let what needs a second person be kept, and answered 202."""
    app.add_exception_handler(NeedsSecondPerson, _on_needed)


async def _on_needed(request: Request, error: Exception) -> Response:
    assert isinstance(error, NeedsSecondPerson)
    principal: Principal = request.state.principal
    database: Database = request.app.state.database.within(
        principal.reach, acting=principal, request_id=str(request.scope.get(REQUEST_ID, ""))
    )
    asked = {
        "method": request.method,
        "path": request.scope["path"],
        "query": request.scope["query_string"].decode("latin-1"),
        "operation": operation(request.method, request.app.state.operations.path_of(request.scope)),
        "content_type": request.headers.get("content-type", ""),
        "body": await request.body(),
    }
    proposal = await run_in_threadpool(store.keep, database, asked, error, now=request.app.state.clock())
    headers = {"Location": f"/api/v1/proposals/{proposal.proposal_id}"}
    return JSONResponse(proposal.model_dump(mode="json"), status_code=202, headers=headers)


async def do_again(request: Request, proposal: DictRow, body: tuple[str, bytes], acting: Principal) -> Response:
    """What the operation answers now that `acting` confirms it; its author stands as author of what is done."""
    content_type, content = body
    done_as = replace(
        acting,
        name=proposal["author"],
        signed_by=SignedBy.CONFIRMATION,
        csrf_token=None,
        credential=f"proposal {proposal['proposal_id']}",
    )
    scope = scope_within(request.scope, path=proposal["path"], query=proposal["query"]) | {
        "method": proposal["method"],
        "headers": [
            (b"host", request.headers.get("host", "").encode("latin-1")),
            (b"content-type", content_type.encode("latin-1")),
            (b"content-length", str(len(content)).encode()),
        ],
        CONFIRMED: Confirmed(proposal["proposal_id"], acting.name, acting.credential, done_as),
    }
    answer = _DoneAgain(content)
    await request.app.router(scope, answer.receive, answer.send)
    return answer.response()


class _DoneAgain(AnswerWithin):
    """Gives the body of the operation, and takes its answer."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self._content: bytes | None = content

    async def receive(self) -> Message:
        """The body, once."""
        if self._content is None:
            return {"type": "http.disconnect"}
        body, self._content = self._content, None
        return {"type": "http.request", "body": body, "more_body": False}

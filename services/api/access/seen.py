"""Who saw personal data: what shows addresses of people is noted in the audit before it answers."""

import time
from collections import OrderedDict
from threading import Lock

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from services.api.access.reach import EVERYTHING
from services.api.access.require import principal_of
from services.api.access.rules import Operations, operation
from services.api.errors import REQUEST_ID
from services.provenance.notes import NoteKind, note

SHOWING = frozenset(
    f"GET /api/v1/{path}"
    for path in (
        "accounts",
        "accounts/{name}",
        "alerts/{alert_id}",
        "audit",
        "deliveries",
        "deliveries/{message_id}",
        "enterprises/{credit_code}/subscriptions",
        "enterprises/{credit_code}/subscriptions/{subscription_id}",
        "supervision-bodies/{code}/subscriptions",
        "supervision-bodies/{code}/subscriptions/{subscription_id}",
    )
)
"""Operations whose answer holds e-mail addresses; a test holds that none is left out."""

_ONCE_IN_S = 600.0
_MOST = 10_000


class Seen:
    """What was noted a while ago: a page that asks again every few seconds is one note in ten minutes."""

    def __init__(self) -> None:
        self._at: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._lock = Lock()

    def is_new(self, account: str, address: str) -> bool:
        """Whether this is to be noted; it then counts as noted."""
        now_s, key = time.monotonic(), (account, address)
        with self._lock:
            if now_s - self._at.get(key, float("-inf")) < _ONCE_IN_S:
                return False
            self._at[key] = now_s
            self._at.move_to_end(key)
            while len(self._at) > _MOST:
                self._at.popitem(last=False)
        return True


async def note_seen(request: Request) -> None:
    """Note who is shown personal data, and where."""
    operations: Operations = request.app.state.operations
    asked = operation(request.method, operations.path_of(request.scope) or "")
    if asked not in SHOWING:
        return
    principal, seen = principal_of(request), request.app.state.seen
    path, query = request.scope["path"], request.scope["query_string"].decode("latin-1")
    if not seen.is_new(principal.name, f"{path}?{query}"):
        return
    request_id = str(request.scope.get(REQUEST_ID, ""))
    database = request.app.state.database.within(EVERYTHING, acting=principal, request_id=request_id)

    def write() -> None:
        with database.write() as connection:
            note(connection, NoteKind.PERSONAL_DATA, path, {"operation": asked, "query": query})

    await run_in_threadpool(write)

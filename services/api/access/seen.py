"""Who saw personal data is noted in the audit before it is answered; and who gave a wrong password."""

import logging
import time
from collections import OrderedDict
from threading import Lock, Thread

import psycopg
from fastapi import Request
from psycopg_pool import PoolTimeout
from starlette.concurrency import run_in_threadpool

from services.api.access.reach import EVERYTHING
from services.api.access.require import principal_of
from services.api.access.rules import Operations, operation
from services.api.database import Database
from services.api.errors import REQUEST_ID
from services.provenance.notes import NoteKind, note

log = logging.getLogger("enermon.api")

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

AS_ASKED = "enermon.as_asked"
"""Where the scope of a page that goes into a file has the query of the whole."""
FAILED_SIGN_IN = "failed sign-in"
_ONCE_IN_S = 600.0
_MOST = 10_000


class Seen:
    """What was noted a while ago: a page that asks again every few seconds is one note in ten minutes."""

    def __init__(self) -> None:
        self._at: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._lock = Lock()

    def note_failed_sign_in(self, database: Database, account: str, peer: str) -> None:
        """Note that somebody gave the name of an account and not its password, once in ten minutes for each network.

        Beside the request: what it takes longer for a name that there is would tell that there is one.
        """
        if self.is_new(f"sign-in {account}", peer):
            Thread(target=_note_failed, args=(database, account, peer), name=FAILED_SIGN_IN, daemon=True).start()

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


def _note_failed(database: Database, account: str, peer: str) -> None:
    try:
        with database.write() as connection:
            note(connection, NoteKind.SIGN_IN_FAILED, account, {"network": peer})
    except (psycopg.Error, PoolTimeout) as error:
        log.warning("a failed sign-in could not be noted: %s", type(error).__name__)


async def note_seen(request: Request) -> None:
    """Note who is shown personal data, and where."""
    operations: Operations = request.app.state.operations
    asked = operation(request.method, operations.path_of(request.scope) or "")
    if asked not in SHOWING:
        return
    principal, seen = principal_of(request), request.app.state.seen
    # As they were sent, percent-encoded: what is decoded may hold what the database cannot.
    # Of a file the query of the whole, and not that of each of its pages.
    sent = (request.scope["raw_path"], request.scope.get(AS_ASKED, request.scope["query_string"]))
    path, query = (part.decode("ascii", "backslashreplace") for part in sent)
    if not seen.is_new(principal.name, f"{path}?{query}"):
        return
    request_id = str(request.scope.get(REQUEST_ID, ""))
    database = request.app.state.database.within(EVERYTHING, acting=principal, request_id=request_id)

    def write() -> None:
        with database.write() as connection:
            note(connection, NoteKind.PERSONAL_DATA, path, {"operation": asked, "query": query})

    await run_in_threadpool(write)

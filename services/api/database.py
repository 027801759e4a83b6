"""How the API reaches the database: one bounded pool, one transaction a request."""

import copy
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Annotated, Any, Self, TypeVar

from fastapi import Depends, Request
from psycopg import Connection, IsolationLevel
from psycopg.pq import TransactionStatus
from psycopg_pool import PoolTimeout

from services.api.access.closing import CONFIRMED, Closing
from services.api.access.principal import Principal
from services.api.access.reach import EVERYTHING, NOTHING, Reach
from services.api.errors import REQUEST_ID
from services.api.revision import Revision
from services.api.turnstile import Turnstile
from services.core.calendar import Grain, floor
from services.core.db.connections import pool_to_ask
from services.core.db.roles import DatabaseRole
from services.core.db.statements import Statements
from services.ingest.registry import RegistryReader
from services.ingest.validate import KnownRegistry

_SQL = Statements.beside(__file__, "database.sql")

T = TypeVar("T")

MOMENT = "enermon.moment"
"""Where the scope of a request has the Moment that it shares with others."""
_POOL_SIZE = 8
_LONGEST_WRITE_S = 30
"""So long a statement may take that writes: imports are of tens of thousands of rows."""
_LONGEST_WAIT_S = 30.0
"""So long a request waits for others to give a connection back."""
_STEP_S = 1.0
"""So long it waits for a connection to be made before it looks whether the database has refused one."""
_READY_WITHIN_S = 0.1
"""So long where the database has refused one since the request came: one that was made before may still be free."""


class Database:
    """The database behind the API. Connections are opened when first needed."""

    def __init__(self, database_url: str, *, longest_read_s: int = 10) -> None:
        """`longest_read_s`: so long a statement of a question may take."""
        self._database_url, self._longest_read_s = database_url, longest_read_s
        self._pool = pool_to_ask(
            database_url,
            role=DatabaseRole.API,
            application_name="enermon",
            size=_POOL_SIZE,
            on_refusal=self._note_refusal,
        )
        self._turnstile = Turnstile(_POOL_SIZE)
        self._refusal = _Refusal()
        self._registry, self._registry_lock = RegistryReader(), Lock()
        self._reach, self._account, self._credential, self._request_id = NOTHING, "", "", ""
        self._closing: Closing | None = None
        self.revision = Revision()
        """What is expected of the state of what is changed, and what it is said to be."""
        self._moment: Moment | None = None

    def within(
        self,
        reach: Reach,
        *,
        acting: Principal | None = None,
        request_id: str = "",
        closing: Closing | None = None,
        revision: Revision | None = None,
        moment: "Moment | None" = None,
    ) -> Self:
        """The same database, of which only what lies within `reach` is seen; `acting` is whom the audit names.

        `moment`: what others have read at, who see the same; it is read at that moment too.
        """
        bound = copy.copy(self)
        bound.revision = revision or Revision()
        bound._reach, bound._request_id, bound._closing, bound._moment = reach, request_id, closing, moment
        if acting is not None:
            bound._account, bound._credential = acting.name, acting.credential
        return bound

    def elsewhere(self) -> "DatabaseElsewhere":
        """The same database, seen as far and by the same asker, as it is handed to another process."""
        asker = (self._reach, self._account, self._credential, self._request_id, self._closing)
        return DatabaseElsewhere(self._database_url, self._longest_read_s, *asker)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that cannot write, and sees one moment: an answer of several statements is not torn."""
        if self._moment is not None:
            yield self._moment.of(self)
            return
        with self.reading() as connection:
            yield connection

    def once(self, question: str, make: Callable[[], T]) -> T:
        """What `make` gives; of requests that read at one moment, as the pages of a file do, made once for all."""
        return make() if self._moment is None else self._moment.once(question, make)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Such a connection, at a moment of its own."""
        with self._connection(self._longest_read_s) as connection:
            connection.read_only, connection.isolation_level = True, IsolationLevel.REPEATABLE_READ
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction, committed at the end of the block unless an error leaves it."""
        with self._connection(_LONGEST_WRITE_S) as connection:
            connection.read_only, connection.isolation_level = None, None
            yield connection

    @contextmanager
    def _connection(self, longest_s: int) -> Iterator[Connection]:
        began_s = time.monotonic()
        if not self._turnstile.enter(within_s=_LONGEST_WAIT_S):
            raise PoolTimeout(f"no connection was given back within {_LONGEST_WAIT_S:.0f} s")
        try:
            connection = self._taken(began_s)
            try:
                self._tell(connection, longest_s)
                with connection:  # commits, or rolls back; one of a pool stays open
                    yield connection
            finally:
                self._pool.putconn(connection)
        finally:
            self._turnstile.leave()

    def _taken(self, began_s: float) -> Connection:
        """A connection of the pool, which has one left. Raises psycopg.OperationalError if the database is away."""
        self._pool.open()
        while True:
            refused = self._refusal.at_s >= began_s
            try:
                return self._pool.getconn(timeout=_READY_WITHIN_S if refused else _STEP_S)
            except PoolTimeout:
                if self._refusal.at_s >= began_s or time.monotonic() - began_s >= _LONGEST_WAIT_S:
                    raise

    @property
    def closing(self) -> Closing:
        """Which months are closed, for those that change something."""
        assert self._closing is not None, "only a request changes what may be closed"
        return self._closing

    @property
    def waiting(self) -> int:
        """How many requests wait for others to give a connection back."""
        return self._turnstile.waiting

    def _note_refusal(self) -> None:
        self._refusal.at_s = time.monotonic()

    def _tell(self, connection: Connection, longest_s: int) -> None:
        """Say which rows the connection sees, and who acts. Before the transaction, which is for others to begin."""
        connection.autocommit = True
        _SQL.run(
            connection,
            "tell",
            reach=self._reach.kind,
            areas=",".join(self._reach.areas_below),
            enterprise=self._reach.enterprise or "",
            account=self._account,
            credential=self._credential,
            request=self._request_id,
            longest=f"{longest_s}s",
        )
        connection.autocommit = False

    def registry(self) -> KnownRegistry:
        """All that is registered, as readings are checked by it; read anew when it has changed."""
        with self._registry_lock, self.within(EVERYTHING).read() as connection:
            return self._registry.read(connection)

    def close(self) -> None:
        """Give all connections back."""
        self._pool.close()


@dataclass(frozen=True, slots=True)
class DatabaseElsewhere:
    """What another process needs to see a database as the asker does."""

    database_url: str
    longest_read_s: int
    reach: Reach
    account: str
    credential: str
    request_id: str
    closing: Closing | None

    def opened(self) -> Database:
        """The database, over connections of this process."""
        found = Database(self.database_url, longest_read_s=self.longest_read_s)
        found = found.within(self.reach, request_id=self.request_id, closing=self.closing)
        found._account, found._credential = self.account, self.credential
        # Its thread begins while there is memory for it: one that cannot begin is waited for without end.
        found._pool.open()
        return found


class _Refusal:
    """When the database last refused a connection: known to every copy of a Database."""

    at_s = float("-inf")


class Moment:
    """One connection, taken when first read at and then kept, for several requests of one asker that see the same."""

    def __init__(self) -> None:
        self._kept = ExitStack()
        self._connection: Connection | None = None
        self._made: tuple[str, Any] | None = None

    def of(self, database: Database) -> Connection:
        """The connection."""
        if self._connection is None:
            self._connection = self._kept.enter_context(database.reading())
        return self._connection

    def once(self, question: str, make: Callable[[], T]) -> T:
        """What was made for this question, the last one that was asked."""
        if self._made is None or self._made[0] != question:
            self._made = None
            self._made = (question, make())
        made: T = self._made[1]
        return made

    def close(self) -> None:
        """Give it back."""
        self._connection = self._made = None
        self._kept.close()


@contextmanager
def seeing_everything(connection: Connection) -> Iterator[None]:
    """Within a transaction: nothing is held back of what is read in the block, for sums that need the rows of others.

    What is read so is not to be answered as it is, and nothing is to be written there.
    """
    reach = _SQL.run(connection, "reach").scalar_one()
    _SQL.run(connection, "see", reach="all")
    try:
        yield
    finally:
        if connection.info.transaction_status is not TransactionStatus.INERROR:
            _SQL.run(connection, "see", reach=reach)


async def _database(request: Request) -> Database:
    database: Database = request.app.state.database
    request_id = str(request.scope.get(REQUEST_ID, ""))
    principal: Principal = request.state.principal
    now: datetime = request.app.state.clock()
    closing = Closing(floor(now, Grain.MONTH), now, request.scope.get(CONFIRMED))
    return database.within(
        principal.reach,
        acting=principal,
        request_id=request_id,
        closing=closing,
        revision=Revision(request.headers.get("if-match"), request.scope),
        moment=request.scope.get(MOMENT),
    )


async def _whole(request: Request) -> Database:
    database: Database = request.app.state.database
    request_id = str(request.scope.get(REQUEST_ID, ""))
    principal: Principal | None = getattr(request.state, "principal", None)
    return database.within(EVERYTHING, acting=principal, request_id=request_id)


Db = Annotated[Database, Depends(_database)]
"""The database, as far as the account sees it whose request it is."""

WholeDb = Annotated[Database, Depends(_whole)]
"""The whole of it: for what asks nothing of anyone's data, and for the intake, once the right to send is found."""

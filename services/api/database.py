"""How the API reaches the database: one bounded pool, one transaction a request."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Annotated

import psycopg
from fastapi import Depends, Request
from sqlalchemy import Connection, Engine

from services.ingest.registry import RegistryReader
from services.ingest.validate import Known


class Database:
    """The database behind the API."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._registry, self._registry_lock = RegistryReader(), Lock()
        self._reading_engine = engine.execution_options(postgresql_readonly=True, isolation_level="REPEATABLE READ")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that cannot write, and sees one moment: an answer of several statements is not torn."""
        with self._reading_engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction, committed at the end of the block unless an error leaves it."""
        with self._engine.begin() as connection:
            yield connection

    def registry(self, connection: psycopg.Connection) -> Known:
        """What is registered, as readings are checked by it; read anew when it has changed."""
        with self._registry_lock:
            return self._registry.read(connection)

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()


async def _database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


Db = Annotated[Database, Depends(_database)]

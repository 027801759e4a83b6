"""What somebody did that changes no row, kept in the audit beside the changes."""

import enum
from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from services.core.db.statements import Statements

_sql = Statements.beside(__file__, "notes.sql")


class NoteKind(enum.StrEnum):
    """What was done."""

    IMPORT = "import"
    """Many rows came by a file; what became of each has its own entry."""
    EXPORT = "export"
    """Rows were taken out as a file."""
    PERSONAL_DATA = "personal_data"
    """Addresses of people were shown."""
    SEAL_HEAD = "seal_head"
    """The head of the chain was sent to somebody who keeps it."""
    SIGN_IN_FAILED = "sign_in_failed"
    """Somebody gave the name of an account and could not prove to be it."""


def note(connection: psycopg.Connection, kind: NoteKind, subject: str, detail: Mapping[str, Any]) -> None:
    """Keep what was done with `subject`, in the transaction of the connection, which says who does it.

    Raises psycopg.Error.
    """
    _sql.run(connection, "note", kind=kind, subject=subject, detail=Jsonb(dict(detail)))

"""The audit as a file."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from psycopg import Connection

from services.api.audit.entries import ENTRIES, AuditNarrowing, AuditQuery, AuditRecord, record
from services.api.errors import ProblemKind, Refused
from services.api.export.cells import as_text

MOST_EXPORTED = 10_000
_PAGE = 1000

TOO_MANY_ENTRIES = ProblemKind("too_many_entries", 422, "More entries than fit into one file")


def export_of(connection: Connection, narrowing: AuditNarrowing) -> tuple[str, int]:
    """The entries as CSV, the newest first, and how many. Raises Refused where they are too many for one file."""
    written = io.StringIO()
    lines = csv.writer(written)
    lines.writerow(AuditRecord.model_fields)
    number = 0
    for row in _rows(connection, narrowing):
        entry = record(row)
        lines.writerow([_cell(getattr(entry, name)) for name in AuditRecord.model_fields])
        number += 1
    return written.getvalue(), number


def _rows(connection: Connection, narrowing: AuditNarrowing) -> Iterator[dict[str, Any]]:
    query = AuditQuery(limit=_PAGE, total=True, **narrowing.model_dump(exclude_none=True))
    found = ENTRIES.page(connection, query)
    if found.total is not None and found.total > MOST_EXPORTED:
        raise Refused(
            TOO_MANY_ENTRIES, f"{found.total} entries; a file has {MOST_EXPORTED} at most: narrow it by start and end"
        )
    yield from found.data
    while found.next is not None:
        query = query.model_copy(update={"cursor": found.next, "total": False})
        found = ENTRIES.page(connection, query)
        yield from found.data


def _cell(value: Any) -> str:
    return as_text(json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value)

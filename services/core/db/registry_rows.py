"""Rows that follow from the registry alone: read once, and anew when the registry has changed."""

import threading
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from typing import Any

from psycopg import Connection

from services.core.db.statements import Statements, run_text

_STANDING = """SELECT
    revision,
    current_user AS role,
    current_setting('enermon.reach', true) AS reach,
    current_setting('enermon.areas', true) AS areas,
    current_setting('enermon.enterprise', true) AS enterprise
FROM registry_revision"""
"""What the rows hang on beside the question: the state of the registry, and what the connection sees of it."""
_MOST_ANSWERS = 64
_MOST_ROWS = 5_000
"""A longer answer is not kept: it is read for few, and would fill the memory."""


class RegistryRows:
    """Runs statements that read the registry and nothing else, and keeps their rows until its revision rises."""

    def __init__(self, statements: Statements) -> None:
        self.statements = statements
        self._kept: OrderedDict[Hashable, Sequence[Any]] = OrderedDict()
        self._lock = threading.Lock()

    def all(self, connection: Connection, name: str, /, **parameters: Any) -> Sequence[Any]:
        """The rows of the statement `name`.

        Those of one who sees more are not given to another. The revision is read first: should the registry change in
        between, newer rows are kept under a revision that nobody asks for again.
        """
        standing = tuple(run_text(connection, _STANDING, {}).one())
        asked = tuple((key, _frozen(value)) for key, value in sorted(parameters.items()))
        of = connection.info
        key = (of.host, of.port, of.dbname, standing, name, asked)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        rows = self.statements.run(connection, name, **parameters).all()
        if len(rows) <= _MOST_ROWS:
            with self._lock:
                self._kept[key] = rows
                while len(self._kept) > _MOST_ANSWERS:
                    self._kept.popitem(last=False)
        return rows


def _frozen(value: Any) -> Hashable:
    return tuple(value) if isinstance(value, list) else value

"""Names beside codes: an answer says once, as `names`, what its codes are called, as far as its asker may see that.

"names": {"area": {"150622": {"zh": "准格尔旗", "en": "Jungar Banner"}}, "unit": {"150622-0007-U1": {…}}}
"""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from psycopg import Connection
from pydantic import BaseModel, Field

from services.api.paging import Page
from services.core.db.statements import Statements
from services.core.words import WORDS
from services.judging.data.tables import Tables

_SQL = Statements.beside(__file__, "names.sql")

T = TypeVar("T")


class NamedKind(enum.StrEnum):
    """What a code may be of."""

    AREA = "area"
    PARK = "park"
    ENTERPRISE = "enterprise"
    UNIT = "unit"
    METER = "meter"
    GATEWAY = "gateway"
    BODY = "body"
    PROCESS = "process"
    TRADE = "trade"


_REGISTERED = tuple(kind for kind in NamedKind if kind not in (NamedKind.PROCESS, NamedKind.TRADE))


@dataclass(frozen=True, slots=True)
class Called:
    """What something is called in Chinese and in English."""

    zh: str | None
    en: str | None


CalledByKind = dict[NamedKind, dict[str, Called]]
"""Names by the kind and code of what they name."""

NamesOut = Annotated[
    CalledByKind,
    Field(description="What the codes of this answer are called, by kind and code; without what is not seen"),
]


class WithNames(BaseModel):
    """An answer with the names of its codes."""

    names: NamesOut


class NamedPage(Page[T], WithNames, Generic[T]):
    """A part of a list, with the names of its codes."""


def names_of_codes(
    connection: Connection, codes: Mapping[NamedKind, Iterable[str | None]], tables: Tables | None = None
) -> CalledByKind:
    """The names of these codes; each kind is there, and of its codes those that are known and may be seen.

    `tables`: where the codes of processes are explained; needed for them alone.
    """
    wanted = {kind: sorted({code for code in of_kind if code is not None}) for kind, of_kind in codes.items()}
    found: CalledByKind = {kind: {} for kind in wanted}
    registered = {str(kind): wanted.get(kind, []) for kind in _REGISTERED}
    if any(registered.values()):
        for row in _SQL.run(connection, "names", **registered):
            found[NamedKind(row.kind)][row.code] = Called(zh=row.name_zh, en=row.name_en)
    processes = tables.process if tables is not None else {}
    for code in wanted.get(NamedKind.PROCESS, ()):
        if code in processes:
            found[NamedKind.PROCESS][code] = Called(zh=processes[code].name_zh, en=processes[code].name_en)
    for code in wanted.get(NamedKind.TRADE, ()):
        if code in WORDS["trade"]:
            found[NamedKind.TRADE][code] = Called(zh=WORDS["trade"][code].zh, en=WORDS["trade"][code].en)
    return found


def names_beside(
    connection: Connection,
    rows: Iterable[Mapping[str, Any] | BaseModel],
    fields: Mapping[NamedKind, Iterable[str]],
    tables: Tables | None = None,
) -> CalledByKind:
    """The names of the codes that `rows` have in these fields, by what they are codes of."""
    held = [dict(row) for row in rows]
    codes = {kind: [row[name] for row in held for name in names] for kind, names in fields.items()}
    return names_of_codes(connection, codes, tables)

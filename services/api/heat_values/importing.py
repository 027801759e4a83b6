"""Heat values from files: a column a field; each row adds a version, or says nothing new."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from psycopg import Connection

from services.api.heat_values import store
from services.api.heat_values.entry import EXAMPLE, HeatValueEntry, HeatValueOut, HeatValueQuery
from services.api.names import NamedPage
from services.api.reasons import Fault
from services.api.registry import nouns
from services.api.registry.change import RegistryChange
from services.api.registry.resource import Resource
from services.judging.data.tables import Tables


@dataclass(frozen=True, kw_only=True)
class HeatValueResource(Resource[HeatValueEntry, HeatValueEntry, HeatValueOut]):
    """What the bulk import knows of heat values. None exists already: what is sent again adds a version."""

    tables: Tables | None = None

    def judging_by(self, tables: Tables) -> Self:
        """The same, knowing the fuels and their ranges."""
        return replace(self, tables=tables)

    def key_of(self, entry: HeatValueEntry) -> str:
        """What the value speaks of."""
        return entry.key_in_words

    def repeated(self, entry: HeatValueEntry, line: int) -> Fault:
        """The fault of a row whose value stands in `line` too."""
        return Fault("enterprise", "repeated_in_file", {"value": entry.key_in_words, "line": line})

    def existing(self, _connection: Connection, _keys: Sequence[str]) -> frozenset[str]:
        """None."""
        return frozenset()

    def insert(self, change: RegistryChange, entries: Sequence[HeatValueEntry]) -> int:
        """Write what says something new."""
        return len(store.append(change, entries))

    def faults_of(
        self, connection: Connection, entries: Sequence[HeatValueEntry], *, now: datetime
    ) -> list[list[Fault]]:
        """The faults of each of `entries`."""
        assert self.tables is not None
        return store.faults_of(connection, entries, tables=self.tables, now=now)


RESOURCE = HeatValueResource(
    noun=nouns.HEAT_VALUE,
    key="enterprise",
    entry=HeatValueEntry,
    record=HeatValueEntry,
    example=EXAMPLE,
    answer=HeatValueOut,
    page=NamedPage[HeatValueOut],
    sql=store.SQL,
    new_is="report",
    may_touch_past=True,
    query=HeatValueQuery,
    filters={},
)

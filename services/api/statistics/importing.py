"""Reported numbers from files: a column a field; each row adds a version, or says nothing new."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self

from psycopg import Connection

from services.api.names import NamedPage
from services.api.reasons import Fault
from services.api.registry import nouns
from services.api.registry.change import RegistryChange
from services.api.registry.files.header import half_width
from services.api.registry.nouns import Noun
from services.api.registry.resource import Resource
from services.api.statistics import store
from services.api.statistics.entry import EXAMPLE, Statistic, StatisticEntry, StatisticQuery
from services.api.statistics.kinds import known_kinds, product_units
from services.core.data.statistic_kinds import StatisticKind
from services.judging.data.tables import Tables


@dataclass(frozen=True, kw_only=True)
class StatisticResource(Resource[StatisticEntry, StatisticEntry, Statistic]):
    """What the bulk import knows of reported numbers. None exists already: what is sent again adds a version."""

    kinds: Mapping[str, StatisticKind] = field(default_factory=dict)
    product_units: Mapping[str, str] = field(default_factory=dict)

    def judging_by(self, tables: Tables) -> Self:
        """The same, knowing the kinds and the units of products of `tables`."""
        return replace(self, kinds=known_kinds(tables), product_units=product_units(tables))

    def key_of(self, entry: StatisticEntry) -> str:
        """What the value belongs to."""
        return entry.key_in_words

    def repeated(self, entry: StatisticEntry, line: int) -> Fault:
        """The fault of a row whose number stands in `line` too."""
        return Fault("owner", "repeated_number_in_file", {"value": entry.key_in_words, "line": line})

    def shares_among(self, cells: Mapping[str, str]) -> frozenset[str]:
        """The value, where the unit of the row is %."""
        return frozenset({"value"} if half_width(cells.get("unit", "")) == "%" else ())

    def existing(self, _connection: Connection, _keys: Sequence[str]) -> frozenset[str]:
        """None."""
        return frozenset()

    def insert(self, change: RegistryChange, entries: Sequence[StatisticEntry]) -> int:
        """Write what says something new."""
        kinds, product_units = self.kinds, self.product_units
        kept = store.in_their_units(change.connection, entries, kinds=kinds, product_units=product_units)
        return len(store.append(change.connection, kept))

    def faults_of(
        self, connection: Connection, entries: Sequence[StatisticEntry], *, now: datetime
    ) -> list[list[Fault]]:
        """The faults of each of `entries`."""
        return store.faults_of(connection, entries, kinds=self.kinds, product_units=self.product_units, now=now)


RESOURCE = StatisticResource(
    noun=Noun("statistic", "统计数据", nouns.AREA.unknown),
    key="owner",
    entry=StatisticEntry,
    record=StatisticEntry,
    example=EXAMPLE,
    answer=Statistic,
    page=NamedPage[Statistic],
    sql=store.SQL,
    new_is="report",
    query=StatisticQuery,
    filters={},
)

"""Manual reports from files: a column a field; each row adds a version, or says nothing new."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg import Connection

from services.api.manual_reports import store
from services.api.manual_reports.entry import EXAMPLE, ManualReportEntry, ManualReportOut, ManualReportQuery
from services.api.names import NamedPage
from services.api.reasons import Fault
from services.api.registry import nouns
from services.api.registry.change import RegistryChange
from services.api.registry.resource import Resource


@dataclass(frozen=True, kw_only=True)
class ManualReportResource(Resource[ManualReportEntry, ManualReportEntry, ManualReportOut]):
    """What the bulk import knows of manual reports. None exists already: what is sent again adds a version."""

    def key_of(self, entry: ManualReportEntry) -> str:
        """What the report speaks of."""
        return entry.key_in_words

    def repeated(self, entry: ManualReportEntry, line: int) -> Fault:
        """The fault of a row whose report stands in `line` too."""
        return Fault("unit_code", "repeated_in_file", {"value": entry.key_in_words, "line": line})

    def existing(self, _connection: Connection, _keys: Sequence[str]) -> frozenset[str]:
        """None."""
        return frozenset()

    def insert(self, change: RegistryChange, entries: Sequence[ManualReportEntry]) -> int:
        """Write what says something new."""
        return len(store.append(change, entries))

    def faults_of(
        self, connection: Connection, entries: Sequence[ManualReportEntry], *, now: datetime
    ) -> list[list[Fault]]:
        """The faults of each of `entries`."""
        return store.faults_of(connection, entries, now=now)


RESOURCE = ManualReportResource(
    noun=nouns.MANUAL_REPORT,
    key="unit_code",
    entry=ManualReportEntry,
    record=ManualReportEntry,
    example=EXAMPLE,
    answer=ManualReportOut,
    page=NamedPage[ManualReportOut],
    sql=store.SQL,
    new_is="report",
    may_touch_past=True,
    query=ManualReportQuery,
    filters={},
)

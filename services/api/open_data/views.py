"""The views that are handed on: of each its columns, and the statements by which pages of it are read."""

import enum
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from services.core.calendar import Grain
from services.core.db.statements import Statements

COMMON = Statements.beside(__file__, "exports.sql")
OF_METERS = Statements.beside(__file__, "meters.sql")
OF_PLACES = Statements.beside(__file__, "places.sql")


class OpenView(enum.StrEnum):
    """A view of the schema `open` that may be had page by page; the same columns in the same order."""

    ENERGY_HOUR = "energy_hour"
    ENERGY_DAY = "energy_day"
    ENERGY_MONTH = "energy_month"
    PLACE_ENERGY_HOUR = "place_energy_hour"
    PLACE_ENERGY_DAY = "place_energy_day"
    PLACE_ENERGY_MONTH = "place_energy_month"

    @property
    def grain(self) -> Grain:
        """The length of its periods."""
        return {"hour": Grain.HOUR, "day": Grain.DAY, "month": Grain.MONTH}[self.rpartition("_")[2]]

    @property
    def is_of_places(self) -> bool:
        """Whether it has sums of areas and parks, and not energy of meters."""
        return self.startswith("place_")

    @property
    def columns(self) -> Sequence[str]:
        """Their names."""
        hour = self.grain is Grain.HOUR
        local = {Grain.HOUR: "local_time", Grain.DAY: "local_date", Grain.MONTH: "local_month"}[self.grain]
        last = ["quality"] * hour + ["meter_number", "account_number"]
        own = [*_OF_PLACES, "ledger_number"] if self.is_of_places else [*_OF_METERS, *last]
        return ["time", local, *own, *([] if hour else ["changed_at"])]

    @property
    def key(self) -> Sequence[str]:
        """By which columns, after `time`, a row is known."""
        return ["ledger_number"] if self.is_of_places else ["meter_number", "account_number"]


_AMOUNT = ("carrier", "flow", "quantity", "quantity_unit", "measured_s")
_OF_METERS = ("meter", "unit", "enterprise", "area", "park", *_AMOUNT, "period_s", "booked_slots")
_OF_PLACES = ("place_kind", "place", "place_name", *_AMOUNT, "booked_slots")

TYPES: Mapping[str, str] = {
    "time": "timestamp",
    "changed_at": "timestamp",
    "quantity": "decimal",
    **dict.fromkeys(["measured_s", "booked_slots"], "int64"),
    **dict.fromkeys(["period_s", "quality", "meter_number", "account_number", "ledger_number"], "int32"),
}
"""What a column holds that is no text."""


class PageStatement(NamedTuple):
    """A statement that reads a page, and its parameters. `by_days`: it is cut by days, of which it tells hours."""

    text: str
    parameters: frozenset[str]
    by_days: bool


def statement_of(view: OpenView, *, changed: bool) -> PageStatement:
    """Reads a page of the view; with `changed` what was booked again since a transaction."""
    own = OF_PLACES if view.is_of_places else OF_METERS
    grain = view.rpartition("_")[2]
    by_days = changed and view.grain is Grain.HOUR
    found = [(COMMON, f"head_of_{grain}"), (own, "row")]
    found += [] if view.is_of_places else [(own, f"rest_of_{grain}")]
    found += [] if view.grain is Grain.HOUR else [(COMMON, "changed_at")]
    found += [(own, f"changed_{grain}" if changed else grain), (own, "page_of_days" if by_days else "page")]
    parts = [statements.statements[name] for statements, name in found]
    text = "\n".join(part.text for part in parts)
    return PageStatement(text, frozenset().union(*(part.parameters for part in parts)), by_days)

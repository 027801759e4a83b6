"""What stands in which column of a file: the fields of the list, names beside codes, and what a row lacks."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from services.api.export.cells import Cell, cells_of
from services.api.export.columns import CellKind, ExportColumn
from services.api.export.pages import ListPages, Names
from services.api.export.status import StatusColumn
from services.api.export.titles import FileLanguage, heading
from services.core.data.carriers import carriers
from services.core.data.divisions import divisions
from services.core.words import WORDS

_KIND_OF_FIELD = {
    "area": "area",
    "area_code": "area",
    "parent_code": "area",
    "park": "park",
    "park_code": "park",
    "enterprise": "enterprise",
    "credit_code": "enterprise",
    "unit": "unit",
    "unit_code": "unit",
    "meter": "meter",
    "gateway": "gateway",
    "gateway_code": "gateway",
    "process": "process",
    "body": "body",
    "carrier": "carrier",
    "flow": "flow",
    "negative_flow": "flow",
    "verdict": "verdict",
    "placing": "placing",
    "trade": "trade",
    "severity": "severity",
}
"""Of what the codes are that stand in a field of this name."""
OF_ANY = "Any"
"""Model of rows whose fields are not known beforehand; those of the data files are."""
_NAME = {"zh": "{title}（名称）", "en": "{title} (name)"}


class Layout:
    """The columns of a file in one language."""

    def __init__(self, pages: ListPages, known: Sequence[ExportColumn], language: FileLanguage) -> None:
        """`known`: the columns a row may have; where there are none, those that the rows turn out to have."""
        known = known or [ExportColumn((name,), CellKind.OTHER, model=OF_ANY) for name in pages.fields]
        self._language: FileLanguage = language
        self._pages = pages
        self._columns = [column for column in known if not pages.rows or _is_there(column, pages.fields)]
        self._named = self._with_names()
        self._status = StatusColumn(self._columns, language)

    @property
    def headings(self) -> Sequence[str]:
        """What stands above the columns."""
        found = []
        for column in self._columns:
            title = heading(column, self._language)
            found += [title, _NAME[self._language].format(title=title)] if column.path in self._named else [title]
        return [*found, self._status.heading] if self._status.applies else found

    def pages(self) -> Iterator[Sequence[Sequence[Cell]]]:
        """Some rows after others: what stands in each column."""
        for rows, names in self._pages.each():
            columns: list[Sequence[Cell]] = []
            for column in self._columns:
                cells = cells_of(rows, column, self._language)
                columns.append(cells)
                if column.path in self._named:
                    columns.append(_names_of(column, cells, names, self._language))
            if self._status.applies:
                columns.append([self._status.of(row) for row in rows])
            yield columns

    def _with_names(self) -> set[tuple[str, ...]]:
        """The columns of codes that have names, and none beside them already."""
        paths = {column.path for column in self._columns}
        open_ = [
            column
            for column in self._columns
            if _kind(column) is not None
            and column.pair is None
            and (*column.path[:-1], f"{column.name}_name") not in paths
        ]
        found: set[tuple[str, ...]] = set()
        for rows, names in self._pages.each() if open_ else ():
            for column in list(open_):
                if any(_names_of(column, cells_of(rows, column, self._language), names, self._language)):
                    found.add(column.path)
                    open_.remove(column)
            if not open_:
                break
        return found


def _is_there(column: ExportColumn, fields: Mapping[str, Any]) -> bool:
    return any(name in fields for name in (column.path[0], *(column.pair or ())))


def _names_of(
    column: ExportColumn, codes: Sequence[Cell], names: Names, language: FileLanguage
) -> Sequence[str | None]:
    """What the codes in a column are called."""
    kind = _kind(column) or ""
    own, shipped = names.get(kind, {}), _shipped_names().get(kind, {})
    called: dict[Cell, str | None] = {}
    for code in set(codes):
        found = own.get(str(code)) or shipped.get(str(code)) or {}
        called[code] = found.get(language) or found.get("zh")
    return [called[code] for code in codes]


def _kind(column: ExportColumn) -> str | None:
    """Of what the codes of a column are; None: they are no codes that have names."""
    return column.words or _KIND_OF_FIELD.get(column.name)


@cache
def _shipped_names() -> Names:
    """Of what the data files name, and the words of every enumeration."""
    words = {
        kind: {code: {"zh": each.zh, "en": each.en} for code, each in codes.items()} for kind, codes in WORDS.items()
    }
    return words | {
        "area": {area.code: {"zh": area.name_zh, "en": area.name_en} for area in divisions()},
        "carrier": {carrier.code: {"zh": carrier.name_zh, "en": carrier.name_en} for carrier in carriers()},
    }

"""A list that was gathered, written as a file."""

import tempfile
from collections.abc import Iterator, Sequence
from typing import IO, Literal

from services.api.export.cells import Cell
from services.api.export.columns import ExportColumn
from services.api.export.csv_file import CsvLines
from services.api.export.layout import Layout
from services.api.export.pages import ListPages
from services.api.export.sheets import SHEETS, ListAsked, query_columns, source_columns, source_headings
from services.api.export.titles import FileLanguage
from services.api.export.workbook import ListWorkbook

Extension = Literal["csv", "xlsx"]


def written(
    pages: ListPages, columns: Sequence[ExportColumn], asked: ListAsked, *, extension: Extension, language: FileLanguage
) -> tuple[IO[bytes], bytes]:
    """The file on disk, at its beginning, and SHA-256 of the list as CSV. To be closed by who reads it."""
    layout = Layout(pages, columns, language)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - open until it is sent
    lines = CsvLines(file if extension == "csv" else None, layout.headings)
    if extension == "csv":
        for _ in _added(layout, lines):
            pass
    else:
        data, sources, query = SHEETS[language]
        book = ListWorkbook(file)
        book.sheet(data, layout.headings, _added(layout, lines))
        book.sheet(sources, source_headings(language), [source_columns(pages, language)])
        book.sheet(query, (), [query_columns(asked, pages, lines.digest, language)])
        book.close()
    file.seek(0)
    return file, lines.digest


def _added(layout: Layout, lines: CsvLines) -> Iterator[Sequence[Sequence[Cell]]]:
    """The rows, written as CSV as well."""
    for columns in layout.pages():
        lines.add(columns)
        yield columns

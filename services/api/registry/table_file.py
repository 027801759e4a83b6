"""Import files, CSV and XLSX, as rows of text."""

import csv
import io
from collections.abc import Collection, Iterable, Mapping

from services.api.errors import UNSUPPORTED_MEDIA_TYPE, Refused
from services.api.export.described import CSV, XLSX
from services.api.registry.files.csv_file import csv_lines
from services.api.registry.files.encoding import Encoding, encoding_named
from services.api.registry.files.lines import FileTable, bounded
from services.api.registry.files.sheet import sheet_table

_CHARSET = "charset="


def table_of(
    body: bytes, content_type: str, *, columns: Collection[str], encoding: Encoding | None = None
) -> FileTable:
    """The table in a file of `content_type` whose header has `columns`.

    `encoding` says how a CSV file was saved; else its type may say so, else it is found out. Raises Refused, at once or
    while the lines are read, when it cannot be read or is too long.
    """
    kind, *parameters = (part.strip().lower() for part in content_type.split(";"))
    said = next((part.removeprefix(_CHARSET) for part in parameters if part.startswith(_CHARSET)), None)
    _require_kind(body, kind)
    if kind == CSV:
        encoding = encoding or (encoding_named(said) if said else None)
        return FileTable(bounded(csv_lines(body, encoding=encoding, columns=columns)))
    table = sheet_table(body)
    table.lines = bounded(table.lines)
    return table


def _require_kind(body: bytes, kind: str) -> None:
    if kind not in (CSV, XLSX):
        raise Refused(UNSUPPORTED_MEDIA_TYPE, f"send the file with Content-Type {CSV} or {XLSX}")
    if body.startswith(b"\xd0\xcf\x11\xe0"):
        raise Refused(
            UNSUPPORTED_MEDIA_TYPE, "this is a workbook of the old form (.xls) or with a password: save it as .xlsx"
        )
    if kind == CSV and body.startswith(b"PK\x03\x04"):
        raise Refused(UNSUPPORTED_MEDIA_TYPE, f"this is a workbook: send it with Content-Type {XLSX}")


def csv_of(header: Iterable[str], example: Mapping[str, object]) -> str:
    """A CSV file with `header` and one row, with the mark by which spreadsheets know it to be UTF-8."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    columns = list(header)
    writer.writerow(columns)
    writer.writerow(["" if example.get(column) is None else example[column] for column in columns])
    return "\ufeff" + stream.getvalue()

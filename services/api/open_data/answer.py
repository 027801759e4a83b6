"""A page of a view as an answer: written to disk by the database's hand, and then sent."""

import hashlib
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from psycopg import Connection

from services.api.errors import Refused
from services.api.export.described import CSV
from services.api.guard.cost import TOO_MUCH
from services.api.limited import OverLimitError
from services.api.open_data.pages import OpenQuestion, RowForm, RowPlace, RowsInFile, read_page
from services.api.open_data.parquet import write_parquet
from services.api.open_data.views import TYPES

OpenFormat = Literal["json", "csv", "parquet"]

PARQUET = "application/vnd.apache.parquet"
MEDIA_TYPES: Mapping[OpenFormat, str] = {"json": "application/json", "csv": f"{CSV}; charset=utf-8", "parquet": PARQUET}
_MARK = b"\xef\xbb\xbf"
_BETWEEN: Mapping[RowForm, bytes] = {"csv": b"\r\n", "json": b",\n"}


@dataclass(frozen=True, slots=True)
class WrittenPage:
    """A page in a file that is at its beginning: to be closed by who reads it. `digest`: of its rows."""

    file: IO[bytes]
    rows: int
    digest: str
    following: RowPlace | None


def write_rows(
    connection: Connection, asked: OpenQuestion, *, form: RowForm, after: RowPlace | None, limit: int
) -> WrittenPage:
    """The rows of a page as CSV without headings, or as JSON with commas between."""
    file = tempfile.NamedTemporaryFile()  # noqa: SIM115 - open until it is sent
    digest = hashlib.blake2b(digest_size=12)
    sink = RowsInFile(file, between=_BETWEEN[form], digest=digest)
    try:
        following = read_page(connection, asked, sink, form=form, after=after, limit=limit)
    except BaseException:
        file.close()
        raise
    if form == "csv" and sink.rows:
        file.write(_BETWEEN[form])
    file.flush()
    file.seek(0)
    return WrittenPage(file, sink.rows, digest.hexdigest(), following)


def in_form(page: WrittenPage, asked: OpenQuestion, format_: OpenFormat, links: Mapping[str, str | None]) -> IO[bytes]:
    """The whole of an answer, at its beginning; `links` are said at the end of JSON. The page is taken up by it."""
    if format_ == "parquet":
        return _as_parquet(page, asked)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - open until it is sent
    if format_ == "csv":
        head, tail = _MARK + ",".join(asked.view.columns).encode() + b"\r\n", b""
    else:
        head = b'{"view":"%b","data":[' % asked.view.encode()
        tail = b"],%b" % json.dumps(links).encode().removeprefix(b"{")
    with page.file:
        file.write(head)
        while chunk := page.file.read(1_000_000):
            file.write(chunk)
    file.write(tail)
    file.seek(0)
    return file


def _as_parquet(page: WrittenPage, asked: OpenQuestion) -> IO[bytes]:
    file = tempfile.NamedTemporaryFile()  # noqa: SIM115 - open until it is sent
    try:
        with page.file:
            write_parquet(Path(page.file.name), Path(file.name), asked.view.columns, TYPES)
    except OverLimitError as error:
        file.close()
        raise Refused(TOO_MUCH, f"writing Parquet took more than {error}: ask for fewer rows a page") from None
    file.seek(0)
    return file

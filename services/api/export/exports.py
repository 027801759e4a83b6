"""Every list of the API as a file: `format=csv` or `format=xlsx` at any GET that answers `data`, in one place.

The list is asked page after page as any program would, by the same account and at one moment of the database, so that
a file holds what JSON would have said, within the same reach. It is written to disk and then sent: what fails on the
way is answered as an error and not as a file that ends too early, and who reads slowly holds no connection.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import IO
from urllib.parse import parse_qsl, quote, urlencode

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from services.api.access.principal import Principal
from services.api.access.seen import AS_ASKED
from services.api.database import MOMENT, Database, Moment
from services.api.errors import INVALID_PARAMETER, Refused, problem, refused_fields
from services.api.export.described import CSV, FORMATS, LANGUAGES, XLSX
from services.api.export.lists import Lists
from services.api.export.pages import ListPages
from services.api.export.sheets import ListAsked
from services.api.export.titles import FileLanguage
from services.api.export.write import Extension, written
from services.api.guard import cost
from services.api.guard.cost import AnswerForm, told_as
from services.api.guard.turns import leave_turn
from services.api.paging import pages_of
from services.api.reasons import Fault
from services.api.within import AnswerWithin, scope_within
from services.core.db.statements import Statements

_SQL = Statements.beside(__file__, "exports.sql")
_MEDIA_TYPES: Mapping[Extension, str] = {"csv": f"{CSV}; charset=utf-8", "xlsx": XLSX}
_FORMS: Mapping[Extension, AnswerForm] = {"csv": cost.CSV, "xlsx": cost.XLSX}
_KNOWN: Mapping[str, Sequence[str]] = {"format": FORMATS, "lang": LANGUAGES}
_ENTRIES_A_PAGE = 5000
_CHUNK = 65_536


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A file that is asked for: of which list, and the query without what asks for a file."""

    path: str
    extension: Extension
    language: FileLanguage
    query: Sequence[tuple[str, str]]


class Exports:
    """ASGI middleware: answers lists as files where that is asked for. To stand next to the routes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._lists: Lists | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        is_read = scope["type"] == "http" and scope["method"] == "GET"
        given = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True) if is_read else []
        path = self._lists_of(scope["app"]).at(scope["path"]) if _KNOWN.keys() & dict(given).keys() else None
        if path is None:
            await self._app(scope, receive, send)
            return
        try:
            asked, query = _asked_for(given)
            if asked.get("format", "json") == "json":
                scope["query_string"] = urlencode(query).encode()
                await self._app(scope, receive, send)
                return
            wanted = _Wanted(path, "csv" if asked["format"] == "csv" else "xlsx", _language(asked), query)
            answer = await self._file(scope, receive, wanted)
        except Refused as refusal:
            answer = problem(Request(scope), refusal)
        await answer(scope, receive, send)

    def _lists_of(self, app: FastAPI) -> Lists:
        if self._lists is None:
            self._lists = Lists(app)
        return self._lists

    async def _file(self, scope: Scope, receive: Receive, wanted: _Wanted) -> Response:
        """The file, or what a page was refused with. Raises Refused."""
        pages, moment = ListPages(), Moment()
        try:
            asked = await self._gather(scope, receive, wanted, pages, moment)
            await run_in_threadpool(moment.close)
            if isinstance(asked, Response):
                return asked
            make = partial(_made_of, self._lists_of(scope["app"]), wanted)
            file, digest = await run_in_threadpool(make, pages, asked)
            leave_turn()
        finally:
            await run_in_threadpool(moment.close)
            pages.close()
        return _answer(file, digest, wanted)

    async def _gather(
        self, scope: Scope, receive: Receive, wanted: _Wanted, pages: ListPages, moment: Moment
    ) -> Response | ListAsked:
        """Ask for all pages; what one was refused with, or how the list was asked for."""
        cursor: str | None = None
        with pages_of(_ENTRIES_A_PAGE), told_as(_FORMS[wanted.extension]):
            while True:
                query = [*wanted.query, *([("cursor", cursor)] if cursor else [])]
                more = {MOMENT: moment, AS_ASKED: scope["query_string"]}
                inner = scope_within(scope, query=urlencode(query), **more)
                page = AnswerWithin()
                await self._app(inner, receive, page.send)
                # Requests are counted and timed by their route.
                scope["route"] = inner.get("route")
                if page.status != 200:
                    return page.response()
                is_first = cursor is None
                cursor = await run_in_threadpool(pages.take, page.body())
                cost.require_fits_file(rows=max(pages.rows, pages.total), columns=len(pages.fields))
                if is_first:
                    cost.take_turn_for_file(rows=pages.total, columns=len(pages.fields))
                if cursor is None:
                    principal: Principal = inner["state"]["principal"]
                    return await run_in_threadpool(_asked, scope, principal, wanted, moment)


def _asked_for(given: Sequence[tuple[str, str]]) -> tuple[Mapping[str, str], Sequence[tuple[str, str]]]:
    """What says how a file is asked for, and the query of its list. Raises Refused."""
    names = [name for name, _ in given]
    faults = [Fault(name, "repeated_parameter") for name in _KNOWN if names.count(name) > 1]
    faults = faults or [_not_among(name) for name, value in given if value not in _KNOWN.get(name, (value,))]
    if faults:
        raise refused_fields(INVALID_PARAMETER, faults)
    # Where a page begins is for whoever takes pages.
    query = [(name, value) for name, value in given if name not in _KNOWN and name != "cursor"]
    return {name: value for name, value in given if name in _KNOWN}, query


def _not_among(name: str) -> Fault:
    return Fault(name, "literal_error", {"expected": " or ".join(f"'{each}'" for each in _KNOWN[name])})


def _language(asked: Mapping[str, str]) -> FileLanguage:
    return "en" if asked.get("lang") == "en" else "zh"


def _asked(scope: Scope, principal: Principal, wanted: _Wanted, moment: Moment) -> ListAsked:
    app: FastAPI = scope["app"]
    database: Database = app.state.database
    with database.within(principal.reach, acting=principal, moment=moment).read() as connection:
        row = _SQL.run(connection, "state_of_things").mappings().one()
    query = urlencode(wanted.query)
    return ListAsked(
        address=f"{app.state.settings.link}{quote(scope['path'])}{'?' if query else ''}{query}",
        account=principal.name,
        asked_at=app.state.clock(),
        revision=row["revision"],
        seal=None if row["seal_id"] is None else f"{row['seal_id']}:{row['chain'].hex()}",
        version=app.version,
    )


def _made_of(lists: Lists, wanted: _Wanted, pages: ListPages, asked: ListAsked) -> tuple[IO[bytes], bytes]:
    columns = lists.columns(wanted.path)
    return written(pages, columns, asked, extension=wanted.extension, language=wanted.language)


def _answer(file: IO[bytes], digest: bytes, wanted: _Wanted) -> Response:
    name = "-".join(part for part in wanted.path.removeprefix("/api/v1/").split("/") if "{" not in part)
    headers = {
        "Content-Disposition": f'attachment; filename="{name}.{wanted.extension}"',
        "X-CSV-SHA256": digest.hex(),
    }
    return StreamingResponse(chunks_of(file), media_type=_MEDIA_TYPES[wanted.extension], headers=headers)


async def chunks_of(file: IO[bytes]) -> AsyncIterator[bytes]:
    """A file to its end, which is closed then."""
    try:
        while chunk := await run_in_threadpool(file.read, _CHUNK):
            yield chunk
    finally:
        file.close()

"""Lists are answered in pages: a cursor says after which entry the next page begins."""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from typing import Any, Generic, Self, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.api.errors import BAD_CURSOR, Refused

_DIGEST_BYTES = 8
_MOST_WHOLE = 2**63

_PAGE_OF_FILE: ContextVar[int | None] = ContextVar("entries of a page that goes into a file", default=None)

T = TypeVar("T")
Place = Sequence[Any]
"""What an entry is ordered by, the last of it its key: texts, numbers, times, days, UUIDs and None."""


def is_for_file() -> bool:
    """Whether the page that is asked for goes into a file, beside all others of its list."""
    return _PAGE_OF_FILE.get() is not None


class PageQuery(BaseModel):
    """The parameters every list takes. Parameters it does not know are refused."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(100, ge=1, le=1000, description="Entries a page")
    cursor: str | None = Field(None, max_length=8000, description="`next` of the page before; opaque")

    @model_validator(mode="after")
    def _as_a_file_takes_them(self) -> Self:
        # Set only here: a limit that was not given is not to count as given.
        if (entries := _PAGE_OF_FILE.get()) is not None:
            self.limit = entries
        return self

    @property
    def alike(self) -> str:
        """The question without where its page begins and ends, and what is counted: alike of all pages of a list."""
        return self.model_dump_json(exclude={"limit", "cursor", "total"})

    @property
    def said(self) -> frozenset[str]:
        """The parameters that say something: those that are otherwise than if left out, which clients may send too."""
        fields = type(self).model_fields
        usual = {name: fields[name].get_default(call_default_factory=True) for name in self.model_fields_set}
        return frozenset(name for name, value in usual.items() if getattr(self, name) != value)

    @property
    def filters(self) -> dict[str, object]:
        """What the list is narrowed to: the parameters given, without those of paging."""
        return self.model_dump(mode="json", exclude={"limit", "cursor", "order", "total"}, exclude_none=True)


class Page(BaseModel, Generic[T]):
    """A part of a list."""

    data: list[T]
    next: str | None = Field(description="Cursor of the next page; null on the last one")
    total: int | None = Field(None, description="Entries of all pages, at most 100 000; null where not asked for")


class Pager:
    """Where the page of the list `of` begins that `query` asks for, and where the next one does.

    A cursor holds for one list, its filters and its order.
    """

    def __init__(self, query: PageQuery, *, of: str, order: Sequence[str] = ()) -> None:
        self._query = query
        self._scope = json.dumps([of, query.filters, list(order)], sort_keys=True).encode("utf-8")

    def after(self, *kinds: type, may_lack: bool | Sequence[bool] = False) -> list[Any] | None:
        """What the last entry of the page before was ordered by, of these types; None on the first page.

        `may_lack`: which of it may be None. Raises Refused(BAD_CURSOR) where the cursor was altered, or made for
        another list or filter, or by whoever computed its digest with what the list has not written.
        """
        if self._query.cursor is None:
            return None
        try:
            raw = base64.b64decode(_padded(self._query.cursor), altchars=b"-_", validate=True)
            payload = raw[_DIGEST_BYTES:]
            if self._text_of(payload) != self._query.cursor:
                raise ValueError("altered, or of another list")
            values = json.loads(payload)
            lacks = [may_lack] * len(kinds) if isinstance(may_lack, bool) else may_lack
            return [_read(value, kind, lack) for value, kind, lack in zip(values, kinds, lacks, strict=True)]
        except (binascii.Error, ValueError, TypeError, RecursionError):
            raise Refused(
                BAD_CURSOR, "use the value of `next` unchanged, with the filters of the page before"
            ) from None

    def cut(self, found: Sequence[T], place: Callable[[T], Place]) -> tuple[list[T], str | None]:
        """The page, and the cursor of the next one, where `found` has one entry more than fits if there are more.

        `place`: what an entry is ordered by.
        """
        page = list(found[: self._query.limit])
        return page, self.cursor(place(page[-1])) if len(found) > len(page) else None

    def part(self, found: Sequence[T]) -> tuple[list[T], str | None]:
        """The page of all entries, which are counted, and the cursor of the next one. Raises Refused(BAD_CURSOR)."""
        (first,) = self.after(int) or (0,)
        if first < 0:
            raise Refused(BAD_CURSOR, "use the value of `next` unchanged")
        end = first + self._query.limit
        return list(found[first:end]), self.cursor([end]) if end < len(found) else None

    def cursor(self, place: Place) -> str:
        """The cursor of the page that begins after `place`."""
        return self._text_of(json.dumps([_written(value) for value in place], ensure_ascii=False).encode("utf-8"))

    def _text_of(self, payload: bytes) -> str:
        # The digest guards against mistakes, not against malice: whoever computes it learns nothing the list does not
        # say. What is read from a cursor is checked all the same.
        scope = hashlib.blake2b(self._scope).digest()
        digest = hashlib.blake2b(payload, key=scope, digest_size=_DIGEST_BYTES).digest()
        return base64.urlsafe_b64encode(digest + payload).decode("ascii").rstrip("=")


@contextmanager
def pages_of(entries: int) -> Iterator[None]:
    """Let lists that are asked for in the block have pages of so many entries, whatever limit they are asked with."""
    before = _PAGE_OF_FILE.set(entries)
    try:
        yield
    finally:
        _PAGE_OF_FILE.reset(before)


def _padded(cursor: str) -> bytes:
    return cursor.encode("ascii") + b"=" * (-len(cursor) % 4)


def _written(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _read(value: Any, kind: type, may_lack: bool) -> Any:
    """The value as it was written. Raises ValueError or TypeError for what could not have been."""
    if value is None and may_lack:
        return None
    if kind is datetime:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError("a time without offset")
        return moment
    if kind is date:
        return date.fromisoformat(value)
    if kind is UUID:
        return UUID(str(value))
    if type(value) is not kind:
        raise TypeError(f"no {kind.__name__}")
    # No text of the database has a zero or a lone surrogate.
    if isinstance(value, str) and b"\x00" in value.encode("utf-8"):
        raise ValueError("no text")
    if isinstance(value, int) and not -_MOST_WHOLE <= value < _MOST_WHOLE:
        raise ValueError("too large")
    return value

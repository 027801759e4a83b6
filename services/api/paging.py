"""Lists are answered in pages: a cursor says after which entry the next page begins."""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from services.api.errors import BAD_CURSOR, Refused

_DIGEST_BYTES = 8

T = TypeVar("T")


class PageQuery(BaseModel):
    """The parameters every list takes. Parameters it does not know are refused."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(100, ge=1, le=1000, description="Entries a page")
    cursor: str | None = Field(None, max_length=400, description="`next` of the page before; opaque")

    @property
    def filters(self) -> dict[str, object]:
        """What the list is narrowed to: the parameters given, without those of paging."""
        return self.model_dump(mode="json", exclude={"limit", "cursor"}, exclude_none=True)


class Page(BaseModel, Generic[T]):
    """A part of a list."""

    data: list[T]
    next: str | None = Field(description="Cursor of the next page; null on the last one")


def cursor_after(key: str, *, of: str, filters: Mapping[str, object]) -> str:
    """The cursor of the page that begins after the entry `key` of the list `of`, narrowed by `filters`."""
    payload = key.encode("utf-8")
    return base64.urlsafe_b64encode(_digest(payload, of, filters) + payload).decode("ascii").rstrip("=")


def key_of_cursor(cursor: str, *, of: str, filters: Mapping[str, object]) -> str:
    """The key `cursor` was made of. Raises Refused(BAD_CURSOR) if it was altered or made for another list or filter.

    The digest guards against mistakes, not against malice: whoever computes it learns nothing the list does not say.
    """
    try:
        raw = base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        key = raw[_DIGEST_BYTES:].decode("utf-8")
    except (binascii.Error, UnicodeError):
        key = ""
    if not key or cursor_after(key, of=of, filters=filters) != cursor:
        raise Refused(BAD_CURSOR, "use the value of `next` unchanged, with the filters of the page before")
    return key


def _digest(payload: bytes, of: str, filters: Mapping[str, object]) -> bytes:
    scope = json.dumps([of, dict(filters)], sort_keys=True).encode("utf-8")
    return hashlib.blake2b(payload, key=hashlib.blake2b(scope).digest(), digest_size=_DIGEST_BYTES).digest()

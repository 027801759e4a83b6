"""Logs: one JSON object a line on standard error, without the secrets that an error of a library may show.

What a line is about (a request) is said once, by `about`, for all lines within.
"""

import json
import logging
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Literal

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_SECRETS = re.compile(
    r"""(?<=://)[^\s"'/@:]*:[^\s"']*(?=@)"""  # user and password of a URL
    r"|(?<=\bpassword=)[^\s\"'&]+"  # libpq
    r"|(?<=\bwhsec_)[\w+/=-]+|(?<=\benk_)[\w-]+|(?<=\$argon2id\$)[\w$=,+/]+\w"  # of webhooks, keys, passwords
    r"|(?<=\bBearer )[\w.~+/=-]+|(?<=\bBasic )[\w+/=-]+"
)
"""The last net: nothing is meant to come here with a secret in it."""


LogLevel = Literal["debug", "info", "warning"]

_ABOUT: ContextVar[Mapping[str, object]] = ContextVar("about", default={})  # noqa: B039 - never changed in place


@contextmanager
def about(**fields: object) -> Iterator[None]:
    """Put these fields into every line that is logged within: in this thread or task, and in those begun by it."""
    token = _ABOUT.set({**_ABOUT.get(), **fields})
    try:
        yield
    finally:
        _ABOUT.reset(token)


def without_secrets(text: str) -> str:
    """The text with *** for what looks like a secret of Enermon."""
    return _SECRETS.sub("***", text)


class _JsonLine(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "part": record.name,
            "event": record.getMessage(),
        }
        line |= _ABOUT.get()
        line |= {key: value for key, value in vars(record).items() if key not in _STANDARD}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return without_secrets(json.dumps(line, ensure_ascii=False, default=str))


def set_up(level: LogLevel = "info") -> None:
    """Send every log record of this process from this level on to standard error as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLine())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # What libraries say to their own developers is no use here.
    for library in ("asyncio", "psycopg", "psycopg.pool", "sse_starlette", "uvicorn"):
        logging.getLogger(library).setLevel(max(logging.INFO, logging.getLogger().level))
    for chatty in ("httpx", "httpcore", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)

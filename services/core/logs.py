"""Logs: one JSON object a line on standard error, without the secrets that an error of a library may show."""

import json
import logging
import re
import sys
from datetime import UTC, datetime

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_SECRETS = re.compile(
    r"""(?<=://)[^\s"'/@:]*:[^\s"']*(?=@)"""  # user and password of a URL
    r"|(?<=\bpassword=)[^\s\"'&]+"  # libpq
    r"|(?<=\bwhsec_)[\w+/=-]+|(?<=\benk_)[\w-]+|(?<=\$argon2id\$)[\w$=,+/]+\w"  # of webhooks, keys, passwords
    r"|(?<=\bBearer )[\w.~+/=-]+|(?<=\bBasic )[\w+/=-]+"
)
"""The last net: nothing is meant to come here with a secret in it."""


def without_secrets(text: str) -> str:
    """The text with *** for what looks like a secret of Enermon."""
    return _SECRETS.sub("***", text)


class _JsonLine(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "part": record.name,
            "event": record.getMessage(),
        }
        line |= {key: value for key, value in vars(record).items() if key not in _STANDARD}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return without_secrets(json.dumps(line, ensure_ascii=False, default=str))


def set_up(level: int = logging.INFO) -> None:
    """Send every log record of this process to standard error as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLine())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for chatty in ("httpx", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)

"""How parts of a message are shown again, in answers and to people. Pure."""

import json
from typing import Any

from services.ingest.message import printable

MOST_SHOWN = 200


def json_text(value: Any) -> str | None:
    """A value as JSON, for a message that is JSON; None for one that is not there."""
    try:
        return printable(json.dumps(value, ensure_ascii=False))
    except (TypeError, ValueError, RecursionError):
        return None


def shown(value: Any) -> str:
    """A value for people, cut to a length that is safe to keep."""
    text = value if isinstance(value, str) else json_text(value)
    return printable((repr(value) if text is None else text)[:MOST_SHOWN])

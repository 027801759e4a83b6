"""What alerts say, in the words of their messages, and how far their handling has come: of many at once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow

from services.alerts.notify.content import entry_of
from services.alerts.notify.render import figure_text
from services.alerts.notify.telling import alerts_of
from services.alerts.notify.wording import CHINESE, ENGLISH
from services.api.alerts.handling import handling_of
from services.api.alerts.model import judged

_PLAIN = (
    "alert_id",
    "severity",
    "state",
    "status",
    "fired_at",
    "resolved_at",
    "reopened",
    "inhibited_by",
    "last_value",
)


def shown(connection: Connection, rows: Sequence[DictRow], *, now: datetime) -> list[dict[str, Any]]:
    """Alerts as model.Alert describes them, from their rows with names. One further question for all of them."""
    told = alerts_of(connection, [row["alert_id"] for row in rows]) if rows else {}
    return [_shown(row, told[row["alert_id"]], now) for row in rows]


def _shown(row: DictRow, told: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    entry = entry_of(told, as_now=True, link="")
    return (
        judged(row)
        | {name: row[name] for name in _PLAIN}
        | {name: entry[name] for name in ("text_zh", "text_en")}
        | {
            f"{figure}_text_{words.language}": figure_text(entry, figure, words) or None
            for figure in ("value", "limit")
            for words in (CHINESE, ENGLISH)
        }
        | {"handling": handling_of(told, now=now).model_dump()}
    )

"""How arrivals are shown: coloured lines on the terminal, JSON lines in a file."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from simulators.receiver.arrivals import Arrival

COLOURS = {"severe": "red", "warning": "yellow", "notice": "blue"}
MOST_ALERTS = 5


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC).astimezone()


def lines_of(arrival: Arrival, at: dt.datetime) -> list[str]:
    """The arrival in lines with rich's markup; what came from outside is escaped."""
    mark = "[green]taken[/]" if arrival.taken else f"[red]{arrival.answer} {escape(arrival.note)}[/]"
    signed = {True: " [green]signature right[/]", False: " [red]signature wrong[/]", None: ""}[arrival.verified]
    repeat = f" [magenta]again, {arrival.repeat} before[/]" if arrival.repeat else ""
    head = f"{at:%H:%M:%S} [bold]{arrival.channel}[/] {escape(arrival.subject)} {mark}{signed}{repeat}"
    return [head, f"         id {escape(arrival.message_id or 'none')}", *_details(arrival.content)]


def _details(content: dict[str, Any]) -> list[str]:
    if "to" in content:
        text = [line for line in str(content.get("text", "")).splitlines() if line.strip()]
        return [f"         to {escape(', '.join(content['to']))}", *(f"         {escape(line)}" for line in text[:12])]
    data = content.get("data")
    alerts = data.get("alerts") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(alerts, list):
        return []
    shown = [_alert_line(alert) for alert in alerts[:MOST_ALERTS] if isinstance(alert, dict)]
    more = int(data.get("count") or 0) - len(shown)
    return [*shown, f"         and {more} more"] if more > 0 else shown


def _alert_line(alert: dict[str, Any]) -> str:
    severity = str(alert.get("severity", ""))
    title = str(alert.get("title_en") or alert.get("title_zh") or alert.get("rule", ""))
    subject = f"{alert.get('subject_code', '')} {alert.get('subject_en') or alert.get('subject_zh') or ''}".strip()
    unit = "" if alert.get("unit") in (None, "1") else alert["unit"]
    value = "" if alert.get("value") is None else f" = {alert['value']} {unit}".rstrip()
    colour = COLOURS.get(severity, "white")
    return f"         [{colour}]{escape(severity)}[/] {escape(title)}: {escape(subject)}{escape(value)}"


class Screen:
    """Shows each arrival on the terminal, and appends it to a file where one is given."""

    def __init__(self, console: Console, json_lines: Path | None) -> None:
        """Raises OSError where the file cannot be written."""
        self._console = console
        self._file = json_lines.open("a", encoding="utf-8") if json_lines else None

    def show(self, arrival: Arrival) -> None:
        at = now()
        for line in lines_of(arrival, at):
            self._console.print(line, highlight=False, soft_wrap=True)
        if self._file is not None:
            entry = {"at": at.isoformat(timespec="milliseconds")} | arrival.as_json()
            self._file.write(json.dumps(entry, ensure_ascii=False) + "\n")
            self._file.flush()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

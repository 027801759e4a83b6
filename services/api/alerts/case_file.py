"""The file of a case: a ZIP with all that its alerts stand on, for the records of a supervision body.

For each alert the sentence, the evidence as it was frozen, the series, what people did, and the text of the rule; the
readings behind the evidence; and the digests of all of that, with the head of the seals.
"""

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from fastapi.encoders import jsonable_encoder
from psycopg import Connection

from services.alerts.notify.content import OBSERVED
from services.api.access.principal import Principal
from services.api.alerts import nouns
from services.api.alerts.cases import LIVE, MOST_ALERTS
from services.api.alerts.detail import whole
from services.api.alerts.listing import ALERTS, asked_at
from services.api.alerts.listing import SQL as OF_ALERTS
from services.api.alerts.series import series_in
from services.api.database import Database
from services.api.errors import Refused
from services.core.calendar import SHANGHAI
from services.core.db.statements import Statements
from services.core.meter import Mark
from services.judging.data.tables import Tables

SQL = Statements.beside(__file__, "case_file.sql")
_SEALS = Statements(Path(__file__).parent.parent / "intake" / "corrections.sql")
MOST_READINGS = 100_000
_BOM = "\ufeff"
"""By it spreadsheets know that a CSV file is UTF-8."""
_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_TEMPORARY = ("deliveries", "last_value")

Files = dict[str, bytes]


def case_file(
    database: Database, tables: Tables, subject: str, acting: Principal, *, at_rest: bool, now: datetime
) -> bytes:
    """The file of the case of `subject` as a ZIP. Raises Refused where nothing is open about it."""
    with database.read() as connection:
        numbers = _numbers(connection, subject, at_rest, now)
        files: Files = {}
        alerts = []
        for number in numbers:
            alert = jsonable_encoder(whole(connection, number, now=now))
            alerts.append({name: value for name, value in alert.items() if name not in _TEMPORARY})
            files |= _files_of(connection, tables, number, alert, now)
        files["readings.csv"] = _readings(connection, alerts)
        head = _SEALS.run(connection, "head").mappings().first()
    files["case.json"] = _json({"subject": subject, "made_at": now, "made_by": acting.name, "alerts": alerts})
    files["seal.json"] = _json(dict(head) if head else None)
    files["README.txt"] = _readme(subject, alerts, acting, now)
    digests = "".join(f"{sha256(content).hexdigest()}  {name}\n" for name, content in sorted(files.items()))
    return _zipped(files | {"SHA256SUMS": digests.encode()}, now)


def _numbers(connection: Connection, subject: str, at_rest: bool, now: datetime) -> list[int]:
    live = "true" if at_rest else LIVE
    condition = f"entry.subject_kind || ':' || entry.subject_code = :subject AND ({live})"
    rows = ALERTS.rows(connection, condition, {"subject": subject, **asked_at(now)}, most=MOST_ALERTS)
    if not rows:
        hint = "" if at_rest else "; with at_rest=true it is made of what has ended, too"
        raise Refused(nouns.ALERT.unknown, f"nothing is open about {subject}{hint}")
    return [row["alert_id"] for row in rows]


def _files_of(connection: Connection, tables: Tables, number: int, alert: Mapping[str, Any], now: datetime) -> Files:
    """What belongs to one alert."""
    row = OF_ALERTS.run(connection, "alert_with_rule", alert_id=number).mappings().first()
    series = jsonable_encoder(series_in(connection, tables, row, now=now)) if row else {"data": []}
    sentence = "\n".join(filter(None, (alert["text_zh"], alert["text_en"])))
    folder = f"alert-{number}"
    points = [{**point, "reasons": "; ".join(each["text_zh"] for each in point["reasons"])} for point in series["data"]]
    steps = [entry for entry in alert["history"] if entry["by"] != "service"]
    return {
        f"{folder}/sentence.txt": f"{sentence}\n".encode(),
        f"{folder}/evidence.json": _json(alert["evidence"]),
        f"{folder}/rule.json": _json(alert["rule_body"]),
        f"{folder}/history.json": _json(alert["history"]),
        f"{folder}/series.csv": _csv(points, _SERIES),
        f"{folder}/steps.csv": _csv(steps, _STEPS),
    }


_SERIES = ("at", "period_start", "period_end", "value", "limit", "coverage", "verdict", "state", "reasons")
_STEPS = ("at", "kind", "by", "actor", "actor_name", "text", "due_on", "reference")
_READINGS = ("meter", "unit_of_measure", "ts", "value", "quality", "correction", "corrected_value", "received_at")


def _readings(connection: Connection, alerts: Iterable[Mapping[str, Any]]) -> bytes:
    """The readings behind the evidence of all alerts, from the first period to the last, not too many."""
    meters: set[str] = set()
    periods = []
    for alert in alerts:
        evidence = alert["evidence"]
        meters |= {each["meter"] for each in evidence.get("readings") or ()}
        if alert["subject"].startswith("meter:"):
            meters.add(alert["subject"].removeprefix("meter:"))
        observed = evidence.get(OBSERVED) or {}
        if observed.get("period_start") and observed.get("period_end"):
            periods.append((observed["period_start"], observed["period_end"]))
    if not meters or not periods:
        return _csv((), _READINGS)
    start, end = min(start for start, _ in periods), max(end for _, end in periods)
    found = SQL.run(connection, "readings", meters=sorted(meters), from_ts=start, to_ts=end, most=MOST_READINGS)
    rows = ({**row, **_local(row), "quality": _quality(row["quality"])} for row in found.mappings())
    return _csv(rows, _READINGS)


def _quality(mark: int | None) -> str:
    return "good" if mark is None else Mark(mark).name.lower()


def _local(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] and row[name].astimezone(SHANGHAI).isoformat() for name in ("ts", "received_at")}


def _readme(subject: str, alerts: Sequence[Mapping[str, Any]], acting: Principal, now: datetime) -> bytes:
    first = alerts[0]
    lines = [
        f"预警案卷 {first['subject_name_zh'] or subject}（{subject}）",
        f"Case file {first['subject_name_en'] or subject} ({subject})",
        "",
        f"制作时间 made at: {now.astimezone(SHANGHAI).isoformat(timespec='seconds')}",
        f"制作人 made by: {acting.display_name} ({acting.name})",
        "",
        *(f"alert-{each['alert_id']}: {each['text_zh'] or each['title_zh'] or each['rule']}" for each in alerts),
        "",
        "sentence.txt 预警文字 · evidence.json 预警时冻结的证据 · rule.json 规则原文",
        "history.json 经过 · steps.csv 处置 · case.json 以上全部",
        "series.csv 规则逐期所见（按今日数据重算；state 为当时状态） · readings.csv 证据所依据的读数",
        "seal.json 封存链首 · SHA256SUMS 各文件摘要（sha256sum -c SHA256SUMS）",
        "",
        "Values in series.csv are those of what is stored today; evidence.json is as it was when the alert fired.",
        f"readings.csv holds at most {MOST_READINGS} readings.",
    ]
    return "\n".join(lines).encode() + b"\n"


def _json(content: object) -> bytes:
    return json.dumps(jsonable_encoder(content), ensure_ascii=False, indent=2, allow_nan=False).encode() + b"\n"


def _csv(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> bytes:
    text = io.StringIO(_BOM, newline="")
    text.seek(0, io.SEEK_END)
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_cell(row.get(name)) for name in columns] for row in rows)
    return text.getvalue().encode()


def _cell(value: object) -> object:
    """A text that a spreadsheet would take for a formula is marked as text."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_BEGINS_FORMULA) else value


def _zipped(files: Mapping[str, bytes], now: datetime) -> bytes:
    content = io.BytesIO()
    stamp = now.astimezone(SHANGHAI).timetuple()[:6]
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, stamp), data, zipfile.ZIP_DEFLATED)
    return content.getvalue()

"""What the database and the API say, beside the truth: every difference by name, to the last digit."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx
import psycopg

from services.core.calendar import SHANGHAI, Grain, floor, from_us, to_us
from services.core.meter import PICO
from tests.chaos.truth import Amount, Batch, Place, Truth
from tests.chaos.world import World
from tests.signed_in import BY_ADMINISTRATOR

SHOWN = 5
_TABLES = {
    Grain.HOUR: ("energy_hour", "ledger_hour", "hour"),
    Grain.DAY: ("energy_day", "ledger_day", "day"),
    Grain.MONTH: ("energy_month", "ledger_month", "month"),
}


def differences(database: psycopg.Connection, truth: Truth, batch: Batch) -> list[str]:
    """What is stored, beside what must stand there; empty where all agree."""
    found = _different("readings", truth.readings, _by_meter(database, _READINGS))
    found += _different("slots", batch.slots, _by_meter(database, _SLOTS))
    marks = {(code, ts): mark for code, ts, mark in database.execute(_MARKS)}
    found += _differing("marks", batch.marks, marks)
    for grain, (of_meters, of_places, column) in _TABLES.items():
        meters = {
            (code, ts): Amount(int(pico), s, n)
            for code, ts, pico, s, n in database.execute(_of_meters(of_meters, column))
        }
        found += _differing(of_meters, batch.meters[grain], meters)
        places = {
            (Place(*place), ts): Amount(int(pico), int(s), int(n))
            for *place, ts, pico, s, n in database.execute(_of_places(of_places, column))
        }
        found += _differing(of_places, batch.places[grain], places)
    return found


_READINGS = """
SELECT meter.code, (extract(EPOCH FROM ts) * 1000000)::bigint, value
FROM reading JOIN meter USING (meter_id)
"""
_SLOTS = """
SELECT meter.code, (extract(EPOCH FROM slot) * 1000000)::bigint, quantity_pico, measured_s, quality
FROM energy_slot JOIN meter USING (meter_id)
"""
_MARKS = """
SELECT meter.code, (extract(EPOCH FROM ts) * 1000000)::bigint, quality
FROM reading_mark JOIN meter USING (meter_id)
"""


def _of_meters(table: str, column: str) -> Any:
    return f"""
    SELECT meter.code, (extract(EPOCH FROM {column}) * 1000000)::bigint,
        sum(quantity_pico), sum(measured_s), sum(slot_count)
    FROM {table} JOIN meter USING (meter_id)
    GROUP BY 1, 2
    HAVING sum(slot_count) > 0
    """


def _of_places(table: str, column: str) -> Any:
    return f"""
    SELECT place_kind, coalesce(park.code, place_code), carrier, flow,
        (extract(EPOCH FROM {column}) * 1000000)::bigint, quantity_pico, measured_s, slot_count
    FROM {table}
    JOIN ledger USING (ledger_id)
    LEFT JOIN park ON ledger.place_kind = 'park' AND park.park_id::text = ledger.place_code
    WHERE slot_count > 0
    """


def _by_meter(database: psycopg.Connection, question: str) -> dict[str, dict[int, Any]]:
    found: dict[str, dict[int, Any]] = {}
    with database.transaction(), database.cursor(name="chaos") as cursor:
        cursor.itersize = 50_000
        cursor.execute(question.encode())
        for code, ts, *rest in cursor:
            found.setdefault(code, {})[ts] = tuple(rest) if len(rest) > 1 else rest[0]
    return found


def _different(what: str, wanted: Mapping[str, Mapping[int, Any]], found: Mapping[str, Mapping[int, Any]]) -> list[str]:
    flat: list[str] = []
    for meter in sorted(wanted.keys() | found.keys()):
        flat += _differing(f"{what} of {meter}", wanted.get(meter, {}), found.get(meter, {}))
    return flat


def _differing(what: str, wanted: Mapping[Any, Any], found: Mapping[Any, Any]) -> list[str]:
    if wanted == found:
        return []
    wrong = sorted((key for key in wanted.keys() | found.keys() if wanted.get(key) != found.get(key)), key=str)
    lines = [f"{what}: {len(wrong)} of {len(wanted)} differ"]
    lines += [f"    {_shown(key)}: wanted {wanted.get(key)}, found {found.get(key)}" for key in wrong[:SHOWN]]
    return lines


def _shown(key: Any) -> str:
    *about, at_us = key if isinstance(key, tuple) else (key,)
    return " ".join([*map(str, about), from_us(at_us).isoformat()])


def answer_differences(api_url: str, batch: Batch, world: World) -> list[str]:
    """GET /api/v1/energy of every area, park and meter that has something, by hour, day and month."""
    found: list[str] = []
    with httpx.Client(base_url=api_url, headers=BY_ADMINISTRATOR, timeout=60.0) as client:
        for grain, (_, _, bucket) in _TABLES.items():
            places = ((f"{p.kind}:{p.code}", p.carrier, p.flow, us, a) for (p, us), a in batch.places[grain].items())
            found += _answers(client, bucket, places)
        meters = {m.code: m for m in (*world.registry.meters, *world.unregistered_meters)}
        some = set(list(batch.slots)[:: max(1, len(batch.slots) // 60)])
        for grain, (_, _, bucket) in list(_TABLES.items())[1:]:
            of_meters = (
                (f"meter:{code}", meters[code].carrier, meters[code].flow, us, amount)
                for (code, us), amount in batch.meters[grain].items()
                if code in some
            )
            found += _answers(client, bucket, of_meters)
    return found


def _answers(client: httpx.Client, bucket: str, wanted: Iterable[tuple[str, str, str, int, Amount]]) -> list[str]:
    by_scope: dict[str, dict[tuple[str, str, int], float]] = {}
    for scope, carrier, flow, period_us, amount in wanted:
        by_scope.setdefault(scope, {})[carrier, flow, period_us] = amount.quantity_pico / PICO
    found: list[str] = []
    for scope, sums in by_scope.items():
        first = from_us(min(us for *_, us in sums)).astimezone(SHANGHAI)
        last = from_us(max(us for *_, us in sums)).astimezone(SHANGHAI)
        rows = {
            (row["carrier"], row["flow"], to_us(datetime.fromisoformat(row["start"]))): row["quantity"]
            for row in _rows(client, scope=scope, bucket=bucket, start=first, end=_after(last))
            if row["quantity"] is not None
        }
        found += _differing(f"GET /energy {scope} by {bucket}", sums, rows)
    return found


def _after(last: datetime) -> datetime:
    return floor(last + timedelta(days=32), Grain.MONTH)


def _rows(client: httpx.Client, *, scope: str, bucket: str, start: datetime, end: datetime) -> Iterator[dict[str, Any]]:
    year = timedelta(days=360)
    while start < end:
        until = min(end, floor(start + year, Grain.MONTH))
        ask: dict[str, Any] = {"scope": scope, "bucket": bucket, "by": "carrier,flow", "limit": 10_000}
        ask |= {"start": start.isoformat(), "end": until.isoformat()}
        while True:
            answer = client.get("/api/v1/energy", params=ask)
            if answer.status_code != httpx.codes.OK:
                raise AssertionError(f"GET /energy {ask}: {answer.status_code} {answer.text}")
            yield from answer.json()["data"]
            if answer.json()["next"] is None:
                break
            ask["cursor"] = answer.json()["next"]
        start = until

"""The run `answers`: how long the API takes to answer for a region over a year."""

import json
import os
import time
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks import service
from benchmarks.machine import OtherLoad, describe, this_machine
from benchmarks.measure import Caller, Timing
from benchmarks.questions import questions
from benchmarks.report import Answers, Filled
from benchmarks.year import Year, fill, hourly_region, roll_up, slots_waiting
from services.core.db.migrate import upgrade
from services.up.ports import LOOPBACK
from simulators.registration import RegistryApi

_FILLED_FILE = "filled.json"
_MOMENTS = ("start", "end", "until")


class KeptForAnotherRunError(Exception):
    """The folder holds data of another period or size."""


def run(folder: Path, *, enterprises: int, calls: int, only: str, console: Console) -> Answers:
    """Fill a database in `folder`, unless that was done before, and measure.

    Raises StartError, RegistrationError, psycopg.Error, KeptForAnotherRunError.
    """
    year = Year.before(datetime.now(UTC))
    kept = _kept(folder, year, enterprises=enterprises)
    with service.database(folder) as database:
        upgrade(database.url)
        with service.api(database.url, folder) as api:
            filled = kept or _filled(api, database.url, year, enterprises=enterprises, console=console)
            (folder / _FILLED_FILE).write_text(json.dumps(asdict(filled), default=str), encoding="utf-8")
            load_before = os.getloadavg()[0]
            others = OtherLoad()
            timings = _timings(Caller(LOOPBACK, api.port, key=api.key), year, calls=calls, only=only, console=console)
            return Answers(
                at=datetime.now(UTC),
                machine=this_machine(),
                database=describe(database.url),
                filled=filled,
                load_before=load_before,
                other_cores=others.cores(),
                timings=timings,
            )


def _kept(folder: Path, year: Year, *, enterprises: int) -> Filled | None:
    """What an earlier run left. Raises KeptForAnotherRunError."""
    try:
        found: dict[str, Any] = json.loads((folder / _FILLED_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    kept = Filled(**found | {name: datetime.fromisoformat(found[name]) for name in _MOMENTS})
    if (kept.start, kept.enterprises) != (year.start, enterprises):
        raise KeptForAnotherRunError(
            f"{folder} holds {kept.enterprises} enterprises from {kept.start:%Y-%m-%d} on; {enterprises} from"
            f" {year.start:%Y-%m-%d} on are wanted. Remove the folder, or name another one."
        )
    return kept


def _filled(api: service.ApiProcess, database_url: str, year: Year, *, enterprises: int, console: Console) -> Filled:
    region = hourly_region(year, enterprises=enterprises)
    with console.status(f"registering {enterprises} enterprises"):
        registry = RegistryApi(api.url, key=api.key)
        registry.register(region.registry)
        registry.close()
    readings, fill_s = _through("storing, months", fill(database_url, region, year), year.month_count, console)
    with psycopg.connect(database_url) as connection:
        waiting = slots_waiting(connection)
    slots, roll_up_s = _through("rolling up, slots", roll_up(database_url), waiting, console, by_amount=True)
    with console.status("vacuum and analyze, as autovacuum does in time"):
        _tidy(database_url)
    return Filled(
        year.start, year.end, year.until, enterprises, len(region.registry.meters), readings, fill_s, slots, roll_up_s
    )


def _tidy(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def _through(
    name: str, amounts: Iterable[int], total: int, console: Console, *, by_amount: bool = False
) -> tuple[int, float]:
    """Sum and seconds of a work that is done step by step."""
    started_s = time.monotonic()
    done = 0
    with _progress(console) as progress:
        task = progress.add_task(name, total=total)
        for amount in amounts:
            done += amount
            progress.update(task, advance=amount if by_amount else 1)
    return done, time.monotonic() - started_s


def _timings(caller: Caller, year: Year, *, calls: int, only: str, console: Console) -> list[Timing]:
    asked = [question for question in questions(caller, year) if only in question.name]
    timings = []
    with _progress(console) as progress:
        task = progress.add_task("asking", total=len(asked))
        for question in asked:
            progress.update(task, description=f"asking: {question.name}")
            timings.append(caller.timing(question, calls=calls))
            progress.advance(task)
    return timings


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console)

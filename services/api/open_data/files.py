"""Monthly files: months that are over, as Parquet, with a manifest that says what each holds.

A file is never written again: what was booked again since makes a new version, and the manifest says which it replaces.
"""

import fcntl
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from psycopg import Connection

from services.api.database import Database
from services.api.open_data.change import Horizon
from services.api.open_data.pages import MOST_ROWS, OpenQuestion, RowsInFile, horizon_of, read_page
from services.api.open_data.parquet import write_parquet
from services.api.open_data.views import OF_METERS, OF_PLACES, TYPES, OpenView
from services.core.calendar import Grain, floor, following

MANIFEST = "manifest.json"
_LOCK = ".lock"


class FolderBusyError(Exception):
    """Another process writes files into the folder; the message says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthlyFile:
    """A version of the rows of a view in a month, as the manifest says it.

    `rows_sha256` is that of the rows as CSV, by which versions are told apart; `changed_until` the moment of the
    database whose rows they are, and since which it has not changed; `replaces` the name of the version before.
    """

    name: str
    view: str
    month: str
    version: int
    rows: int
    bytes: int
    sha256: str
    rows_sha256: str
    changed_until: str
    made_at: str
    replaces: str | None


class MonthlyFiles:
    """The files of a folder. `areas`: whose rows they hold, as the manifest is to say it; empty: of all."""

    def __init__(self, folder: Path, *, licence: str, areas: Sequence[str], now: datetime) -> None:
        self._folder, self._licence, self._areas, self._now = folder, licence, list(areas), now
        self._files: list[MonthlyFile] = []

    def write(self, database: Database, views: Sequence[OpenView]) -> list[MonthlyFile]:
        """Write each month of each view that is over and is not there as it is now; those that were written.

        Months with nothing booked have no file, until they have a version that is to be replaced. Raises
        FolderBusyError, OSError, psycopg.Error.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._locked():
            self._files = _kept(self._folder / MANIFEST)
            written = []
            for view in views:
                with database.reading() as connection:
                    months = list(self._months(connection, view))
                for month in months:
                    if (made := self._write_month(database, view, month)) is not None:
                        written.append(made)
            self._say()
            return written

    def _months(self, connection: Connection, view: OpenView) -> Iterator[datetime]:
        """Those over of which anything was ever booked."""
        bounds = (OF_PLACES if view.is_of_places else OF_METERS).run(connection, "bounds").one()
        if bounds.first is None:
            return
        month, running = floor(bounds.first, Grain.MONTH), floor(self._now, Grain.MONTH)
        while month < min(running, bounds.last):
            yield month
            month = following(month, Grain.MONTH)

    def _write_month(self, database: Database, view: OpenView, month: datetime) -> MonthlyFile | None:
        named = f"{month:%Y-%m}"
        versions = [each for each in self._files if (each.view, each.month) == (view, named)]
        newest = versions[-1] if versions else None
        with database.reading() as connection, tempfile.NamedTemporaryFile(dir=self._folder, prefix=".rows-") as rows:
            until = horizon_of(connection)
            if newest is not None and not _may_differ(connection, view, month, Horizon.of(newest.changed_until), until):
                return None
            digest = hashlib.sha256()
            sink = RowsInFile(rows.file, between=b"\n", digest=digest)
            _read_month(connection, view, month, sink)
            rows.flush()
            found = digest.hexdigest()
            if (newest is None and not sink.rows) or (newest is not None and newest.rows_sha256 == found):
                self._note_unchanged(newest, until)
                return None
            version = newest.version + 1 if newest else 1
            name = f"{view}-{named}-v{version}.parquet"
            size, sha256 = self._put(Path(rows.name), name, view)
        made = MonthlyFile(
            name=name,
            view=view,
            month=named,
            version=version,
            rows=sink.rows,
            bytes=size,
            sha256=sha256,
            rows_sha256=found,
            changed_until=str(until),
            made_at=self._now.isoformat(timespec="seconds"),
            replaces=newest.name if newest else None,
        )
        self._files.append(made)
        self._say()
        return made

    def _put(self, rows: Path, name: str, view: OpenView) -> tuple[int, str]:
        """Write the file beside, then name it; its size and SHA-256."""
        beside = self._folder / f".{name}.part"
        try:
            write_parquet(rows, beside, view.columns, TYPES)
            with beside.open("rb") as written:
                digest = hashlib.file_digest(written, "sha256").hexdigest()
                os.fsync(written.fileno())
            size = beside.stat().st_size
            beside.replace(self._folder / name)
        finally:
            beside.unlink(missing_ok=True)
        return size, digest

    def _note_unchanged(self, newest: MonthlyFile | None, until: Horizon) -> None:
        """What was booked again came to the same: it is not looked at the next time."""
        if newest is not None:
            place = self._files.index(newest)
            self._files[place] = MonthlyFile(**(asdict(newest) | {"changed_until": str(until)}))

    def _say(self) -> None:
        """Write the manifest beside, then name it."""
        told = {
            "licence": self._licence,
            "areas": self._areas,
            "files": [
                asdict(each) for each in sorted(self._files, key=lambda each: (each.view, each.month, each.version))
            ],
        }
        beside = self._folder / f".{MANIFEST}.part"
        beside.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", "utf-8")
        beside.replace(self._folder / MANIFEST)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self._folder / _LOCK).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise FolderBusyError(f"another process writes into {self._folder}") from None
            yield


def _kept(manifest: Path) -> list[MonthlyFile]:
    if not manifest.exists():
        return []
    return [MonthlyFile(**each) for each in json.loads(manifest.read_text("utf-8"))["files"]]


def _may_differ(connection: Connection, view: OpenView, month: datetime, since: Horizon | None, now: Horizon) -> bool:
    """Whether anything of the month was booked again since; also where nobody can tell."""
    if since is None or not since.comes_before(now):
        return True
    found = (OF_PLACES if view.is_of_places else OF_METERS).run(
        connection,
        "next_changed",
        since=since.transaction,
        from_ts=month,
        to_ts=following(month, Grain.MONTH),
    )
    return found.scalar_one() is not None


def _read_month(connection: Connection, view: OpenView, month: datetime, sink: RowsInFile) -> None:
    asked = OpenQuestion(
        view=view,
        start=month,
        end=following(month, Grain.MONTH),
        areas=None,
        enterprise=None,
        carrier=None,
        since=None,
    )
    after = read_page(connection, asked, sink, form="csv", after=None, limit=MOST_ROWS)
    while after is not None:
        after = read_page(connection, asked, sink, form="csv", after=after, limit=MOST_ROWS)

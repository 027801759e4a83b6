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
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from psycopg import Connection
from pydantic import TypeAdapter, ValidationError

from services.api.database import Database
from services.api.open_data.change import Horizon
from services.api.open_data.pages import MOST_ROWS, OpenQuestion, RowsInFile, horizon_of, read_page
from services.api.open_data.parquet import write_parquet
from services.api.open_data.views import OF_METERS, OF_PLACES, TYPES, OpenView
from services.core.calendar import Grain, floor, following

MANIFEST = "manifest.json"
_LOCK = ".lock"
_NO_LICENCE = "not stated"
_OTHER_FOLDER = "write into another folder"


class MonthlyFolderError(Exception):
    """Files cannot be written into the folder: it is busy, of something else, or damaged; the message says which."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Manifest:
    licence: str
    areas: Sequence[str]
    files: Sequence[MonthlyFile]


_MANIFEST = TypeAdapter(_Manifest)


class MonthlyFiles:
    """The files of a folder. `areas`: whose rows they hold, as the manifest is to say it; empty: of all.

    `licence` None: as the manifest says already, in a new folder "not stated".
    """

    def __init__(self, folder: Path, *, licence: str | None, areas: Sequence[str], now: datetime) -> None:
        self._folder, self._licence, self._areas, self._now = folder, licence, sorted(set(areas)), now
        self._files: list[MonthlyFile] = []

    def write(self, database: Database, views: Sequence[OpenView]) -> list[MonthlyFile]:
        """Write each month of each view that is over and is not there as it is now; those that were written.

        Months with nothing booked have no file, until they have a version that is to be replaced. A file that is gone
        or cut off has a new version, since the rows of the month may be others by now. Raises MonthlyFolderError,
        OSError, psycopg.Error.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._locked():
            self._take_up()
            self._say()
            written = []
            for view in views:
                with database.reading() as connection:
                    months = list(self._months(connection, view))
                for month in months:
                    if (made := self._write_month(database, view, month)) is not None:
                        written.append(made)
            newest = {(each.view, each.month): each for each in self._files}.values()
            self._files = [each for each in self._files if each in newest or self._is_there(each)]
            self._say()
            return written

    def _take_up(self) -> None:
        """Go on with what the folder has. Raises MonthlyFolderError where that is something else."""
        manifest = self._folder / MANIFEST
        if not manifest.exists():
            if found := next(self._folder.glob("*-v*.parquet"), None):
                raise MonthlyFolderError(f"{self._folder} has {found.name} but no {MANIFEST}; {_OTHER_FOLDER}")
            self._licence = self._licence or _NO_LICENCE
            return
        kept = _kept(manifest)
        if sorted(kept.areas) != self._areas:
            was, asked = (", ".join(areas) or "everything" for areas in (kept.areas, self._areas))
            raise MonthlyFolderError(f"{self._folder} holds files of {was}, not of {asked}; {_OTHER_FOLDER}")
        if self._licence not in (None, kept.licence):
            raise MonthlyFolderError(
                f"files in {self._folder} were given out under the licence {kept.licence}, not {self._licence};"
                f" {_OTHER_FOLDER}"
            )
        self._licence, self._files = kept.licence, list(kept.files)

    def _is_there(self, file: MonthlyFile) -> bool:
        path = self._folder / file.name
        return path.is_file() and path.stat().st_size == file.bytes

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
        is_there = newest is not None and self._is_there(newest)
        with database.reading() as connection, tempfile.NamedTemporaryFile(dir=self._folder, prefix=".rows-") as rows:
            until = horizon_of(connection)
            if newest is not None and is_there:
                since = Horizon.of(newest.changed_until)
                if not _may_differ(connection, view, month, since, until):
                    return None
            digest = hashlib.sha256()
            sink = RowsInFile(rows.file, between=b"\n", digest=digest)
            _read_month(connection, view, month, sink)
            rows.flush()
            found = digest.hexdigest()
            if newest is None and not sink.rows:
                return None
            if newest is not None and is_there and newest.rows_sha256 == found:
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

    def _note_unchanged(self, newest: MonthlyFile, until: Horizon) -> None:
        """What was booked again came to the same: it is not looked at the next time."""
        self._files[self._files.index(newest)] = replace(newest, changed_until=str(until))

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
                raise MonthlyFolderError(f"another process writes into {self._folder}") from None
            yield


def _kept(manifest: Path) -> _Manifest:
    """What was said of the files, versions of a month in their order. Raises MonthlyFolderError."""
    try:
        return _MANIFEST.validate_json(manifest.read_bytes(), strict=True)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"]) or "the whole"
        raise MonthlyFolderError(
            f"{manifest} is damaged at {where} ({error.errors()[0]['msg']}): put back a copy of it, or write anew"
            " into another folder"
        ) from None


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

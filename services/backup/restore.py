"""Restore: a cluster as it was at a moment, in a new place."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyrage

from services.backup.errors import BackupError
from services.backup.folder import BackupFolder, Base
from services.backup.stored import plain_name
from services.backup.unpack import WAL_FOLDER, unpack_base
from services.backup.wal import PARTIAL, SEGMENT, first_missing, segment_name
from services.core.progress import Progress, no_progress

_REPLAY = f"test -f {WAL_FOLDER}/%f && cp {WAL_FOLDER}/%f %p"


@dataclass(frozen=True)
class Chosen:
    """From which base backup a moment is restored; no moment: as far as the WAL reaches."""

    place: Path
    base: Base
    moment: datetime | None
    reaches: datetime


def choose(folder: BackupFolder, moment: datetime | None) -> Chosen:
    """The newest base backup that was finished by the moment. Raises BackupError where none can restore it."""
    bases = folder.bases()
    if not bases:
        raise BackupError(f"{folder.path} holds no base backup that was finished")
    usable = [(place, base) for place, base in bases if moment is None or base.finished <= moment]
    if not usable:
        raise BackupError(f"the oldest base backup is of {_told(bases[0][1].finished)}: choose a later moment")
    place, base = usable[-1]
    reaches = max(folder.reaches() or base.finished, base.finished)
    if moment is not None and moment > reaches:
        raise BackupError(
            f"the archive reaches {_told(reaches)}, not {_told(moment)}: choose an earlier moment, or `--to latest`"
        )
    _refuse_gap(folder, base)
    return Chosen(place, base, moment, reaches)


def unpack(
    folder: BackupFolder,
    chosen: Chosen,
    into: Path,
    *,
    keys: Sequence[pyrage.x25519.Identity],
    progress: Progress = no_progress,
) -> None:
    """Write a cluster that replays its WAL up to the moment when a server is started on it. Raises BackupError.

    ``into``: a folder that is empty or not there yet. Where it fails, what was written is removed.
    """
    try:
        into.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(into.iterdir()):
            raise BackupError(f"{into} is not empty: a restore needs a new place")
        into.chmod(0o700)
    except OSError as error:
        raise BackupError(f"{into} cannot be written: {error.strerror}") from None
    try:
        unpack_base(folder, chosen.place, chosen.base, keys=keys, into=into, progress=progress)
        (into / "recovery.signal").touch(mode=0o600)
        with (into / "postgresql.auto.conf").open("a", encoding="utf-8") as settings:
            settings.writelines(f"{name} = '{value}'\n" for name, value in _settings(chosen).items())
        os.sync()
    except OSError as error:
        _empty(into)
        raise BackupError(f"{into} cannot be written: {error}") from error
    except BaseException:
        _empty(into)
        raise


def forget_replay(cluster: Path) -> None:
    """Remove what a cluster that has replayed its WAL needs no more."""
    shutil.rmtree(cluster / WAL_FOLDER, ignore_errors=True)
    settings = cluster / "postgresql.auto.conf"
    kept = [line for line in settings.read_text("utf-8").splitlines() if not line.startswith(_NAMES)]
    settings.write_text("".join(f"{line}\n" for line in kept), "utf-8")


_NAMES = ("restore_command ", "recovery_target_")


def _settings(chosen: Chosen) -> dict[str, str]:
    settings = {"restore_command": _REPLAY, "recovery_target_timeline": "current"}
    if chosen.moment is not None:
        settings |= {"recovery_target_time": chosen.moment.isoformat(sep=" "), "recovery_target_action": "promote"}
    return settings


def _refuse_gap(folder: BackupFolder, base: Base) -> None:
    if not folder.wal.is_dir():
        return
    names = (plain_name(file.name).removesuffix(PARTIAL) for file in folder.wal.iterdir())
    segments = [name for name in names if SEGMENT.fullmatch(name)]
    missing = first_missing(segments, start=base.last_segment, segment_bytes=base.segment_bytes)
    if missing is not None:
        raise BackupError(
            f"WAL segment {segment_name(base.timeline, missing, base.segment_bytes)} is missing in {folder.wal}: "
            "get it from a copy, or choose a moment up to that of another base backup"
        )


def _told(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(sep=" ", timespec="seconds")


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()

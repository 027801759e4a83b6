"""Files of a cluster out of a base backup, held against the server's manifest as they are written; then its WAL."""

import hashlib
import json
import os
import shutil
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

import pyrage

from services.backup.errors import BackupError
from services.backup.folder import BackupFolder, Base
from services.backup.stored import BLOCK_BYTES, Bytes, opened, plain_name
from services.backup.wal import HISTORY, PARTIAL, SEGMENT, segment_number
from services.core.progress import Progress, no_progress

FILES, SECRETS, MANIFEST = "base.tar", "secrets.tar", "backup_manifest"
WAL_FOLDER = "enermon_wal"
_WAL = "pg_wal/"


@dataclass
class Arrived:
    """What came in a base backup: by path within the cluster size and SHA-256, the WAL segments, the manifest."""

    files: dict[str, tuple[int, str]] = field(default_factory=dict)
    segments: set[str] = field(default_factory=set)
    manifest: dict[str, Any] | None = None
    bytes: int = 0


def receive(source: Bytes, *, expected: int, place: Path | None, progress: Progress = no_progress) -> Arrived:
    """Read a base backup to its end, and write its files below ``place`` where one is named.

    ``expected``: bytes, for the progress. Raises TarError, OSError.
    """
    arrived = Arrived()
    with tarfile.open(fileobj=cast(IO[bytes], source), mode="r|", bufsize=BLOCK_BYTES) as tar:
        for member in tar:
            path = member.name.removeprefix("./")
            if place is not None and not member.isreg():
                _extract(tar, member, place)
            content = tar.extractfile(member)
            if content is None:
                continue
            if path == MANIFEST:
                arrived.manifest = json.load(content)
                continue
            with _written(None if place is None else place / path) as file:
                arrived.files[path] = member.size, _copy(content, file)
            arrived.bytes += member.size
            progress(min(arrived.bytes, expected), expected)
            if path.startswith(_WAL) and SEGMENT.fullmatch(path.removeprefix(_WAL)):
                arrived.segments.add(path.removeprefix(_WAL))
    while source.read(BLOCK_BYTES):  # what fills the last block of the archive
        pass
    return arrived


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, place: Path) -> None:
    """Below `place`, and nothing that leads out of it. Raises TarError."""
    # Python of Debian 12 (3.11.2) has no filters yet.
    if hasattr(tarfile, "data_filter"):
        tar.extract(member, place, filter="data")
        return
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts or not (member.isreg() or member.isdir()):
        raise tarfile.ExtractError(f"{member.name} is no file or folder below the one that is restored")
    tar.extract(member, place, set_attrs=False)
    (place / path).chmod(0o700 if member.isdir() else 0o600)


def refuse_damaged(arrived: Arrived) -> Mapping[str, Any]:
    """The server's manifest, where all files are as it says. Raises BackupError.

    A path that is not written in UTF-8 has no name in the manifest; clusters of Enermon have none.
    """
    if arrived.manifest is None:
        raise BackupError("the backup has no manifest: it was cut short")
    for file in arrived.manifest["Files"]:
        path = file.get("Path")
        if path is not None and arrived.files.get(path) != (file["Size"], file["Checksum"]):
            raise BackupError(f"{path} is not as the server sent it: take another backup")
    return arrived.manifest


def unpack_base(
    folder: BackupFolder,
    place: Path,
    base: Base,
    *,
    keys: Sequence[pyrage.x25519.Identity],
    into: Path,
    progress: Progress = no_progress,
) -> None:
    """Write the files of a base backup below ``into``, and the WAL archived since. Raises BackupError."""
    stored = _stored(place, FILES)
    try:
        with opened(stored, keys) as source:
            arrived = receive(source, expected=base.bytes, place=into, progress=progress)
    except tarfile.TarError as error:
        raise BackupError(f"{stored} cannot be read: {error}") from error
    refuse_damaged(arrived)
    _take_wal(folder, base, keys, into / WAL_FOLDER)


def unpack_secrets(place: Path, keys: Sequence[pyrage.x25519.Identity], into: Path) -> bool:
    """Write the secrets kept with a base backup below ``into``; False where none are. Raises BackupError."""
    found = [file for file in place.iterdir() if plain_name(file.name) == SECRETS]
    if not found:
        return False
    with opened(found[0], keys) as source, tarfile.open(fileobj=cast(IO[bytes], source), mode="r|") as tar:
        for member in tar:
            _extract(tar, member, into)
    return True


def _take_wal(folder: BackupFolder, base: Base, keys: Sequence[pyrage.x25519.Identity], into: Path) -> None:
    """Segments from the first that the base needs on; one that is not finished yet under the name it will have."""
    into.mkdir(mode=0o700)
    if not folder.wal.is_dir():
        return
    first = segment_number(base.start_segment, base.segment_bytes)
    stored = {plain_name(file.name): file for file in folder.wal.iterdir()}
    for name, file in sorted(stored.items()):
        segment = name.removesuffix(PARTIAL)
        if SEGMENT.fullmatch(segment):
            finished_too = name != segment and segment in stored
            if finished_too or segment_number(segment, base.segment_bytes) < first:
                continue
        elif not HISTORY.fullmatch(name):
            continue
        with opened(file, keys) as source, (into / segment).open("wb") as target:
            shutil.copyfileobj(source, target, BLOCK_BYTES)


def _stored(place: Path, name: str) -> Path:
    found = [file for file in place.iterdir() if plain_name(file.name) == name]
    if len(found) != 1:
        raise BackupError(f"{place} has no file {name}.gz or {name}.gz.age: get it from a copy")
    return found[0]


@contextmanager
def _written(path: Path | None) -> Iterator[IO[bytes] | None]:
    if path is None:
        yield None
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        yield file


def _copy(content: IO[bytes], file: IO[bytes] | None) -> str:
    digest = hashlib.sha256()
    while block := content.read(BLOCK_BYTES):
        digest.update(block)
        if file is not None:
            file.write(block)
    return digest.hexdigest()

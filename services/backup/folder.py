"""Where backups lie: a folder with base backups and the WAL between them.

    base-20261201T060000Z/base.tar.gz      files of the database as of that moment, enough by itself
    base-20261201T060000Z/secrets.tar.gz.age
    base-20261201T060000Z/base.json        what it is of, and digests
    wal/000000010000000000000005.gz        what was committed since
    last-backup.json                       the newest that was verified
    archive.json                           how far the WAL reaches

Encrypted files end with .age.
"""

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from services.backup.errors import BackupError
from services.backup.stored import sync_folder

BASE_PREFIX = "base-"
UNFINISHED = ".unfinished"


class StoredFile(BaseModel):
    """A file of a backup, as it stands on the disk."""

    model_config = ConfigDict(frozen=True)

    name: str
    bytes: int
    sha256: str


class Base(BaseModel):
    """A base backup: what it is of, and when it was whole. Times are of the database's clock."""

    model_config = ConfigDict(frozen=True)

    system_identifier: str
    """Of the cluster, as PostgreSQL numbers it."""
    server_version: int
    """151800 for 15.18."""
    timescaledb: str | None
    enermon: str
    began: datetime
    finished: datetime
    """From here on a moment can be restored with it."""
    timeline: int
    start_segment: str
    """Name of the first WAL segment that is needed ..."""
    last_segment: str
    """... and of the last; those between lie within the backup too."""
    segment_bytes: int
    bytes: int
    """Of the files of the database, unpacked."""
    files: tuple[StoredFile, ...]

    @property
    def stored_bytes(self) -> int:
        """Of the files of the backup."""
        return sum(file.bytes for file in self.files)


@dataclass(frozen=True)
class BackupFolder:
    """One folder of backups, of one cluster."""

    path: Path

    @property
    def wal(self) -> Path:
        """Folder of the WAL segments."""
        return self.path / "wal"

    def prepare(self) -> None:
        """Make the folders; only their owner can enter them. Raises BackupError."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.wal.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise BackupError(f"the folder of backups {self.path} cannot be written: {error.strerror}") from None

    def bases(self) -> list[tuple[Path, Base]]:
        """The base backups, the oldest first. Raises BackupError."""
        if not self.path.is_dir():
            raise BackupError(f"{self.path} is no folder of backups: name one by --from or ENERMON_BACKUP_DIR")
        found = [(file.parent, _read_base(file)) for file in self.path.glob(f"{BASE_PREFIX}*/base.json")]
        return sorted(found, key=lambda each: each[1].finished)

    def refuse_other(self, system_identifier: str, timeline: int) -> None:
        """Raises BackupError where the folder holds backups of another cluster, or of this one before a restore."""
        for place, base in self.bases()[-1:]:
            if base.system_identifier != system_identifier:
                raise BackupError(
                    f"{self.path} holds backups of another database (see {place.name}/base.json): use another folder"
                )
            if base.timeline != timeline:
                raise BackupError(
                    f"{self.path} holds backups of this database from before it was restored: use another folder"
                )

    def reaches(self) -> datetime | None:
        """Moment up to which the WAL is stored; None where none is archived. Raises BackupError."""
        file = self.path / "archive.json"
        try:
            return datetime.fromisoformat(json.loads(file.read_text(encoding="utf-8"))["reaches"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BackupError(f"{file} cannot be read: {error}") from None

    def write(self, name: str, told: dict[str, object]) -> None:
        """Write a small JSON file in one piece."""
        write_whole(self.path / name, json.dumps(told, indent=1) + "\n")


def write_whole(path: Path, text: str) -> None:
    """Write a file that is either the old or the new one, also after a power cut."""
    partial = path.with_name(path.name + ".tmp")
    with partial.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    sync_folder(path.parent)


def _read_base(file: Path) -> Base:
    try:
        return Base.model_validate_json(file.read_text(encoding="utf-8"))
    except (OSError, ValidationError) as error:
        raise BackupError(f"{file} cannot be read: {error}. Move its folder away to go on without it.") from None

"""What can run out on the machine of a process: room on disks, the age of the last backup, days of certificates."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509

from services.core.settings import Settings

LAST_BACKUP = "last-backup.json"
"""Written by `enermon backup` when a backup is whole and verified: {"finished": time, "path": …, "verified": true}."""


@dataclass(frozen=True, slots=True)
class DiskRoom:
    """Bytes on the file system of a path: those that this user may still write, and all of them."""

    path: Path
    free_bytes: int
    size_bytes: int


def rooms(settings: Settings) -> list[DiskRoom]:
    """Room where this process, by its settings, has something to write; of each file system that is there once."""
    found: dict[int, DiskRoom] = {}
    head = settings.seal_head_file
    for path in (settings.home, settings.backup_dir, None if head is None else head.parent):
        if path is not None and path.exists():
            told = os.statvfs(path)
            room = DiskRoom(path.absolute(), told.f_bavail * told.f_frsize, told.f_blocks * told.f_frsize)
            found.setdefault(path.stat().st_dev, room)
    return list(found.values())


class BackupNoteError(Exception):
    """The note of the last backup cannot be read; the message says which file, and why."""


def last_backup(folder: Path) -> datetime | None:
    """When the last verified backup in the folder was finished; None: none was. Raises BackupNoteError."""
    file = folder / LAST_BACKUP
    try:
        told = json.loads(file.read_bytes())
        finished = datetime.fromisoformat(told["finished"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BackupNoteError(f"{file}: {type(error).__name__}: {error}") from None
    if finished.tzinfo is None:
        raise BackupNoteError(f"{file}: the time {told['finished']!r} has no offset from UTC")
    return finished if told.get("verified") is True else None


@dataclass(frozen=True, slots=True)
class CertificateEnd:
    """Until when the certificate in a file is good; `fault` where that cannot be read."""

    file: Path
    ends: datetime | None
    fault: str = ""


def certificate_ends(settings: Settings) -> list[CertificateEnd]:
    """Of the certificates that this process sees: those of the private CA and of the broker, and given ones."""
    own = [settings.ca_folder / name for name in ("ca.pem", "server.pem")]
    given = [settings.necc_tls_certificate, settings.mqtt_tls_certificate]
    files: Sequence[Path] = [*(file for file in own if _is_there(file)), *(file for file in given if file is not None)]
    return [_end_of(file) for file in files]


def _is_there(file: Path) -> bool:
    try:
        return file.exists()
    except OSError:
        return False


def _end_of(file: Path) -> CertificateEnd:
    try:
        read = x509.load_pem_x509_certificates(file.read_bytes())
    except (OSError, ValueError) as error:
        return CertificateEnd(file, None, f"{type(error).__name__}: {error}")
    return CertificateEnd(file, min(each.not_valid_after_utc for each in read))

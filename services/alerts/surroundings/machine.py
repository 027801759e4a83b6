"""Looks at disks, the last backup and certificates. The limits are those of the rules in deploy/monitoring."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from services.alerts.surroundings.tried import TriedThing
from services.core.host import BackupNoteError, certificate_ends, last_backup, rooms
from services.core.settings import Settings

LOW, NEARLY_FULL = 0.15, 0.05
OLD = timedelta(hours=26)
SOON = timedelta(days=21)


def try_disks(settings: Settings) -> Iterator[TriedThing]:
    """Each disk on which this process, by its settings, has something to write."""
    for room in rooms(settings):
        free = room.free_bytes / max(1, room.size_bytes)
        found = f"{free:.0%} free of {room.size_bytes / 1e9:.0f} GB at {room.path}"
        if free >= LOW:
            yield TriedThing("ok", "disk", found)
        else:
            yield TriedThing("warn" if free >= NEARLY_FULL else "fail", "disk", found, "see docs/runbook/disk-low.md")


def try_backup(settings: Settings, *, now: datetime) -> TriedThing:
    """How old the last verified backup is."""
    mend = "see docs/runbook/backup-old.md"
    if settings.backup_dir is None:
        return TriedThing("warn", "backup", "nobody says where backups are", "set ENERMON_BACKUP_DIR")
    try:
        finished = last_backup(settings.backup_dir)
    except BackupNoteError as error:
        return TriedThing("fail", "backup", str(error), mend)
    if finished is None:
        return TriedThing("fail", "backup", f"no verified one in {settings.backup_dir}", mend)
    found = f"verified {finished.isoformat(timespec='minutes')}, {(now - finished) / timedelta(hours=1):.1f} hours ago"
    return TriedThing("ok", "backup", found) if now - finished <= OLD else TriedThing("fail", "backup", found, mend)


def try_certificates(settings: Settings, *, now: datetime) -> Iterator[TriedThing]:
    """Until when each certificate is good that these settings name."""
    mend = "see docs/runbook/certificate-ends.md"
    for each in certificate_ends(settings):
        if each.ends is None:
            yield TriedThing("fail", "certificate", f"{each.file}: {each.fault}", mend)
            continue
        found = f"{each.file} is good for {(each.ends - now).days} days"
        if each.ends - now >= SOON:
            yield TriedThing("ok", "certificate", found)
        elif each.ends > now:
            yield TriedThing("warn", "certificate", found, mend)
        else:
            yield TriedThing("fail", "certificate", f"{each.file} has ended at {each.ends.isoformat()}", mend)

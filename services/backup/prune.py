"""What of a folder of backups is let go: bases before the newest ones, and the WAL that only they need."""

import shutil
from dataclasses import dataclass

from services.backup.folder import BackupFolder
from services.backup.stored import plain_name
from services.backup.wal import PARTIAL, SEGMENT, segment_number


@dataclass(frozen=True)
class Pruned:
    """How much was let go."""

    bases: int
    segments: int


def prune(folder: BackupFolder, *, keep: int) -> Pruned:
    """Keep the newest ``keep`` base backups, and what is needed from the oldest of them on. Raises BackupError.

    A killed one leaves nothing that looks whole: `base.json` goes first.
    """
    bases = folder.bases()
    old, kept = bases[:-keep], bases[-keep:]
    for place, _ in old:
        (place / "base.json").unlink()
        shutil.rmtree(place)
    if not kept:
        return Pruned(0, 0)
    oldest = kept[0][1]
    first = segment_number(oldest.start_segment, oldest.segment_bytes)
    segments = 0
    for file in folder.wal.iterdir():
        name = plain_name(file.name).removesuffix(PARTIAL)
        if SEGMENT.fullmatch(name) and segment_number(name, oldest.segment_bytes) < first:
            file.unlink()
            segments += 1
    return Pruned(len(old), segments)

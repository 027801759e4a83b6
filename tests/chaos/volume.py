"""A small disk of its own for the database, which can be filled. Needs root: it is mounted."""

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MKFS = shutil.which("mkfs.ext4", path="/usr/sbin:/sbin:/usr/bin")


@dataclass(frozen=True)
class Volume:
    """folder: on the small disk, or, where none could be mounted, an ordinary one with the reason in `lacks`."""

    folder: Path
    lacks: str = ""

    @property
    def _ballast(self) -> Path:
        return self.folder / "ballast"

    def fill(self) -> None:
        """Leave no byte free."""
        status = os.statvfs(self.folder)
        size = status.f_bavail * status.f_frsize
        with self._ballast.open("wb") as file:
            while size >= status.f_frsize:
                try:
                    os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, size)
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    size //= 2

    def free(self) -> None:
        """Give the room back."""
        self._ballast.unlink()


@contextmanager
def small_disk(folder: Path, *, size_mb: int, in_memory: bool) -> Iterator[Volume]:
    """A disk of this size, mounted in a folder below `folder`: in memory (tmpfs), or ext4 in a file, which is a real
    disk but takes a while to be given back.
    """
    place = folder / "volume"
    place.mkdir()
    image = folder / "volume.img"
    if os.geteuid() != 0 or not (in_memory or MKFS):
        yield Volume(place, "a disk that can be filled needs root and mkfs.ext4")
        return
    if in_memory:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size_mb}m", "enermon-chaos", str(place)]
    else:
        with image.open("wb") as file:
            file.truncate(size_mb * 1_000_000)
        subprocess.run([str(MKFS), "-q", "-m", "0", "-F", str(image)], check=True)
        mount = ["mount", "-o", "loop", str(image), str(place)]
    mounted = subprocess.run(mount, check=False, capture_output=True, text=True)
    if mounted.returncode:
        yield Volume(place, f"a disk that can be filled needs to be mounted: {mounted.stderr.strip()}")
        return
    try:
        yield Volume(place)
    finally:
        subprocess.run(["umount", str(place)], check=True)
        image.unlink(missing_ok=True)

"""Secrets that stand in files, as Docker's and Kubernetes' do, and are nobody else's to read."""

import errno
import os
import stat
from pathlib import Path

MOUNTED = Path("/run/secrets")
"""Where a container finds the secrets given to it, alone: there the mode is the affair of who runs the containers."""
_OTHERS_MAY = stat.S_IROTH | stat.S_IWOTH


def read_secret_file(file: Path) -> bytes:
    """The bytes of a file. Raises PermissionError where others on the machine may read or write it, and OSError."""
    with file.open("rb") as opened:
        if os.fstat(opened.fileno()).st_mode & _OTHERS_MAY and not file.absolute().is_relative_to(MOUNTED):
            mend = f"others may read or write it, and it holds a secret: chmod o-rwx {file}"
            raise PermissionError(errno.EACCES, mend, str(file))
        return opened.read()

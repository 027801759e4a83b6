"""Create the secrets that are missing, each 256 random bits in hexadecimal. What exists is left as it is.

Readable by their owner and its group only: services of other images read them as members of that group.
"""

import os
import secrets
import sys
from pathlib import Path

MODE = 0o440


def create(path: Path) -> bool:
    """Create one secret, whole or not at all; False if it exists. Raises OSError."""
    if path.exists():
        return False
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE), "w") as file:
        file.write(secrets.token_hex(32))
        os.fchmod(file.fileno(), MODE)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
    return True


def main(paths: list[str]) -> None:
    """Say what became of each."""
    for path in map(Path, paths):
        print(f"{path}: {'created' if create(path) else 'kept'}")


if __name__ == "__main__":
    main(sys.argv[1:])

"""Files of a backup: compressed by gzip, and encrypted by age where a recipient is named.

Both are formats that other tools read: `age -d -i KEY FILE | gunzip`.
"""

import gzip
import hashlib
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol, cast

import pyrage

from services.backup.errors import BackupError

COMPRESSED, ENCRYPTED = ".gz", ".age"
BLOCK_BYTES = 1 << 20
_LEVEL = 1


class Bytes(Protocol):
    """What bytes are read from."""

    def read(self, size: int = -1, /) -> bytes: ...


def recipients(names: Sequence[str]) -> list[pyrage.x25519.Recipient]:
    """The recipients (`age1…`) that can read what is stored. Raises BackupError."""
    try:
        return [pyrage.x25519.Recipient.from_str(name) for name in names]
    except pyrage.RecipientError as error:
        raise BackupError(
            f"ENERMON_BACKUP_RECIPIENTS: {error}; it takes public keys of age (age1…), between commas. "
            "`enermon backup-key FILE` makes a key."
        ) from None


def identities(file: Path | None) -> list[pyrage.x25519.Identity]:
    """The keys (`AGE-SECRET-KEY-1…`) in a file, a line each; none without a file. Raises BackupError."""
    if file is None:
        return []
    try:
        lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
        found = [pyrage.x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
    except (OSError, UnicodeDecodeError, pyrage.IdentityError) as error:
        raise BackupError(f"{file} cannot be read as a key of age: {error}") from None
    if not found:
        raise BackupError(f"{file} holds no key of age (a line AGE-SECRET-KEY-1…)")
    return found


class _Hashed:
    """A file that is written, and the digest of what was."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._digest, self.name = file, hashlib.sha256(), file.name

    def write(self, block: bytes) -> int:
        self._digest.update(block)
        return self._file.write(block)

    def flush(self) -> None:
        self._file.flush()

    def hexdigest(self) -> str:
        return self._digest.hexdigest()


@contextmanager
def stored(path: Path, to: Sequence[pyrage.x25519.Recipient]) -> Iterator[IO[bytes]]:
    """A file to write, which stands under its name when it is whole, on the disk and reads as it was written.

    Else nothing stands there. ``path`` is named without the endings, see `stored_name`. Raises BackupError.
    """
    whole = path.with_name(stored_name(path.name, encrypted=bool(to)))
    partial = whole.with_name(whole.name + ".tmp")
    try:
        with partial.open("wb") as file:
            hashed = _Hashed(file)
            with _encrypted(hashed, to) as sink, gzip.GzipFile("", "wb", _LEVEL, sink, mtime=0) as packed:
                yield cast(IO[bytes], packed)
            file.flush()
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)  # so that the disk is asked, not the memory
        if digest_of(partial) != hashed.hexdigest():
            raise BackupError(f"{whole} does not read as it was written: look at its disk")
        partial.replace(whole)
        sync_folder(path.parent)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def opened(path: Path, keys: Sequence[pyrage.x25519.Identity]) -> Iterator[Bytes]:
    """What was stored, to be read from its begin to its end. Raises BackupError where no key fits, or it is damaged."""
    with path.open("rb") as file, _decrypted(file, path, keys) as source, gzip.GzipFile(fileobj=source) as unpacked:
        try:
            yield unpacked
        except (EOFError, gzip.BadGzipFile, OSError) as error:
            raise BackupError(f"{path} is damaged or cut short: {error}") from error


def stored_name(name: str, *, encrypted: bool) -> str:
    """The name with its endings."""
    return name + COMPRESSED + (ENCRYPTED if encrypted else "")


def plain_name(name: str) -> str:
    """The name without them."""
    return name.removesuffix(ENCRYPTED).removesuffix(COMPRESSED)


def digest_of(path: Path) -> str:
    """SHA-256 of a file as it stands on the disk, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync_folder(folder: Path) -> None:
    """Let the names in a folder outlast a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _encrypted(file: _Hashed, to: Sequence[pyrage.x25519.Recipient]) -> Iterator[IO[bytes]]:
    if not to:
        yield cast(IO[bytes], file)
        return
    reading, writing = os.pipe()
    faults: list[Exception] = []

    def encrypt() -> None:
        with os.fdopen(reading, "rb") as source:
            try:
                pyrage.encrypt_io(source, cast(IO[bytes], file), list(to))
            except Exception as error:  # noqa: BLE001  raised in the thread that writes
                faults.append(error)

    thread = threading.Thread(target=encrypt, name="encrypt")
    thread.start()
    try:
        with os.fdopen(writing, "wb") as sink:
            yield sink
    except BrokenPipeError:
        if not faults:
            raise
    finally:
        thread.join()
    if faults:
        raise BackupError(f"{file.name} could not be encrypted: {faults[0]}") from faults[0]


@contextmanager
def _decrypted(file: IO[bytes], path: Path, keys: Sequence[pyrage.x25519.Identity]) -> Iterator[IO[bytes]]:
    if path.suffix != ENCRYPTED:
        yield file
        return
    if not keys:
        raise BackupError(f"{path} is encrypted: name the file with its key by --key")
    reading, writing = os.pipe()
    faults: list[Exception] = []

    def decrypt() -> None:
        with os.fdopen(writing, "wb") as sink:
            try:
                pyrage.decrypt_io(file, sink, list(keys))
            except Exception as error:  # noqa: BLE001  raised in the thread that reads
                faults.append(error)

    thread = threading.Thread(target=decrypt, name="decrypt")
    thread.start()
    try:
        with os.fdopen(reading, "rb") as source:
            yield source
    finally:
        thread.join()
        # Why it ended is told before what its end led to; that nobody reads on is no fault.
        if faults and "broken pipe" not in str(faults[0]).lower():
            raise BackupError(f"{path} could not be decrypted: {faults[0]}") from faults[0]

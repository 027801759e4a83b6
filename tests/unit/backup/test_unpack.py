"""Secrets are taken out of an archive by any Python 3.11, and nothing leads out of the folder."""

import gzip
import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from services.backup.unpack import receive, unpack_secrets


def archive(*members: tuple[str, bytes | None]) -> bytes:
    """A tar of files, and of folders where there are no bytes."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as tar:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.type, member.mode = (tarfile.DIRTYPE, 0o755) if content is None else (tarfile.REGTYPE, 0o644)
            member.size = len(content or b"")
            tar.addfile(member, None if content is None else io.BytesIO(content))
    return written.getvalue()


@pytest.fixture(params=["newest", "3.11.2"])
def python(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The Python in use, or as that of Debian 12 is, which has no filters."""
    if request.param != "newest":
        monkeypatch.delattr(tarfile, "data_filter")
    return str(request.param)


def test_secrets_and_files_are_taken_out(python: str, tmp_path: Path) -> None:
    place, into = tmp_path / python, tmp_path / "into"
    place.mkdir()
    (place / "secrets.tar.gz").write_bytes(gzip.compress(archive(("ca", None), ("ca/key", b"1"), ("password", b"2"))))
    into.mkdir()
    assert unpack_secrets(place, [], into)
    assert ((into / "ca/key").read_bytes(), (into / "password").read_bytes()) == (b"1", b"2")
    source = io.BytesIO(archive((".", None), ("base", None), ("base/1", b"34")))
    arrived = receive(source, expected=2, place=into)
    assert arrived.files == {"base/1": (2, hashlib.sha256(b"34").hexdigest())}
    assert (into / "base").is_dir()


def test_nothing_leads_out_of_the_folder(python: str, tmp_path: Path) -> None:
    place, into = tmp_path / python, tmp_path / "into"
    place.mkdir()
    (place / "secrets.tar.gz").write_bytes(gzip.compress(archive(("../out", b"1"))))
    into.mkdir()
    with pytest.raises(tarfile.TarError):
        unpack_secrets(place, [], into)
    assert not (tmp_path / "out").exists()

"""The files of the console as browsers get them: each address names the digest of all, so none is ever out of date."""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock

MEDIA_TYPES: Mapping[str, str] = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
}
"""The kinds of file that are sent. Pages and templates lie in the folder too, and are not."""

_DIGEST_BYTES = 10
_OF_THE_FOLDER = "{digest}"


@dataclass(frozen=True, slots=True)
class WebFile:
    """A file as it is sent."""

    content: bytes
    zipped: bytes
    """The same, by gzip."""
    media_type: str


class WebFiles:
    """The files of a folder as they were at one moment."""

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        """`contents`: what is in each file, by its path in the folder."""
        self._contents = contents
        digest = hashlib.blake2b(digest_size=_DIGEST_BYTES)
        for name, content in sorted(contents.items()):
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
        self.digest = digest.hexdigest()
        """Of all of them: whichever changes, every address is a new one."""
        self._sent: dict[str, WebFile] = {}

    def file(self, name: str) -> WebFile | None:
        """The file of this path; None where there is none that is sent, whatever else lies there or above."""
        media_type = MEDIA_TYPES.get(Path(name).suffix)
        content = self._contents.get(name)
        if media_type is None or content is None:
            return None
        if name not in self._sent:
            self._sent[name] = WebFile(content, gzip.compress(content, mtime=0), media_type)
        return self._sent[name]

    def page(self, name: str) -> str:
        """A page, with the digest in the addresses of its files."""
        return self._contents[name].decode("utf-8").replace(_OF_THE_FOLDER, self.digest)


class WebFolder:
    """A folder of files, read when it is first asked for and again when one of them has changed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = Lock()
        self._seen: dict[str, tuple[int, int]] = {}
        self._files = WebFiles({})

    def files(self, digest: str | None = None) -> WebFiles:
        """The files as they are now; as they were when last read, where that is the `digest` asked for."""
        if digest == self._files.digest:
            return self._files
        seen = {
            path.relative_to(self.path).as_posix(): (status.st_mtime_ns, status.st_size)
            for path in self.path.rglob("*")
            if path.is_file()
            for status in (path.stat(),)
        }
        with self._lock:
            if seen != self._seen:
                self._files = WebFiles({name: (self.path / name).read_bytes() for name in seen})
                self._seen = seen
            return self._files


@cache
def web_folder() -> WebFolder:
    """The console's folder."""
    return WebFolder(Path(__file__).parent / "web")


def digest() -> str:
    """That of the console's files as they are now."""
    return web_folder().files().digest

"""The files of the console as browsers get them: each address names the digest of all, so none is ever out of date."""

import gzip
import hashlib
import posixpath
import re
from collections.abc import Iterable, Mapping
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
_MODULES = "{modules}"
_VIEW = re.compile(r'path: "([^"]+)".*import\("\./(views/[^"]+)"\)')
_IMPORTED = re.compile(r'\bfrom "(\.{1,2}/[^"]+)"')


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
        self._pages: dict[tuple[str, ...], str] = {}

    def file(self, name: str) -> WebFile | None:
        """The file of this path; None where there is none that is sent, whatever else lies there or above."""
        media_type = MEDIA_TYPES.get(Path(name).suffix)
        content = self._contents.get(name)
        if media_type is None or content is None:
            return None
        if name not in self._sent:
            self._sent[name] = WebFile(content, gzip.compress(content, mtime=0), media_type)
        return self._sent[name]

    def page(self, name: str, modules: Iterable[str] = ()) -> str:
        """A page, with the digest in the addresses of its files.

        What these modules import is named in it, so that a browser fetches all of it at once and not level by level.
        """
        key = (name, *modules)
        if key not in self._pages:
            needed = "\n".join(
                f'<link rel="modulepreload" href="/web/{_OF_THE_FOLDER}/{each}">' for each in self.imported(key[1:])
            )
            text = self._contents[name].decode("utf-8").replace(_MODULES, needed)
            self._pages[key] = text.replace(_OF_THE_FOLDER, self.digest)
        return self._pages[key]

    def imported(self, modules: Iterable[str]) -> list[str]:
        """These modules and all that they import, however far down, in the order in which they are met."""
        found, waiting = [], list(modules)
        while waiting:
            module = waiting.pop(0)
            if module in found or module not in self._contents:
                continue
            found.append(module)
            folder = posixpath.dirname(module)
            named = _IMPORTED.findall(self._contents[module].decode("utf-8"))
            waiting += [posixpath.normpath(posixpath.join(folder, each)) for each in named]
        return found

    def views_at(self, path: str) -> list[str]:
        """The modules of the views below the first part of a path of the console, as views.js declares them."""
        first = path.strip("/").split("/")[0]
        declared = _VIEW.findall(self._contents.get("views.js", b"").decode("utf-8"))
        return [module for at, module in declared if at.strip("/").split("/")[0] == first]


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

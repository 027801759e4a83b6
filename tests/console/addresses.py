"""Where each view of the console is looked at."""

import re
from collections.abc import Mapping
from pathlib import Path

WEB = Path(__file__).parents[2] / "services/api/web"
_DECLARED = re.compile(r'\{ name: "(\w+)", path: "([^"]+)"')


def declared() -> Mapping[str, str]:
    """The path of each view that has its file, as views.js declares it."""
    found = dict(_DECLARED.findall((WEB / "views.js").read_text("utf-8")))
    return {name: path for name, path in found.items() if (WEB / "views" / f"{name}.js").is_file()}


def address_of(path: str, given: Mapping[str, str]) -> str:
    """A path with what is `given` for its names; what need not stand there is left out where it is not."""

    def put(found: re.Match[str]) -> str:
        name, may_lack = found[1], bool(found[2])
        return f"/{given[name]}" if name in given or not may_lack else ""

    return re.sub(r"/:(\w+)(\?)?", put, path) or "/"

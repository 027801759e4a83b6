"""What import-linter does not see of the pure modules: they read no clock, and none that says it is pure is left out.

The time is a parameter there.
"""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
PURE: list[str] = next(contract["source_modules"] for contract in CONTRACTS if contract["name"].startswith("Pure"))
CLOCKS = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("time", "time_ns"),
    ("time", "monotonic"),
    ("time", "monotonic_ns"),
    ("time", "perf_counter"),
}


def files_of(module: str) -> list[Path]:
    """The file of a module; of a package those of all it contains."""
    path = ROOT / module.replace(".", "/")
    return sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]


def clocks_read(source: str) -> Iterator[str]:
    """What in the text of a module reads a clock, as line and name."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            owner = ast.unparse(node.value).rpartition(".")[2]
            if (owner, node.attr) in CLOCKS or node.attr == "utc_now":
                yield f"{node.lineno}: {owner}.{node.attr}"
        elif isinstance(node, ast.ImportFrom):
            for name in node.names:
                if (node.module, name.name) in CLOCKS or name.name == "utc_now":
                    yield f"{node.lineno}: {node.module}.{name.name}"


def says_pure(source: str) -> bool:
    """Whether the docstring of a module says that it is pure."""
    return re.search(r"\bPure\b", ast.get_docstring(ast.parse(source)) or "") is not None


def test_what_says_it_is_pure_is_held_to_it() -> None:
    held = {file for module in PURE for file in files_of(module)}
    pure = {file for file in (ROOT / "services").rglob("*.py") if says_pure(file.read_text("utf-8"))}
    assert pure
    assert [file.relative_to(ROOT).as_posix() for file in sorted(pure - held)] == []


@pytest.mark.parametrize("module", PURE)
def test_pure_module_reads_no_clock(module: str) -> None:
    files = files_of(module)
    assert files
    found = {file.name: clocks for file in files if (clocks := list(clocks_read(file.read_text("utf-8"))))}
    assert found == {}


@pytest.mark.parametrize(
    "source",
    [
        "import datetime\nat = datetime.datetime.now(datetime.UTC)",
        "from datetime import datetime\nat = datetime.utcnow()",
        "from datetime import date\nfirst = min(date.today(), last)",
        "import time\nread = time.time",
        "from time import monotonic",
        "from services.core.clock import utc_now",
        "from services.core import clock\nat = clock.utc_now()",
    ],
)
def test_clock_is_seen_however_it_is_read(source: str) -> None:
    assert list(clocks_read(source))


def test_time_that_is_given_is_no_clock() -> None:
    assert not list(clocks_read("def due(now: datetime) -> date:\n    return now.date() - timedelta(days=1)"))

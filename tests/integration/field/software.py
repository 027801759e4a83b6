"""Software of others, as a plant runs it, with what docs/recipes gives to paste."""

import os
import re
import shutil
import signal
import subprocess
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

RECIPES = Path(__file__).parents[3] / "docs/recipes"
HOME = Path(os.environ.get("ENERMON_HOME", ".enermon"))


def demanded(what: str, place: Path | str) -> str:
    """Where a program is, by its file or by its name. Skips, and says so, where it is not there."""
    found = place if Path(place).is_file() else shutil.which(place, path=f"{os.environ['PATH']}:/usr/sbin")
    if found:
        return str(Path(found).resolve())
    reason = f"NOT CHECKED: {what} is not installed here"
    warnings.warn(reason, stacklevel=2)
    pytest.skip(reason)


def recipe(name: str, put: Mapping[str, str]) -> str:
    """A file of docs/recipes, with what is the plant's own put in. Raises AssertionError where it has no such part."""
    text = (RECIPES / name).read_text("utf-8")
    for old, new in put.items():
        assert old in text, f"{name} has no {old!r}"
        text = text.replace(old, new)
    return text


class Program:
    """Runs, with its output in a file."""

    def __init__(self, argv: Sequence[str], log: Path, environment: Mapping[str, str]) -> None:
        self._log = log
        with log.open("ab") as file:
            self._process = subprocess.Popen(
                argv, env=os.environ | environment, stdin=subprocess.DEVNULL, stdout=file, stderr=file
            )

    def said(self) -> list[str]:
        """Its output."""
        return self._log.read_text("utf-8", "replace").splitlines()

    def says(self, pattern: str) -> bool:
        """Whether a line of its output has this. Raises AssertionError where it has ended."""
        assert self._process.poll() is None, "\n".join(self.said())
        return any(re.search(pattern, line) for line in self.said())

    def end(self, sent: signal.Signals = signal.SIGKILL) -> None:
        """Send the signal, and wait until it has ended."""
        self._process.send_signal(sent)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def program(argv: Sequence[str], log: Path, **environment: str) -> Iterator[Program]:
    """Started, and killed at the end."""
    started = Program(argv, log, environment)
    try:
        yield started
    finally:
        started.end()

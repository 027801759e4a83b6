"""Clients generated from the OpenAPI document, in processes of their own: what makes them has needs of its own.

Their environment is made once, in `generators` of ENERMON_HOME, from `generators.txt`.
"""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.clients.story import Call, Json

HERE = Path(__file__).parent
PINS = HERE / "generators.txt"
TIMEOUT_S = 240


def generators(home: Path) -> Path:
    """The folder with the generators' commands. Skips the test, and says so, where they cannot be installed."""
    place = home / "generators"
    stamp = place / "installed.txt"
    if not stamp.exists() or stamp.read_text("utf-8") != PINS.read_text("utf-8"):
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(place)], check=True)
        command = [str(place / "bin" / "pip"), "install", "--quiet", "--requirement", str(PINS)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
        if done.returncode != 0:
            pytest.skip(f"CLIENTS NOT TESTED: their generators cannot be installed: {done.stderr.strip()[-500:]}")
        stamp.write_text(PINS.read_text("utf-8"), "utf-8")
    return place / "bin"


def generate(bin_folder: Path, command: str, *arguments: str | Path) -> str:
    """Run a generator, and give what it says."""
    environment = os.environ | {"PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [bin_folder / command, *arguments],
        capture_output=True,
        text=True,
        env=environment,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


class GeneratedAsker:
    """Asks through a generated client: `driver` calls it, a line of JSON a request and a line an answer."""

    def __init__(
        self, python: Path, driver: str, *arguments: str, cwd: Path, file_of: Callable[[dict[str, str]], bytes]
    ) -> None:
        self._file_of = file_of
        self._process = subprocess.Popen(
            [python, HERE / driver, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            cwd=cwd,
        )

    def ask(self, call: Call) -> Json:
        """The JSON of a good answer that the client has read without a fault."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        file = None if call.file is None else base64.b64encode(self._file_of(call.file)).decode()
        self._process.stdin.write(json.dumps(asdict(call) | {"file": file}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        try:
            answer: dict[str, Any] = json.loads(line)
        except ValueError:
            self._process.stdin.close()
            raise AssertionError(f"{call}: {line}{self._process.stdout.read()}") from None
        assert 200 <= answer["status"] < 300, (call, answer)
        read, sent = answer["read"], answer["sent"]
        assert form(read) == form(sent), (call, read, sent)
        return sent

    def close(self) -> None:
        """End the process."""
        self._process.communicate(timeout=10)


def form(answer: Json) -> Json:
    """Which fields an answer has, at any depth; values apart, which clients write in their own way."""
    if isinstance(answer, dict):
        return {name: form(inner) for name, inner in answer.items()}
    if isinstance(answer, list):
        return [form(inner) for inner in answer]
    return answer is None

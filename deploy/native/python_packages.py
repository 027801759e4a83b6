"""The virtual environment of a checkout, installed from the lock files."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import shutil
import sys
from typing import TYPE_CHECKING

from native.steps import InstallError, run_logged

if TYPE_CHECKING:
    from pathlib import Path

STAMP = "enermon-installed.json"
OFFLINE_ADVICE = (
    "Is the Python package index reachable (pip's settings apply: PIP_INDEX_URL, HTTPS_PROXY)? Then run again."
)


class PythonPackages:
    """What `home`/venv must hold for this checkout, and how it gets there."""

    def __init__(self, *, checkout: Path, home: Path, with_dev: bool) -> None:
        self.checkout = checkout
        self.venv = home / "venv"
        self.log = home / "logs" / "install-python.log"
        self.lock = checkout / ("requirements-dev.lock" if with_dev else "requirements.lock")
        self.with_dev = with_dev

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.venv / "bin" / "python"

    def wanted(self) -> dict[str, str]:
        """Everything that makes an installed environment out of date when it changes."""
        wanted = {
            "python": f"{sys.version_info.major}.{sys.version_info.minor}",
            "checkout": str(self.checkout),
            "pyproject": _digest(self.checkout / "pyproject.toml"),
            "requirements": _digest(self.checkout / "requirements.lock"),
        }
        if self.with_dev:
            wanted["requirements-dev"] = _digest(self.checkout / "requirements-dev.lock")
        return wanted

    def present(self) -> bool:
        """True when the environment was installed from exactly these files; packages for tests may be there as well."""
        if not self.python.exists():
            return False
        try:
            stamped = json.loads((self.venv / STAMP).read_text())
        except (FileNotFoundError, ValueError):
            return False
        return all(stamped.get(key) == value for key, value in self.wanted().items())

    def needs_system_package(self) -> bool:
        """True on Debian and Ubuntu without python3-venv, where ``python3 -m venv`` cannot install pip."""
        return importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None

    def install(self) -> None:
        """Make the environment anew if its Python differs, then install lock and checkout. Raises InstallError."""
        (self.venv / STAMP).unlink(missing_ok=True)
        if not self._interpreter_works():
            shutil.rmtree(self.venv, ignore_errors=True)
            run_logged(
                [sys.executable, "-m", "venv", self.venv],
                log=self.log,
                advice="On Debian and Ubuntu: apt install python3-venv",
            )
        pip: list[str | Path] = [
            self.python,
            "-m",
            "pip",
            "install",
            "--disable-pip-version-check",
            "--no-input",
            "--progress-bar",
            "off",
        ]
        run_logged([*pip, "--require-hashes", "-r", self.lock], log=self.log, advice=OFFLINE_ADVICE)
        run_logged(
            [*pip, "--no-deps", "--no-build-isolation", "-e", self.checkout],
            log=self.log,
            advice="Is the checkout writable by this user? The install leaves a folder enermon.egg-info in it.",
        )
        (self.venv / STAMP).write_text(json.dumps(self.wanted(), indent=2) + "\n")

    def _interpreter_works(self) -> bool:
        config = self.venv / "pyvenv.cfg"
        if not self.python.exists() or not config.exists():
            return False
        wanted = f"version = {sys.version_info.major}.{sys.version_info.minor}."
        return wanted in config.read_text() and (self.venv / "bin" / "pip").exists()


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError as error:
        raise InstallError(f"{path} is missing: this must run in a whole checkout of the project") from error

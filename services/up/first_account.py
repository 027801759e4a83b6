"""The first accounts of an installation: made at its first start, by the command for operators."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from services.up.errors import StartError
from services.up.home import Home

_WITHIN_S = 600.0
"""As long as migrations: on a machine that is busy the command alone takes a minute to begin."""
_TICK_S = 0.2


@dataclass(frozen=True)
class FirstAccount:
    """An account that was made just now, with its password, which is kept nowhere."""

    name: str
    password: str


def first_administrator(
    home: Home, env: Mapping[str, str], check: Callable[[], None] = lambda: None
) -> FirstAccount | None:
    """See to it that there is an administrator, and a key of one in `home`; None where there was one before.

    `env` is what the parts are told; `check` is called while waiting and may raise to give up. Raises StartError.
    """
    done = _account(env, check, "first", "--key-file", str(home.administrator_key_file))
    if not done.strip():
        return None
    made = json.loads(done)
    return FirstAccount(made["account"], made["password"])


def demonstration_accounts(home: Home, env: Mapping[str, str], check: Callable[[], None] = lambda: None) -> None:
    """See to it that the simulated region has accounts of each role, whose keys are in `home`. Raises StartError."""
    _account(env, check, "demonstration", "--folder", str(home.secrets))


def _account(env: Mapping[str, str], check: Callable[[], None], *words: str) -> str:
    """What `enermon account` prints. Raises StartError."""
    command = [str(Path(sys.executable).with_name("enermon")), "account", *words]
    try:
        with subprocess.Popen(  # noqa: S603 - our own command
            command, env=env, encoding="utf-8", stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as running:
            try:
                said, fault = _wait(running, check)
            finally:
                running.kill()
    except OSError as error:
        raise StartError("no_administrator", f"The first accounts could not be made: {error}.") from error
    if running.returncode != 0:
        raise StartError("no_administrator", f"The first accounts could not be made:\n{fault.strip()}")
    return said


def _wait(running: subprocess.Popen[str], check: Callable[[], None]) -> tuple[str, str]:
    """What it says, once it has ended."""
    deadline = time.monotonic() + _WITHIN_S
    while True:
        check()
        try:
            return running.communicate(timeout=_TICK_S)
        except subprocess.TimeoutExpired:
            if time.monotonic() > deadline:
                raise StartError(
                    "no_administrator", f"The first accounts were not made within {_WITHIN_S:.0f} s: is a table locked?"
                ) from None

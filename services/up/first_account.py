"""The first accounts of an installation: made at its first start, by the command for operators."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from services.up.errors import StartError
from services.up.home import Home

_WITHIN_S = 60.0


@dataclass(frozen=True)
class FirstAccount:
    """An account that was made just now, with its password, which is kept nowhere."""

    name: str
    password: str


def first_administrator(home: Home, env: Mapping[str, str]) -> FirstAccount | None:
    """See to it that there is an administrator, and a key of one in `home`; None where there was one before.

    `env` is what the parts are told. Raises StartError.
    """
    done = _account(env, "first", "--key-file", str(home.administrator_key_file))
    if not done.strip():
        return None
    made = json.loads(done)
    return FirstAccount(made["account"], made["password"])


def demonstration_accounts(home: Home, env: Mapping[str, str]) -> None:
    """See to it that the simulated region has accounts of each role, whose keys are in `home`. Raises StartError."""
    _account(env, "demonstration", "--folder", str(home.secrets))


def _account(env: Mapping[str, str], *words: str) -> str:
    """What `enermon account` prints. Raises StartError."""
    command = [str(Path(sys.executable).with_name("enermon")), "account", *words]
    try:
        done = subprocess.run(  # noqa: S603 - our own command
            command, env=env, capture_output=True, encoding="utf-8", timeout=_WITHIN_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StartError("no_administrator", f"The first accounts could not be made: {error}.") from error
    if done.returncode != 0:
        raise StartError("no_administrator", f"The first accounts could not be made:\n{done.stderr.strip()}")
    return done.stdout

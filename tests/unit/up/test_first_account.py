"""The command that makes the first accounts is waited for while it works, and given up when the user wants it."""

import sys
from pathlib import Path

import pytest

from services.up import first_account
from services.up.errors import StartError, StopRequested
from services.up.first_account import demonstration_accounts, first_administrator
from services.up.home import Home


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands for `enermon`: each test writes what it does."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    return tmp_path / "enermon"


def does(command: Path, *lines: str) -> None:
    command.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    command.chmod(0o755)


def test_a_slow_one_is_waited_for_and_looked_at_meanwhile(command: Path) -> None:
    looks: list[int] = []
    does(command, "sleep 0.7", """echo '{"account": "admin", "password": "p"}'""")
    made = first_administrator(Home(command.parent), {}, lambda: looks.append(1))
    assert made is not None
    assert (made.name, made.password) == ("admin", "p")
    assert len(looks) > 2


def test_one_that_fails_says_why(command: Path) -> None:
    does(command, "echo 'no such table' >&2", "exit 3")
    with pytest.raises(StartError, match="no such table"):
        demonstration_accounts(Home(command.parent), {})
    command.unlink()
    with pytest.raises(StartError, match="No such file"):
        demonstration_accounts(Home(command.parent), {})


def test_one_that_hangs_is_ended_by_the_user_or_at_last(command: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    does(command, "exec sleep 60")

    def stop() -> None:
        raise StopRequested

    with pytest.raises(StopRequested):
        first_administrator(Home(command.parent), {}, stop)
    monkeypatch.setattr(first_account, "_WITHIN_S", 0.3)
    with pytest.raises(StartError, match="is a table locked"):
        first_administrator(Home(command.parent), {})

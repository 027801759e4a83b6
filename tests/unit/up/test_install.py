"""The pure parts of the installation, and that it asks for nothing that is there."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

DEPLOY = Path(__file__).resolve().parents[3] / "deploy"
TARGETS = (
    "http://packages.example.org/debian/\tExample\tbookworm\t$(SIGNED_BY)\n"
    "http://mirror.example.net/debian-security/\tDebian\tbookworm-security\t/usr/share/keyrings/a.gpg\n"
    "http://mirror.example.net/debian/\tDebian\tbookworm\t/usr/share/keyrings/a.gpg\n"
)


@pytest.fixture
def steps() -> Iterator[ModuleType]:
    yield from _module("native.steps")


@pytest.fixture
def timescaledb() -> Iterator[ModuleType]:
    yield from _module("native.timescaledb")


def _module(name: str) -> Iterator[ModuleType]:
    sys.path.insert(0, str(DEPLOY))
    try:
        yield importlib.import_module(name)
    finally:
        sys.path.remove(str(DEPLOY))


def test_source_comes_from_the_mirror_of_the_system_itself(timescaledb: ModuleType) -> None:
    entry = timescaledb.source_entry(TARGETS, codename="bookworm", keyring_exists=lambda _: True)
    assert entry == (
        "Types: deb-src\nURIs: http://mirror.example.net/debian/\nSuites: trixie\nComponents: main\n"
        "Signed-By: /usr/share/keyrings/a.gpg\n"
    )


def test_source_comes_from_the_mirror_that_is_named(timescaledb: ModuleType) -> None:
    entry = timescaledb.source_entry(
        TARGETS, codename="noble", keyring_exists=lambda _: False, mirror="http://debian.example.net/"
    )
    assert entry == "Types: deb-src\nURIs: http://debian.example.net/\nSuites: trixie\nComponents: main\n"


def test_system_without_a_debian_mirror_is_told_to_name_one(timescaledb: ModuleType) -> None:
    with pytest.raises(timescaledb.InstallError, match="ENERMON_DEBIAN_MIRROR"):
        timescaledb.source_entry("", codename="noble", keyring_exists=lambda _: False)


def test_progress_is_weighted_by_what_the_steps_usually_take(steps: ModuleType) -> None:
    done = steps.Step("a", lambda: None, 30, started_at=0.0, ended_at=10.0)
    waiting = steps.Step("b", lambda: None, 10)
    assert steps.percent_done([done, waiting], 10.0) == 75


def test_running_step_never_shows_as_done(steps: ModuleType) -> None:
    running = steps.Step("a", lambda: None, 1, started_at=0.0)
    assert 90 <= steps.percent_done([running], 1000.0) < 100


def test_steps_wait_for_those_before_them(steps: ModuleType) -> None:
    order: list[str] = []
    first = steps.Step("first", lambda: order.append("first"), 1)
    second = steps.Step("second", lambda: order.append("second"), 1, after=[first])
    steps.run_steps([second, first])
    assert order == ["first", "second"]


def test_step_after_a_failed_one_is_not_run(steps: ModuleType) -> None:
    def fail() -> None:
        raise steps.InstallError("no network")

    ran: list[str] = []
    first = steps.Step("first", fail, 1)
    second = steps.Step("second", lambda: ran.append("second"), 1, after=[first])
    with pytest.raises(steps.InstallError, match="no network"):
        steps.run_steps([first, second])
    assert ran == []


def test_failed_command_shows_its_last_lines_and_the_log(steps: ModuleType, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with pytest.raises(steps.InstallError) as error:
        steps.run_logged(["sh", "-c", "echo went wrong; exit 3"], log=log, advice="Try again.")
    assert "exit code 3" in str(error.value)
    assert "    went wrong" in str(error.value)
    assert str(log) in str(error.value)
    assert str(error.value).endswith("Try again.")


def test_locks_name_no_index() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (DEPLOY.parent / name).read_text()
        assert "://" not in text
        assert "--index-url" not in text
        assert "--find-links" not in text

#!/usr/bin/env python3
"""Install what `make up` and `make test` need and is missing. Standard library only, run by the system's Python.

    python3 deploy/bootstrap.py          the venv in ENERMON_HOME, mosquitto, PostgreSQL and TimescaleDB
    python3 deploy/bootstrap.py --dev    the tools of the tests as well, with a browser and Chinese fonts

ENERMON_STORE=native|embedded|auto: embedded installs no system package; auto installs them where it may (root or
sudo without password, on Debian or Ubuntu) and says so where it may not.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import signal
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKOUT = Path(__file__).resolve().parent.parent
OLDEST_PYTHON = (3, 11)


def require_python() -> None:
    """Go on under a newer interpreter of this machine when this one is too old, or say which is needed."""
    if sys.version_info >= OLDEST_PYTHON:
        return
    for name in ("python3.13", "python3.12", "python3.11", "/usr/bin/python3"):
        found = shutil.which(name)
        if found and os.environ.get("ENERMON_BOOTSTRAP_PYTHON") != found:
            os.environ["ENERMON_BOOTSTRAP_PYTHON"] = found
            os.execv(found, [found, *sys.argv])  # noqa: S606
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    sys.exit(f"Enermon needs Python 3.11 or newer; this is Python {version}. Set PYTHON=/path/to/python3.11")


require_python()

from native.debian import Apt, is_debian_like, keep_service_off, root_prefix  # noqa: E402
from native.python_packages import PythonPackages  # noqa: E402
from native.steps import InstallError, Step, run_steps  # noqa: E402
from native.timescaledb import (  # noqa: E402
    BUILD_TOOLS,
    TimescaleBuild,
    majors_with_timescaledb,
    package_name,
    wanted_major,
)


def find_mosquitto() -> str | None:
    """The broker's program, which Debian puts where an ordinary user's PATH does not look."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin")


BROWSER_PACKAGES = ("chromium", "fonts-noto-cjk")


FIELD_PACKAGES = ("collectd-core", "libmodbus5", "libyajl2", "zabbix-agent", "prometheus", "etcd-server")
"""Software of plants, small enough to be tried with each test run (docs/recipes.md); promtool; etcd, for a cell."""


def field_software_present() -> bool:
    """Whether the tests find what they run of it."""
    names = ("collectd", "zabbix_sender", "promtool", "etcd")
    return all(shutil.which(name) or shutil.which(name, path="/usr/sbin") for name in names)


def find_browser() -> str | None:
    """The browser in which the tests look at the console."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class NativeParts:
    """Broker and database as packages of the system, and the steps to what is missing of them."""

    def __init__(self, *, home: Path, need_database: bool, need_broker: bool) -> None:
        self.home = home
        self.log = home / "logs" / "install-packages.log"
        self.broker_missing = need_broker and find_mosquitto() is None
        self.database_missing = need_database and not majors_with_timescaledb()

    @property
    def missing(self) -> str:
        """What is missing, in words; empty when all is there."""
        names = {"mosquitto": self.broker_missing, "PostgreSQL with TimescaleDB": self.database_missing}
        return " and ".join(name for name, is_missing in names.items() if is_missing)

    def steps(self, apt: Apt, *, lists: list[Step], after: list[Step]) -> list[Step]:
        """Steps that install what is missing: fetching may begin after ``lists``, installing after ``after``."""
        server = Step("system packages", lambda: self._install_packages(apt), 35, after=after)
        if not self.database_missing:
            return [server]
        source = Step("TimescaleDB source", lambda: self._fetch_source(apt), 12, after=lists)
        build = Step("TimescaleDB", lambda: self._build(apt), 25, after=[server, source])
        return [server, source, build]

    def _install_packages(self, apt: Apt) -> None:
        packages = ["mosquitto"] if self.broker_missing else []
        if self.database_missing:
            major = wanted_major(apt)
            packages += [f"postgresql-{major}", package_name(apt, major) or " ".join(BUILD_TOOLS)]
        apt.install(*" ".join(packages).split())
        if self.broker_missing:
            keep_service_off("mosquitto", apt.root, self.log)

    def _fetch_source(self, apt: Apt) -> None:
        major = wanted_major(apt)
        if package_name(apt, major) is None:
            build = TimescaleBuild(apt=apt, home=self.home, major=major)
            build.fetch()
            build.fetch_headers()

    def _build(self, apt: Apt) -> None:
        if majors_with_timescaledb():
            return
        build = TimescaleBuild(apt=apt, home=self.home, major=wanted_major(apt))
        apt.install(build.build())
        build.clean()


def plan(*, home: Path, store: str, with_dev: bool) -> list[Step]:
    """Steps to what is missing, none when all is there. Raises InstallError when it may not be installed."""
    python = PythonPackages(checkout=CHECKOUT, home=home, with_dev=with_dev)
    native = NativeParts(
        home=home,
        need_database=store != "embedded" and not os.environ.get("ENERMON_DATABASE_URL"),
        need_broker=store != "embedded" and not os.environ.get("ENERMON_MQTT_URL"),
    )
    python_missing = not python.present()
    venv_package_missing = python_missing and python.needs_system_package()
    browser_missing = with_dev and find_browser() is None
    field_missing = with_dev and not field_software_present()
    if not python_missing and not native.missing and not browser_missing and not field_missing:
        return []

    (home / "logs").mkdir(parents=True, exist_ok=True)
    by_system = native.missing or venv_package_missing or browser_missing or field_missing
    root = root_prefix() if is_debian_like() and by_system else None
    if root is None and venv_package_missing:
        raise InstallError(
            "This Python cannot make virtual environments. Ask an administrator for: apt install python3-venv"
        )
    if root is None and native.missing:
        if store == "native":
            raise InstallError(
                f"{native.missing} must be installed by an administrator (root, or sudo without a password, on "
                "Debian or Ubuntu), or use ENERMON_STORE=embedded."
            )
        print(f"{native.missing}: not installed and may not be installed here; the embedded store is used.", flush=True)

    if root is None and browser_missing:
        print(
            "chromium: not installed and may not be installed here; the tests of the console are skipped.", flush=True
        )
    if root is None and field_missing:
        print(
            "collectd, zabbix-agent, prometheus, etcd: may not be installed here; tests of what lacks are skipped.",
            flush=True,
        )

    steps: list[Step] = []
    first: list[Step] = []  # apt runs one installation at a time: the small one that Python waits for goes first
    if root is not None:
        apt = Apt(root=root, log=native.log)
        lists = Step("package lists", apt.update, 6)
        first = [lists]
        steps.append(lists)
        if venv_package_missing:
            first = [Step("python3-venv", lambda: apt.install("python3-venv"), 8, after=[lists])]
            steps += first
        if native.missing:
            steps += native.steps(apt, lists=[lists], after=first)
        if browser_missing:
            steps.append(Step("chromium", lambda: apt.install(*BROWSER_PACKAGES), 40, after=[*steps]))
        if field_missing:
            steps.append(
                Step(
                    "collectd, zabbix-agent, prometheus, etcd", lambda: install_field_software(apt), 10, after=[*steps]
                )
            )
    if python_missing:
        steps.append(Step("Python packages", python.install, 45, after=first if venv_package_missing else []))
    return steps


def install_field_software(apt: Apt) -> None:
    """What of it this system offers; none of it runs as a service."""
    apt.update()
    offered = [package for package in FIELD_PACKAGES if apt.available(package)]
    if offered:
        apt.install(*offered)
    for package, service in (
        ("collectd-core", "collectd"),
        ("zabbix-agent", "zabbix-agent"),
        ("etcd-server", "etcd"),
        ("prometheus", "prometheus"),
        ("etcd-server", "etcd"),
    ):
        if package in offered:
            keep_service_off(service, apt.root, apt.log)


@contextmanager
def only_installation(home: Path) -> Iterator[None]:
    """Wait until no other installation works in this home."""
    with (home / "install.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"Another installation is at work in {home}; waiting for it", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main() -> int:
    """Install, with a progress line. Exit code 1 and a message when it cannot be done."""
    parser = argparse.ArgumentParser(description="Install what Enermon needs on this machine")
    parser.add_argument("--dev", action="store_true", help="the tools of the tests as well")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    home = Path(os.environ.get("ENERMON_HOME") or CHECKOUT / ".enermon").resolve()
    store = os.environ.get("ENERMON_STORE") or "auto"
    try:
        if store not in ("auto", "native", "embedded"):
            raise InstallError(f"ENERMON_STORE is '{store}'; it can be auto, native or embedded")
        home.mkdir(parents=True, exist_ok=True)
        with only_installation(home):
            run_steps(plan(home=home, store=store, with_dev=arguments.dev))
    except InstallError as error:
        print(f"\nCould not install: {error}", file=sys.stderr)
        return 1
    except PermissionError as error:
        print(f"\nCould not install: {error}. ENERMON_HOME ({home}) must be writable.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped; run it again to continue.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())

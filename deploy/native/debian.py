"""Installing Debian packages beside what is there: nothing is started, nothing of the system's own is changed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from native.steps import InstallError, answer, run_logged

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

POLICY = Path("/usr/sbin/policy-rc.d")
POLICY_TEXT = "#!/bin/sh\n# Enermon is installing packages: nothing is started. Removed at the end.\nexit 101\n"
NO_MAIN_CLUSTER = Path("/etc/postgresql-common/createcluster.d/enermon.conf")
LOCK_WAIT_S = 120
LOCK_MESSAGES = ("Could not get lock", "Unable to acquire the dpkg frontend lock", "Unable to lock directory")
APT_ADVICE = (
    "Mend it (network? package sources? another apt still running?) and run it again, or use ENERMON_STORE=embedded."
)


def is_debian_like() -> bool:
    """True on Debian, Ubuntu and what derives from them."""
    try:
        release = Path("/etc/os-release").read_text()
    except FileNotFoundError:
        return False
    ids = re.findall(r"^ID(?:_LIKE)?=\"?([^\"\n]*)", release, re.MULTILINE)
    return bool({"debian", "ubuntu"} & set(" ".join(ids).split())) and shutil.which("apt-get") is not None


def root_prefix() -> list[str] | None:
    """The words before a command that must run as root: none as root, sudo where it asks no password, else None."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0:  # noqa: S603
        return [sudo, "-n"]
    return None


class Apt:
    """apt-get with root's rights, its output in one log. All methods raise InstallError."""

    def __init__(self, *, root: Sequence[str], log: Path) -> None:
        self.root = list(root)
        self.log = log
        self._updated = False
        self._update_error: InstallError | None = None

    def available(self, package: str) -> bool:
        """True when the system's package sources offer it."""
        return self.candidate(package) is not None

    def candidate(self, package: str) -> str | None:
        """The version that an installation would choose, None where there is none."""
        found = re.search(r"Candidate: (\S+)", answer("apt-cache", "policy", package))
        return found.group(1) if found and found.group(1) != "(none)" else None

    def offered(self, package: str, version: str) -> bool:
        """True when the package sources still offer exactly this version."""
        return answer("apt-cache", "show", f"{package}={version}") != ""

    def installed(self, package: str) -> str | None:
        """The installed version, None when the package is not installed."""
        status, _, version = answer("dpkg-query", "-W", "-f", "${db:Status-Status} ${Version}", package).partition(" ")
        return version.strip() if status == "installed" else None

    def depends(self, package: str) -> list[str]:
        """Names the package depends on."""
        return re.findall(r"^\s*Depends: (\S+)", answer("apt-cache", "depends", package), re.MULTILINE)

    def update(self) -> None:
        """Fetch the package lists once. A source that does not answer matters only if a package is missing for it."""
        if self._updated:
            return
        options = ["Acquire::Retries=1", "Acquire::http::Timeout=20", "Acquire::https::Timeout=20"]
        try:
            self.run(
                "update", *(word for option in [*options, "APT::Update::Error-Mode=any"] for word in ("-o", option))
            )
        except InstallError as error:
            self._update_error = error
        self._updated = True

    def install(self, *packages: str | Path, upgrade: bool = False) -> None:
        """Install packages without starting a service or creating a cluster, and without upgrades unless asked."""
        words = [str(package) for package in packages]
        if not all("/" in word or self.available(word) for word in words):
            self.update()
        missing = [word for word in words if "/" not in word and not self.available(word)]
        if missing and self._update_error:
            raise InstallError(
                f"{', '.join(missing)}: not in the package lists, which could not be fetched: {self._update_error}"
            )
        with services_not_started(self.root, self.log):
            try:
                self._install(words, upgrade=upgrade)
            except InstallError:
                if self._updated:
                    raise
                self.update()  # the lists may have named versions that are gone from the mirror
                self._install(words, upgrade=upgrade)

    def run(self, *words: str) -> None:
        """Run apt-get, waiting for another apt to finish first."""
        deadline = time.monotonic() + LOCK_WAIT_S
        while True:
            try:
                command = [*self.root, "env", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C", "apt-get", "-q", "-y"]
                run_logged(
                    [*command, "-o", f"DPkg::Lock::Timeout={LOCK_WAIT_S}", *words], log=self.log, advice=APT_ADVICE
                )
            except InstallError as error:
                if not any(message in str(error) for message in LOCK_MESSAGES):
                    raise
                if time.monotonic() > deadline:
                    raise InstallError(
                        f"Another package installation has held apt's lock for {LOCK_WAIT_S} s. {error}"
                    ) from error
                time.sleep(3)
            else:
                return

    def _install(self, words: Sequence[str], *, upgrade: bool) -> None:
        options = [
            "--no-install-recommends",
            *([] if upgrade else ["--no-upgrade"]),
            "-o",
            "Dpkg::Options::=--force-unsafe-io",
            "-o",
            "Dpkg::Use-Pty=0",
        ]
        self.run("install", *options, *words)


@contextmanager
def services_not_started(root: Sequence[str], log: Path) -> Iterator[None]:
    """While inside, packages start no service and postgresql creates no cluster; both guards are gone afterwards."""
    guarded = not POLICY.exists() or POLICY.read_text(errors="replace") == POLICY_TEXT
    if guarded:
        _write_as_root(root, POLICY, POLICY_TEXT, mode="755", log=log)
    _write_as_root(root, NO_MAIN_CLUSTER, "create_main_cluster = false\n", mode="644", log=log)
    try:
        yield
    finally:
        gone: list[Path] = [NO_MAIN_CLUSTER, *([POLICY] if guarded else [])]
        _as_root(root, "rm", "-f", *gone, log=log)
        with_parents = "rmdir --ignore-fail-on-non-empty -p " + str(NO_MAIN_CLUSTER.parent)
        _as_root(root, "sh", "-c", f"{with_parents} 2>/dev/null || true", log=log)


def keep_service_off(service: str, root: Sequence[str], log: Path) -> None:
    """Stop a service that was just installed, now and with the machine's next start: Enermon runs its own."""
    if Path("/run/systemd/system").exists():
        _as_root(root, "systemctl", "stop", service, log=log)
    if shutil.which("systemctl"):
        _as_root(root, "systemctl", "disable", service, log=log)
    elif shutil.which("update-rc.d") or Path("/usr/sbin/update-rc.d").exists():
        _as_root(root, "/usr/sbin/update-rc.d", service, "disable", log=log)


def _write_as_root(root: Sequence[str], path: Path, text: str, *, mode: str, log: Path) -> None:
    _as_root(root, "mkdir", "-p", path.parent, log=log)
    _as_root(root, "sh", "-c", f"printf %s '{text}' > {path} && chmod {mode} {path}", log=log)


def _as_root(root: Sequence[str], *words: str | Path, log: Path) -> None:
    run_logged([*root, *words], log=log, advice=APT_ADVICE)

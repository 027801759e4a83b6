"""Install PostgreSQL with TimescaleDB, mosquitto and what else a server needs. Run by install.sh as root.

    python3 system_packages.py FOLDER

FOLDER is for logs, and for TimescaleDB where it must be built from Debian's source.

Nothing is started, no cluster is made; mosquitto and nginx are kept from starting by themselves.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bootstrap import NativeParts
from native.debian import Apt, keep_service_off
from native.steps import InstallError, Step, run_steps

PROGRAMS = {"nginx": "nginx", "python3-venv": "", "ca-certificates": ""}
"""Package, and the program of which Debian would start a service."""


def main(home: Path) -> None:
    """Install what is missing. Raises InstallError."""
    (home / "logs").mkdir(parents=True, exist_ok=True)
    native = NativeParts(home=home, need_database=True, need_broker=True)
    apt = Apt(root=[], log=native.log)
    without_service = [
        name for package, name in PROGRAMS.items() if name and shutil.which(name, path="/usr/sbin") is None
    ]
    lists = Step("package lists", apt.update, 6)

    def install() -> None:
        apt.install(*PROGRAMS)
        for service in without_service:
            keep_service_off(service, apt.root, apt.log)

    others = Step("nginx, python3-venv", install, 10, after=[lists])
    run_steps([lists, others, *(native.steps(apt, lists=[lists], after=[others]) if native.missing else [])])


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except InstallError as error:
        sys.exit(f"error: {error}")

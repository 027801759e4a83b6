"""Build TimescaleDB for the installed PostgreSQL 15 as `make up` does, into the package file that is named."""

import shutil
import sys
from pathlib import Path

from native.debian import Apt
from native.timescaledb import TimescaleBuild

home = Path("/build/home")
build = TimescaleBuild(apt=Apt(root=[], log=home / "logs" / "apt.log"), home=home, major=15)
build.log.parent.mkdir(parents=True)
build.fetch()
build.fetch_headers()
shutil.copy(build.build(), sys.argv[1])

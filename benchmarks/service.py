"""The parts that are measured: a private database, and the API as one process over loopback."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.keys import key_of
from services.api.access.role import Role
from services.up.home import Home
from services.up.ports import LOOPBACK, choose_port
from services.up.postgres import PrivatePostgres
from services.up.stack import native_database
from simulators.registration import RegistryApi

# Another run beside this one may have chosen its port and not listen yet.
_PREFERRED_PORT = 18000 + os.getpid() % 1000
_START_S = 60.0
_STOP_S = 10.0
_NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True)
class ApiProcess:
    """The API, answering at `url`."""

    process: subprocess.Popen[bytes]
    port: int
    key: str
    """Of an administrator."""

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{LOOPBACK}:{self.port}"


@contextmanager
def database(folder: Path) -> Iterator[PrivatePostgres]:
    """TimescaleDB in this folder, with the settings of `enermon up`. Raises StartError."""
    home = Home(folder.resolve())
    home.prepare()
    server = native_database(home)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def api(
    database_url: str,
    folder: Path,
    *,
    given: Mapping[str, str] = _NOTHING,
    program: Sequence[str] = ("services.cli", "api"),
) -> Iterator[ApiProcess]:
    """`enermon api`, or another `program`, on this database, which has the newest schema; `given`: further settings.

    Raises StartError, and RegistrationError when it does not become ready.
    """
    port = choose_port(fixed=None, remembered=None, preferred=_PREFERRED_PORT, setting="")
    environment = {
        **os.environ,
        **given,
        "ENERMON_API_REQUESTS_PER_S": "0",
        "ENERMON_DATABASE_URL": database_url,
        "ENERMON_API_HOST": LOOPBACK,
        "ENERMON_API_PORT": str(port),
    }
    command = [sys.executable, "-m", *program]
    key = key_of(database_url, Role.ADMINISTRATOR)
    with Home(folder.resolve()).log_file("api").open("ab") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)  # noqa: S603 - our own program
        try:
            running = ApiProcess(process, port, key)
            RegistryApi(running.url).wait_until_ready(_START_S)
            yield running
        finally:
            process.terminate()
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

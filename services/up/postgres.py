"""A private PostgreSQL cluster: made, started, recovered and stopped as a child of this process."""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

import psycopg
from psycopg import sql

from services.up.child import TICK_S, Child, Command, SystemUser, describe_exit
from services.up.errors import StartError
from services.up.home import Home
from services.up.leftovers import end_processes_in
from services.up.ports import LOOPBACK, start_on_free_port
from services.up.postgres_settings import ServerKind, render, server_settings

PREFERRED_PORT = 15432
ROLE = "enermon"
DATABASE = "enermon"
START_TIMEOUT_S = 600.0
INITDB_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 60.0
BUILTIN_LOCALE_SINCE = 17
_UNREACHABLE = ("-c", "listen_addresses=", "-c", "unix_socket_directories=.", "-c", "hot_standby=off")


@dataclass(frozen=True)
class PostgresProgram:
    """Where a PostgreSQL's programs are, and what it can do. ``launcher`` goes before its commands."""

    bin: Path
    kind: ServerKind
    launcher: tuple[str, ...] = ()

    @property
    def edition(self) -> str:
        """TimescaleDB's licence by what is installed: ``apache``, ``timescale``, or empty without TimescaleDB."""
        if not self.kind.timescaledb:
            return ""
        return "timescale" if any((self.bin.parent / "lib").glob("timescaledb-tsl-*.so")) else "apache"

    @classmethod
    def with_timescaledb(cls, major: int | None = None) -> "PostgresProgram | None":
        """The newest installed PostgreSQL that has TimescaleDB, or that of one major version; None without any."""
        found = [
            int(path.parts[-3])
            for path in Path("/usr/share/postgresql").glob("[0-9]*/extension/timescaledb.control")
            if Path(f"/usr/lib/postgresql/{path.parts[-3]}/bin/postgres").exists()
        ]
        usable = [number for number in found if major in (None, number)]
        if not usable:
            return None
        newest = max(usable)
        return cls(Path(f"/usr/lib/postgresql/{newest}/bin"), ServerKind(major=newest, timescaledb=True))


class PrivatePostgres:
    """The cluster in one folder of the home. All methods raise StartError with the reason when they fail."""

    name = "database"

    def __init__(
        self, *, home: Home, folder: str, find_program: Callable[[int | None], PostgresProgram], fixed_port: int | None
    ) -> None:
        self.home = home
        self.data = home.path / folder
        self.fixed_port = fixed_port
        self.account = SystemUser.owning(self.data) or SystemUser.named("postgres", "nobody")
        self.program = find_program(self._made_by_major())
        self.port: int | None = None
        self.child: Child | None = None

    @property
    def url(self) -> str:
        """URL of the database for the services."""
        return self._url(DATABASE)

    def start(self, check: Callable[[], None] = lambda: None) -> None:
        """Start the server, making the cluster on first use; returns when the database answers.

        A server left over by a killed `enermon up` is stopped first, and its data are recovered by the new one.
        ``check`` is called while waiting and may raise to give up.
        """
        end_processes_in(self.data, self._postmaster_pid(), stop_signal=signal.SIGINT, timeout_s=STOP_TIMEOUT_S)
        self._forget_foreign_pid_file()
        if not (self.data / "PG_VERSION").exists():
            self._make_cluster(check)
        self.port = start_on_free_port(
            partial(self._start_on, check=check),
            fixed=self.fixed_port,
            remembered=self.home.remembered_port("database_port"),
            preferred=PREFERRED_PORT,
            setting="ENERMON_DATABASE_PORT",
        )
        self.home.remember(database_port=str(self.port))

    def _start_on(self, port: int, check: Callable[[], None]) -> None:
        self.port = port
        self._write_settings(port)
        self.child = self._run("postgres", self.data, log="database")
        self._wait_until_it_answers(check)

    def stop(self) -> None:
        """Stop the server, ending its connections; what was committed is kept."""
        if self.child is not None and not self.child.stop(STOP_TIMEOUT_S):
            end_processes_in(self.data, None, stop_signal=signal.SIGQUIT, timeout_s=5.0)
        self.child = None

    def kill(self) -> None:
        """Kill the server (SIGKILL), as a crash would; `start` recovers."""
        if self.child is not None:
            self.child.kill()
        self.child = None

    def exit_code(self) -> int | None:
        """None while the server runs."""
        return self.child.exit_code() if self.child else None

    def last_lines(self) -> list[str]:
        """The last lines of its log."""
        return self.child.last_lines() if self.child else []

    def recover(self, restored: Path, check: Callable[[], None] = lambda: None) -> list[str]:
        """Let the server replay the WAL of a restored cluster, which then becomes that of this home.

        Nobody can connect meanwhile; its owner gets the password of this home. Returns what the server said.
        """
        if self.account:
            for path in (restored, *restored.rglob("*")):
                os.chown(path, self.account.uid, self.account.gid, follow_symlinks=False)
        child = self._run("postgres", restored, log="restore", after=_UNREACHABLE)
        try:
            while (code := child.wait(TICK_S, check)) is None and _status(restored) != "ready":
                pass
            said = child.last_lines(200)
            if code is not None or not child.stop(STOP_TIMEOUT_S):
                raise StartError("not_recovered", _failure("The WAL could not be replayed", child, code))
        finally:
            child.kill()
        self._give_password(restored)
        restored.rename(self.data)
        return said

    def _give_password(self, folder: Path) -> None:
        """To the owner, by a server that only this process speaks with."""
        statement = sql.SQL("ALTER ROLE {} PASSWORD {}\n").format(
            sql.Identifier(ROLE), sql.Literal(self.home.secret("database"))
        )
        with tempfile.TemporaryFile() as statements:
            statements.write(statement.as_string().encode())
            statements.seek(0)
            alone = ["-c", "log_min_error_statement=panic", DATABASE]
            child = self._run("postgres", folder, log="restore", before=["--single"], after=alone, stdin=statements)
            try:
                code = child.wait(STOP_TIMEOUT_S)
            finally:
                child.kill()
        if code != 0 or any("ERROR" in line for line in child.last_lines()):
            raise StartError("not_recovered", _failure("The owner of the database got no password", child, code))

    def _run(
        self,
        program: str,
        folder: Path,
        *,
        log: str,
        before: Sequence[str] = (),
        after: Sequence[str] = (),
        stdin: IO[bytes] | None = None,
        descriptors: Sequence[int] = (),
    ) -> Child:
        with self._data_argument(folder) as (data, descriptor):
            command = Command(
                argv=[*self.program.launcher, str(self.program.bin / program), *before, "-D", data, *after],
                log=self.home.log_file(log),
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
                cwd=Path("/"),
                account=None if self.program.launcher else self.account,
                stdin=stdin,
                pass_fds=(descriptor, *descriptors),
            )
            return Child(command, stop_signal=signal.SIGINT)

    def _url(self, database: str) -> str:
        return f"postgresql://{ROLE}:{self.home.secret('database')}@{LOOPBACK}:{self.port}/{database}"

    def _made_by_major(self) -> int | None:
        try:
            return int((self.data / "PG_VERSION").read_text())
        except FileNotFoundError:
            return None

    def _make_cluster(self, check: Callable[[], None]) -> None:
        """Make it in a folder beside, so that one which was cut short is never taken for a cluster."""
        if self.data.exists():
            raise StartError("not_a_cluster", f"{self.data} is there but holds no PostgreSQL cluster: move it away.")
        unfinished = self.data.with_name(self.data.name + ".new")
        if unfinished.exists():
            shutil.rmtree(unfinished)
        unfinished.mkdir(mode=0o700)
        if self.account:
            os.chown(unfinished, self.account.uid, self.account.gid)
        locale = ["--locale=C.UTF-8"]
        if self.program.kind.major >= BUILTIN_LOCALE_SINCE:
            locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        with tempfile.TemporaryFile("w") as password:
            password.write(self.home.secret("database") + "\n")
            password.flush()
            if self.account:
                os.fchown(password.fileno(), self.account.uid, self.account.gid)
            made = ["-U", ROLE, "--data-checksums", "--encoding=UTF8", *locale, "--auth=scram-sha-256"]
            made.append(f"--pwfile=/dev/fd/{password.fileno()}")
            child = self._run("initdb", unfinished, log="initdb", after=made, descriptors=[password.fileno()])
            try:
                code = child.wait(INITDB_TIMEOUT_S, check)
            finally:
                child.kill()
        if code != 0:
            raise StartError("database_not_made", _failure("PostgreSQL could not make its cluster", child, code))
        with (unfinished / "postgresql.conf").open("a", encoding="utf-8") as config:
            config.write("\ninclude_if_exists = 'enermon.conf'\n")
        unfinished.rename(self.data)

    def _write_settings(self, port: int) -> None:
        path = self.data / "enermon.conf"
        path.write_text(render(server_settings(port=port, kind=self.program.kind)), encoding="utf-8")
        path.chmod(0o600)
        if self.account:
            os.chown(path, self.account.uid, self.account.gid)

    def _wait_until_it_answers(self, check: Callable[[], None]) -> None:
        assert self.child is not None
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            check()
            if (code := self.child.wait(TICK_S)) is not None:
                raise StartError("database_not_started", _failure("PostgreSQL did not start", self.child, code))
            try:
                with psycopg.connect(self._url("postgres"), autocommit=True, connect_timeout=2) as connection:
                    if not connection.execute("SELECT FROM pg_database WHERE datname = %s", (DATABASE,)).fetchall():
                        connection.execute(f"CREATE DATABASE {DATABASE}")
                return
            except psycopg.OperationalError as error:  # still starting, or recovering after a crash
                if time.monotonic() > deadline:
                    raise StartError(
                        "database_not_started", f"PostgreSQL runs but does not answer on port {self.port}: {error}"
                    ) from error

    @contextmanager
    def _data_argument(self, folder: Path) -> Iterator[tuple[str, int]]:
        """The data folder as the server is told it, and an open descriptor to hand to the server.

        A server started by root runs as another user, who may not be allowed to pass through the folders above
        (a home in /root, a temporary folder). An inherited descriptor leads there without any right: the server changes
        into /proc/self/fd/N once and then works with names relative to it.
        """
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            reachable = self.account is None or _reachable_by_all(folder.parent)
            yield (str(folder) if reachable else f"/proc/self/fd/{descriptor}"), descriptor
        finally:
            os.close(descriptor)

    def _postmaster_pid(self) -> int | None:
        with suppress(FileNotFoundError, ValueError, IndexError):
            return int((self.data / "postmaster.pid").read_text().splitlines()[0])
        return None

    def _forget_foreign_pid_file(self) -> None:
        """Remove a postmaster.pid whose number now belongs to another program; PostgreSQL would refuse to start."""
        pid = self._postmaster_pid()
        if pid is None:
            return
        with suppress(OSError):
            if Path(f"/proc/{pid}/comm").read_text().strip() != "postgres":
                (self.data / "postmaster.pid").unlink()


def _reachable_by_all(folder: Path) -> bool:
    return all(path.stat().st_mode & 0o001 for path in (folder, *folder.parents))


def _status(folder: Path) -> str:
    """``ready`` where the server says that it is (the eighth line of its postmaster.pid)."""
    with suppress(FileNotFoundError, IndexError):
        return (folder / "postmaster.pid").read_text().splitlines()[7].strip()
    return ""


def _failure(what: str, child: Child, code: int | None) -> str:
    lines = "\n".join(f"    {line}" for line in child.last_lines())
    how = "it took too long" if code is None else describe_exit(code)
    return f"{what} ({how}):\n{lines}\n  Full log: {child.command.log}"

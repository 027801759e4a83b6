"""ENERMON_HOME: where the private database and broker, secrets and logs live."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from services.ingest.broker_users import read_or_create_secret, write_private
from services.up.errors import StartError

LOG_ROTATE_BYTES = 10_000_000
LOGS_KEPT = 3


@dataclass(frozen=True)
class Home:
    """The folder of one installation. Nothing is written outside it."""

    path: Path

    @property
    def logs(self) -> Path:
        """Folder of the logs, one a part."""
        return self.path / "logs"

    @property
    def secrets(self) -> Path:
        """Folder of keys and passwords; only its owner can enter it."""
        return self.path / "secrets"

    @property
    def fleet_passwords_file(self) -> Path:
        """CSV ``gateway,user,password`` of the simulated region, which it gets from the API and keeps there."""
        return self.secrets / "fleet.csv"

    @property
    def region(self) -> Path:
        """What the simulated region has sent, and how far its story has been told."""
        return self.path / "region"

    @property
    def mails(self) -> Path:
        """The mails of the demonstration, a JSON object a line."""
        return self.path / "mails.jsonl"

    @property
    def ca(self) -> Path:
        """Folder of the private CA, where there is one."""
        return self.secrets / "ca"

    @property
    def former_gateway_key_file(self) -> Path:
        """Key from which versions before 0.6 derived the passwords of gateways."""
        return self.secrets / "gateway.key"

    @property
    def former_gateway_passwords_file(self) -> Path:
        """Where versions before 0.6 kept all of them."""
        return self.secrets / "gateway-passwords.csv"

    @property
    def administrator_key_file(self) -> Path:
        """API key of the first administrator."""
        return self.secrets / "administrator.key"

    def prepare(self) -> None:
        """Make the folders. Raises StartError when the home is not writable."""
        try:
            for folder in (self.path, self.logs):
                folder.mkdir(parents=True, exist_ok=True)
            self.secrets.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise StartError(
                "home_not_writable", f"ENERMON_HOME ({self.path}) cannot be written: {error.strerror or error}"
            ) from error

    def broker_key(self) -> bytes:
        """The key of the services' passwords at the private broker, made on first use."""
        return read_or_create_secret(self.secrets / "broker.key").encode()

    def secret(self, name: str) -> str:
        """A secret of this home, made on first use: ``database``."""
        return read_or_create_secret(self.secrets / f"{name}.password")

    def log_file(self, part: str) -> Path:
        """The part's log; a log that grew large is set aside first, the last few are kept."""
        path = self.logs / f"{part}.log"
        if path.exists() and path.stat().st_size > LOG_ROTATE_BYTES:
            for number in range(LOGS_KEPT, 1, -1):
                older = path.with_suffix(f".log.{number - 1}")
                if older.exists():
                    older.replace(path.with_suffix(f".log.{number}"))
            path.replace(path.with_suffix(".log.1"))
        return path

    def remembered(self) -> dict[str, str]:
        """What an earlier start chose: ports and store."""
        try:
            found = json.loads((self.path / "remembered.json").read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}

    def remembered_port(self, name: str) -> int | None:
        """The port an earlier start chose for a part."""
        chosen = self.remembered().get(name, "")
        return int(chosen) if chosen.isdigit() else None

    def remember(self, **choices: str) -> None:
        """Keep choices for the next start."""
        write_private(self.path / "remembered.json", json.dumps({**self.remembered(), **choices}) + "\n", mode=0o644)

    @contextmanager
    def only_one(self) -> Iterator[None]:
        """Hold the home for this process. Raises StartError when another `enermon up` holds it."""
        with (self.path / "up.lock").open("a+", encoding="utf-8") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                lock.seek(0)
                raise StartError(
                    "already_running",
                    f"Enermon already runs on this home ({self.path}), as process {lock.read().strip() or '?'}. "
                    "Stop it with Ctrl-C in its terminal, or choose another folder with ENERMON_HOME.",
                ) from error
            lock.truncate(0)
            lock.write(f"{os.getpid()}\n")
            lock.flush()
            yield

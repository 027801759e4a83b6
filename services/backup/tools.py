"""PostgreSQL's own programs: where they are, and how they come to the server."""

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from services.backup.errors import BackupError
from services.core.database_address import libpq_address
from services.up.embedded import embedded_installed, embedded_postgres

_INSTALLED = Path("/usr/lib/postgresql")
_VERSIONED = re.compile(r"[0-9]+")


@dataclass(frozen=True)
class Server:
    """What the server says of itself."""

    version: int
    system_identifier: str
    timeline: int
    segment_bytes: int
    bytes: int

    @property
    def major(self) -> int:
        """15 of 15.18."""
        return self.version // 10_000


def ask_server(connection: psycopg.Connection) -> Server:
    """What it is."""
    found = connection.execute(
        "SELECT system_identifier::text, (SELECT timeline_id FROM pg_control_checkpoint()),"
        " pg_size_bytes(current_setting('wal_segment_size')),"
        " (SELECT sum(pg_database_size(oid))::bigint FROM pg_database"
        "  WHERE has_database_privilege(oid, 'CONNECT')) FROM pg_control_system()"
    ).fetchone()
    assert found is not None
    return Server(connection.info.server_version, found[0], int(found[1]), int(found[2]), int(found[3] or 0))


def find_tool(name: str, *, major: int) -> Path:
    """A program of PostgreSQL that can speak with a server of this version. Raises BackupError."""
    folders = [path / "bin" for path in _INSTALLED.glob("*") if _VERSIONED.fullmatch(path.name)]
    newer = [folder for folder in folders if int(folder.parent.name) >= major]
    for folder in sorted(newer, key=lambda each: int(each.parent.name)):
        if (folder / name).exists():
            return folder / name
    if embedded_installed() and (packed := embedded_postgres(None)).kind.major >= major:
        return packed.bin / name
    if (found := shutil.which(name)) is not None:
        return Path(found)
    raise BackupError(f"{name} of PostgreSQL {major} or newer is not installed: apt-get install postgresql-client")


def tool_address(database_url: str) -> tuple[str, Mapping[str, str]]:
    """A connection string without a password, and the environment that has it: others see command lines."""
    parts = conninfo_to_dict(libpq_address(database_url))
    password = parts.pop("password", None)
    parts.pop("dbname", None)
    secret = {"PGPASSWORD": str(password)} if password else {}
    return make_conninfo("", **parts), secret

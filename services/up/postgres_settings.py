"""Settings of the private PostgreSQL: pure text, sized for 2 cores and a few GiB of memory."""

from dataclasses import dataclass

WAL_COMPRESSION_METHODS_SINCE = 15


@dataclass(frozen=True)
class ServerKind:
    """What the server's program can do."""

    major: int
    timescaledb: bool


def server_settings(*, port: int, kind: ServerKind) -> dict[str, str]:
    """Settings by name. Durability is not traded for speed: a committed reading survives a crash."""
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
        "password_encryption": "scram-sha-256",
        "max_connections": "100",
        "shared_buffers": "512MB",
        "effective_cache_size": "2GB",
        "work_mem": "16MB",
        "maintenance_work_mem": "256MB",
        "synchronous_commit": "on",
        "max_wal_size": "4GB",
        "min_wal_size": "512MB",
        "wal_compression": "lz4" if kind.timescaledb and kind.major >= WAL_COMPRESSION_METHODS_SINCE else "on",
        # What an archive that is away leaves behind; more would fill the disk.
        "max_slot_wal_keep_size": "16GB",
        "checkpoint_timeout": "15min",
        "checkpoint_completion_target": "0.9",
        "random_page_cost": "1.1",
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] %a ",
        "log_min_duration_statement": "5s",
        "log_lock_waits": "on",
    }
    if kind.timescaledb:
        settings |= {
            "shared_preload_libraries": "timescaledb",
            "timescaledb.telemetry_level": "off",
            # The Apache edition has no job of its own; a worker in each database would block its use as a template.
            "timescaledb.max_background_workers": "0",
            "max_locks_per_transaction": "256",
        }
    return settings


def render(settings: dict[str, str]) -> str:
    """The settings as a PostgreSQL configuration file."""
    lines = ["# Written by `enermon up` at each start. Use ALTER SYSTEM for changes: it goes before this file."]
    lines += [f"{name} = {_quoted(value)}" for name, value in settings.items()]
    return "\n".join(lines) + "\n"


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"

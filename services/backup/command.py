"""The commands `enermon backup`, `archive`, `backup-key` and `restore`."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from services.backup.errors import BackupError
from services.backup.folder import BackupFolder
from services.core import logs
from services.core.progress import progress_bar
from services.core.settings import Settings, read_settings

Folder = Annotated[Path | None, typer.Option(help="Folder of the backups; ENERMON_BACKUP_DIR where not given")]


def backup(
    to: Folder = None,
    secrets: Annotated[
        bool, typer.Option("--secrets", help="Keep the folder of secrets of ENERMON_HOME too; encrypted only")
    ] = False,
) -> None:
    """Take a base backup of the database while it works, and verify it. Needs a login with REPLICATION."""
    from services.backup.base import take_base
    from services.backup.stored import recipients

    settings = read_settings()
    with _said():
        with progress_bar("bytes of the database") as progress:
            place, base = take_base(
                settings.database_url.get_secret_value(),
                _folder(to, settings),
                to=recipients(settings.backup_recipient_list),
                secrets=settings.home / "secrets" if secrets else None,
                progress=progress,
            )
        encrypted = "encrypted" if settings.backup_recipients else "NOT encrypted (ENERMON_BACKUP_RECIPIENTS)"
        typer.echo(
            f"{place}: {base.bytes / 1e6:.1f} MB in {base.stored_bytes / 1e6:.1f} MB, verified, {encrypted}; "
            f"restores {base.finished:%Y-%m-%d %H:%M:%S} UTC"
        )


def archive() -> None:
    """Keep backups going: all that is committed, and a base backup each day, into ENERMON_BACKUP_DIR."""
    from services.backup.archive import ArchivePlan, serve
    from services.backup.stored import recipients

    settings = read_settings()
    logs.set_up(settings.log_level)
    with _said():
        serve(
            ArchivePlan(
                database_url=settings.database_url.get_secret_value(),
                folder=_folder(None, settings),
                spool=settings.backup_spool or settings.home / "receiving",
                to=recipients(settings.backup_recipient_list),
                base_every=timedelta(hours=settings.backup_every_h),
                keep=settings.backup_keep,
            ),
            metrics=(settings.metrics_host, settings.archive_metrics_port),
        )


def backup_key(
    file: Annotated[Path, typer.Argument(help="Where the secret key is written; keep it away from the backups")],
) -> None:
    """Make a key: its public part goes into ENERMON_BACKUP_RECIPIENTS, the file restores."""
    import pyrage

    key = pyrage.x25519.Identity.generate()
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as written:
            written.write(f"# public key: {key.to_public()}\n{key}\n")
    except OSError as error:
        raise typer.BadParameter(f"{file}: {error.strerror}", param_hint="file") from None
    typer.echo(f"{key.to_public()}")


def restore(
    to: Annotated[str, typer.Option(help="Moment with its offset (2026-12-01T10:00:00+08:00), or latest")],
    place: Annotated[Path, typer.Argument(help="New ENERMON_HOME; with --files-only, data folder of PostgreSQL")],
    source: Annotated[
        Path | None, typer.Option("--from", help="Folder of the backups; ENERMON_BACKUP_DIR where not given")
    ] = None,
    key: Annotated[Path | None, typer.Option(help="File with the secret key of encrypted backups")] = None,
    files_only: Annotated[
        bool, typer.Option("--files-only", help="Write the files alone: a server started on them replays the rest")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Run `enermon check` and `enermon verify` on it at once")
    ] = False,
) -> None:
    """Restore the database as it was at a moment, in a new place. What runs is not touched."""
    from services.backup.restore import choose, unpack
    from services.backup.restored_home import RestoredHome
    from services.backup.stored import identities

    moment = _moment(to)
    if files_only and check:
        raise typer.BadParameter("files alone cannot be checked", param_hint="--check")
    with _said():
        keys = identities(key)
        folder = _folder(source, read_settings())
        chosen = choose(folder, moment)
        typer.echo(f"from {chosen.place.name}, WAL up to {chosen.reaches:%Y-%m-%d %H:%M:%S} UTC")
        home = None if files_only else RestoredHome(place, chosen.base)
        with progress_bar("bytes of the database") as progress:
            unpack(folder, chosen, place if home is None else home.unfinished, keys=keys, progress=progress)
        if home is None:
            typer.echo(f"{place}: start the database on it; it replays the WAL first")
            return
        home.take_secrets(chosen.place, keys)
        typer.echo(home.recover())
        if check:
            home.check(typer.echo)
        typer.echo(f"restored. ENERMON_HOME={place} enermon up starts it, and then takes readings and sends alerts.")


def _moment(given: str) -> datetime | None:
    if given == "latest":
        return None
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        raise typer.BadParameter(f"{given!r} is no moment (2026-12-01T10:00:00+08:00)", param_hint="--to") from None
    if moment.tzinfo is None:
        raise typer.BadParameter(f"{given} has no offset from UTC: +08:00 for Beijing, Z for UTC", param_hint="--to")
    return moment


def _folder(given: Path | None, settings: Settings) -> BackupFolder:
    path = given or settings.backup_dir
    if path is None:
        raise BackupError("nobody says where backups are: set ENERMON_BACKUP_DIR")
    return BackupFolder(path.expanduser().absolute())


@contextmanager
def _said() -> Iterator[None]:
    from services.up.errors import StartError

    try:
        yield
    except (BackupError, StartError) as error:
        typer.echo(f"{error}", err=True)
        raise typer.Exit(1) from None

"""Backups by hand: of which database, by whom, with the secrets, and how many are kept."""

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url
from typer.testing import CliRunner, Result

from services.backup.folder import BackupFolder
from services.backup.prune import prune
from services.cli import app
from services.core.db.roles import BACKUP, DatabaseRole
from services.up.home import Home
from services.up.logins import private_logins
from services.up.postgres import PrivatePostgres
from tests.integration.backup.conftest import Archived, restore, started

pytestmark = pytest.mark.store


def backup(database: PrivatePostgres, folder: Path, *more: str, login: str = BACKUP, **environment: str) -> Result:
    """By the command, with a login of the private database; its outcome."""
    url = private_logins(database.url, database.home).url_of(login)
    told: dict[str, Any] = {"ENERMON_DATABASE_URL": url, "ENERMON_HOME": str(database.home.path), **environment}
    return CliRunner().invoke(app, ["backup", "--to", str(folder), *more], env=told)


def test_a_restored_database_is_backed_up_anew_with_its_secrets(
    archived: Archived, store: str, place: Path, tmp_path: Path
) -> None:
    public = archived.environment["ENERMON_BACKUP_RECIPIENTS"]
    assert restore(archived, "latest", place).exit_code == 0
    folder = tmp_path / "second"
    with started(store, place) as database:
        former = backup(database, archived.folder, ENERMON_BACKUP_RECIPIENTS=public)
        assert (former.exit_code, "from before it was restored" in former.output) == (1, True), former.output
        unencrypted = backup(database, folder, "--secrets")
        assert (unencrypted.exit_code, "encrypted only" in unencrypted.output) == (1, True), unencrypted.output
        elsewhere = make_url(private_logins(database.url, database.home).url_of(DatabaseRole.READER))
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(elsewhere.set(database="postgres").render_as_string(hide_password=False))
        stranger = backup(database, folder, login=DatabaseRole.READER)
        assert (stranger.exit_code, "needs REPLICATION" in stranger.output) == (1, True), stranger.output
        assert not list(folder.glob("base-*"))
        done = backup(database, folder, "--secrets", ENERMON_BACKUP_RECIPIENTS=public)
        assert done.exit_code == 0, done.output
        assert json.loads((folder / "last-backup.json").read_text())["verified"] is True
    copy = tmp_path / "copy"
    argv = ["restore", "--to", "latest", "--from", str(folder), "--key", str(archived.key), str(copy)]
    assert CliRunner().invoke(app, argv).exit_code == 0
    assert Home(copy).secret("database") == Home(place).secret("database")


def test_the_newest_are_kept_and_can_be_restored(archived: Archived, store: str, place: Path, tmp_path: Path) -> None:
    assert restore(archived, "latest", place).exit_code == 0
    folder = tmp_path / "many"
    with started(store, place) as database:
        for _ in range(2):
            assert backup(database, folder).exit_code == 0
    (folder / "wal" / "000000020000000000000001.gz").write_bytes(b"")
    first, second = (path for path, _ in BackupFolder(folder).bases())
    gone = prune(BackupFolder(folder), keep=1)
    assert (gone.bases, gone.segments) == (1, 1)
    assert (first.exists(), second.exists(), list((folder / "wal").iterdir())) == (False, True, [])
    argv = ["restore", "--to", "latest", "--from", str(folder), str(tmp_path / "copy")]
    assert CliRunner().invoke(app, argv).exit_code == 0


def test_where_no_database_or_no_folder_is_that_is_said(tmp_path: Path) -> None:
    away = {"ENERMON_DATABASE_URL": "postgresql://127.0.0.1:9/none"}
    nobody = CliRunner().invoke(app, ["backup", "--to", str(tmp_path / "b")], env=away)
    assert (nobody.exit_code, "the database does not answer" in nobody.output) == (1, True), nobody.output
    nowhere = CliRunner().invoke(app, ["backup"], env=away)
    assert (nowhere.exit_code, "ENERMON_BACKUP_DIR" in nowhere.output) == (1, True), nowhere.output
    (tmp_path / "file").write_text("")
    file = CliRunner().invoke(app, ["backup", "--to", str(tmp_path / "file")], env=away)
    assert (file.exit_code, "cannot be written" in file.output) == (1, True), file.output

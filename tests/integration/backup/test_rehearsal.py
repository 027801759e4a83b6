"""What was answered before a moment is there after a restore to it, and nothing that came after it."""

import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli import app
from tests.integration.backup.conftest import Archived, readings, restore

pytestmark = pytest.mark.store


def test_what_was_answered_before_the_moment_is_there_and_nothing_after(
    archived: Archived, store: str, place: Path
) -> None:
    sent = archived.sending.sent
    usable = [each for each in sent if archived.finished() < each.answered < archived.reaches()]
    moment = usable[len(usable) // 2].answered
    done = restore(archived, moment, place, "--check")
    assert done.exit_code == 0, done.output
    there = readings(store, place)
    before = {each.ts for each in sent if each.answered <= moment}
    after = {each.ts for each in sent if each.at > moment}
    assert before <= there
    assert not there & after
    assert len(before) > 10
    assert len(after) > 10


def test_the_latest_is_all_that_the_archive_reaches(archived: Archived, store: str, place: Path) -> None:
    assert restore(archived, "latest", place).exit_code == 0
    there = readings(store, place)
    assert {each.ts for each in archived.sending.sent if each.answered <= archived.reaches()} <= there
    assert there <= {each.ts for each in archived.sending.sent}


def test_what_was_stored_is_counted_and_how_far_it_reaches_told(archived: Archived) -> None:
    told = dict(re.findall(r"^(enermon_archive_\w+(?:\{.*\})?) (.*)$", archived.metrics, re.MULTILINE))
    reaches = float(told["enermon_archive_reaches_timestamp_seconds"])
    assert abs(reaches - archived.reaches().timestamp()) < 60
    assert float(told["enermon_archive_segments_total"]) >= 1
    assert told['enermon_archive_failures_total{what="base"}'] == "0.0"


def test_restored_to_the_same_place_again_is_refused(archived: Archived, place: Path) -> None:
    assert restore(archived, "latest", place).exit_code == 0
    again = restore(archived, "latest", place)
    assert (again.exit_code, "is there already" in again.output) == (1, True)


def test_moments_that_no_backup_has_are_refused(archived: Archived, place: Path) -> None:
    early = restore(archived, archived.finished() - timedelta(seconds=1), place)
    assert early.exit_code == 1
    assert "the oldest base backup is of" in early.output
    late = restore(archived, datetime.now(UTC) + timedelta(hours=1), place)
    assert late.exit_code == 1
    assert "the archive reaches" in late.output
    assert restore(archived, "2026-12-01T10:00:00", place).exit_code == 2
    assert restore(archived, "yesterday", place).exit_code == 2
    assert not any(path.name.startswith("postgres") for path in place.iterdir())


def test_damage_is_found_before_anything_is_restored(archived: Archived, place: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(archived.folder, copy)
    file = next(copy.glob("base-*/base.tar.gz.age"))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    damaged = Archived(archived.database, archived.sending, copy, archived.key, {})
    done = restore(damaged, "latest", place)
    assert done.exit_code == 1
    assert f"{file} " in done.output
    assert not list(place.glob("postgres*/*"))


def test_without_its_key_or_with_another_nothing_is_read(archived: Archived, place: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.key"
    assert CliRunner().invoke(app, ["backup-key", str(other)]).exit_code == 0
    assert CliRunner().invoke(app, ["backup-key", str(other)]).exit_code == 2
    for key, says in ((other, "could not be decrypted"), (tmp_path / "none", "cannot be read as a key")):
        strange = Archived(archived.database, archived.sending, archived.folder, key, {})
        done = restore(strange, "latest", place)
        assert (done.exit_code, says in done.output) == (1, True), done.output
    argv = ["restore", "--to", "latest", "--from", str(archived.folder), str(place)]
    assert "is encrypted: name the file with its key" in CliRunner().invoke(app, argv).output


def test_a_missing_segment_is_named(archived: Archived, place: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(archived.folder, copy)
    segments = sorted(file for file in (copy / "wal").iterdir() if "partial" not in file.name)
    segments[-1].unlink()
    done = restore(Archived(archived.database, archived.sending, copy, archived.key, {}), "latest", place)
    assert (done.exit_code, f"{segments[-1].name[:24]} is missing" in done.output) == (1, True), done.output

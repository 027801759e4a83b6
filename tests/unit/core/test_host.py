"""What can run out on a machine is told as it is, and what cannot be read is not taken for well."""

import datetime as dt
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from services.core.host import LAST_BACKUP, BackupNoteError, certificate_ends, last_backup, rooms
from services.core.host_metrics import HostCollector
from services.core.settings import Settings
from services.ingest.certificates import PrivateCa

NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


def told(settings: Settings) -> dict[str, list[float]]:
    registry = CollectorRegistry()
    registry.register(HostCollector(settings, clock=lambda: NOW))
    return {family.name: [sample.value for sample in family.samples] for family in registry.collect()}


def note(folder: Path, text: str) -> Path:
    (folder / LAST_BACKUP).write_text(text, "utf-8")
    return folder


def test_age_counts_from_the_last_verified_backup(tmp_path: Path) -> None:
    note(tmp_path, '{"finished": "2026-02-28T22:00:00+08:00", "path": "/b/1", "verified": true}')
    assert last_backup(tmp_path) == dt.datetime(2026, 2, 28, 14, tzinfo=dt.UTC)
    assert told(Settings(home=tmp_path, backup_dir=tmp_path))["enermon_backup_age_seconds"] == [10 * 3600.0]


def test_without_a_verified_backup_its_age_is_endless(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, backup_dir=tmp_path)
    assert told(settings)["enermon_backup_age_seconds"] == [float("inf")]
    note(tmp_path, '{"finished": "2026-02-28T22:00:00+08:00", "path": "/b/1", "verified": false}')
    assert told(settings)["enermon_backup_age_seconds"] == [float("inf")]
    note(tmp_path, "{")
    assert told(settings)["enermon_backup_age_seconds"] == [float("inf")]
    assert "enermon_backup_age_seconds" not in told(Settings(home=tmp_path))


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"finished": 5}', '{"finished": "2026-02-28T22:00:00"}'])
def test_a_note_that_cannot_be_read_says_which_file(tmp_path: Path, text: str) -> None:
    with pytest.raises(BackupNoteError, match=LAST_BACKUP):
        last_backup(note(tmp_path, text))


def test_certificates_end_when_they_say_and_unreadable_ones_at_once(tmp_path: Path) -> None:
    authority = PrivateCa(tmp_path / "ca")
    authority.make("Enermon", now=NOW)
    made = authority.certify_server(["localhost"], now=NOW)
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate", "utf-8")
    settings = Settings(home=tmp_path, ca=authority.folder, necc_tls_certificate=broken)
    ends = certificate_ends(settings)
    assert [each.file for each in ends] == [authority.own.certificate, authority.server.certificate, broken]
    assert ends[1].ends == made.expires_at
    assert ends[2].ends is None
    assert ends[2].fault
    assert told(settings)["enermon_certificate_ends_timestamp_seconds"][1:] == [made.expires_at.timestamp(), 0.0]


def test_each_file_system_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "backups").mkdir()
    [room] = rooms(Settings(home=tmp_path, backup_dir=tmp_path / "backups", seal_head_file=tmp_path / "head"))
    assert room.path == tmp_path
    assert 0 < room.free_bytes <= room.size_bytes
    assert rooms(Settings(home=tmp_path / "away")) == []

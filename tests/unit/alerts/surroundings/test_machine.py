"""Disks, backups and certificates are well, to be looked at or at fault, as their limits say."""

import datetime as dt
import json
from pathlib import Path

import pytest

from services.alerts.surroundings import machine
from services.alerts.surroundings.machine import try_backup, try_certificates, try_disks
from services.alerts.surroundings.tried import TriedThing
from services.core.host import LAST_BACKUP, DiskRoom
from services.core.settings import Settings
from services.ingest.certificates import SERVER_LASTS, PrivateCa

NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize(("free", "standing"), [(150, "ok"), (149, "warn"), (50, "warn"), (49, "fail")])
def test_a_disk_stands_as_much_as_is_free(monkeypatch: pytest.MonkeyPatch, free: int, standing: str) -> None:
    monkeypatch.setattr(machine, "rooms", lambda _: [DiskRoom(Path("/srv"), free, 1000)])
    assert [each.standing for each in try_disks(Settings())] == [standing]


@pytest.mark.parametrize(("hours", "standing"), [(1, "ok"), (26, "ok"), (27, "fail")])
def test_a_backup_is_old_after_26_hours(tmp_path: Path, hours: int, standing: str) -> None:
    finished = (NOW - dt.timedelta(hours=hours)).isoformat()
    (tmp_path / LAST_BACKUP).write_text(json.dumps({"finished": finished, "path": "x", "verified": True}))
    assert try_backup(Settings(backup_dir=tmp_path), now=NOW).standing == standing


def test_without_a_backup_it_fails_and_without_a_folder_it_is_only_said(tmp_path: Path) -> None:
    assert try_backup(Settings(backup_dir=tmp_path), now=NOW).standing == "fail"
    assert try_backup(Settings(), now=NOW).standing == "warn"
    (tmp_path / LAST_BACKUP).write_text("{")
    assert try_backup(Settings(backup_dir=tmp_path), now=NOW).standing == "fail"


@pytest.mark.parametrize(("days_left", "standing"), [(21, "ok"), (20, "warn"), (0, "fail")])
def test_a_certificate_is_told_three_weeks_before_its_end(tmp_path: Path, days_left: int, standing: str) -> None:
    authority = PrivateCa(tmp_path)
    authority.make("Enermon", now=NOW)
    authority.certify_server(["localhost"], now=NOW)
    now = NOW + SERVER_LASTS - dt.timedelta(days=days_left)
    own, server = try_certificates(Settings(ca=tmp_path), now=now)
    assert (own.standing, server.standing) == ("ok", standing)


def test_what_is_not_well_says_how_to_mend_it() -> None:
    assert TriedThing("fail", "broker", "127.0.0.1:1: refused", "start it").line() == (
        "fail  broker       127.0.0.1:1: refused; start it"
    )
    assert TriedThing("ok", "schema", "revision 0052").line() == "ok    schema       revision 0052"

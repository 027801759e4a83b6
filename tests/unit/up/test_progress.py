"""What the parts report while they start."""

from pathlib import Path

from services.up.progress import FleetProgress, NewLines, parse_fleet_progress, says_ready
from services.up.running import pause_before_restart


def test_history_line_says_how_many_readings_of_how_many_were_sent() -> None:
    line = '{"phase": "history", "fraction": 0.25, "readings": 250, "remaining": 750, "gateways": 74}'
    assert parse_fleet_progress(line) == FleetProgress("history", sent=250, total=1000)


def test_live_line_ends_the_history() -> None:
    assert parse_fleet_progress('{"phase": "live"}') == FleetProgress("live")


def test_other_lines_are_no_progress() -> None:
    for line in ("", "registered: 74 gateways", "[1]", '{"phase": "resting"}', '{"phase": "history"'):
        assert parse_fleet_progress(line) is None


def test_part_is_ready_when_its_log_says_so() -> None:
    assert says_ready('{"ts": "2026-01-01T00:00:00Z", "level": "info", "event": "ready"}')
    assert not says_ready('{"event": "connected"}')
    assert not says_ready("ready")


def test_only_whole_new_lines_are_read(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("old\n")
    lines = NewLines(path, start=4)
    with path.open("a") as file:
        file.write("first\nsec")
        file.flush()
        assert lines.read() == ["first"]
        file.write("ond\n")
        file.flush()
        assert lines.read() == ["second"]
    assert lines.read() == []


def test_lines_of_a_file_that_is_not_there_yet_are_none(tmp_path: Path) -> None:
    assert NewLines(tmp_path / "later").read() == []


def test_pause_before_a_restart_doubles_up_to_half_a_minute() -> None:
    assert [pause_before_restart(failures) for failures in (1, 2, 3, 4, 5, 6, 60)] == [1, 2, 4, 8, 16, 30, 30]

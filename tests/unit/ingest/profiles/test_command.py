"""The command `enermon profile`: what it shows of a message, and how it says what is wrong and where."""

import json
from pathlib import Path

from typer.testing import CliRunner

from services.ingest.profiles.command import app
from services.ingest.profiles.shipped import shipped_profiles

PROFILE = """
topics = ["x/{gateway}/data"]
each = "/rows[]"
emit = [{ point = "{.n}", value = ".v" }]
time = { at = ".t", format = "epoch_ms" }
"""
AT_MS = 1_772_416_800_000  # 2026-03-02T02:00:00Z


def run(*arguments: str, message: str = "") -> tuple[int, str]:
    """Exit code, and all that was said."""
    result = CliRunner().invoke(app, list(arguments), input=message)
    return result.exit_code, result.output


def test_shipped_profiles_are_listed_by_name_and_title() -> None:
    code, said = run("list")
    assert code == 0
    assert len(said.splitlines()) == len(shipped_profiles())
    assert "kepware" in said


def test_message_is_shown_as_it_would_be_read(tmp_path: Path) -> None:
    profile, message = tmp_path / "mine.toml", tmp_path / "message.json"
    profile.write_text(PROFILE, "utf-8")
    rows = [{"n": "E", "v": "7.5", "t": AT_MS}, {"n": "F", "v": "x", "t": AT_MS}, {"n": "G", "t": AT_MS}]
    message.write_text(json.dumps({"rows": rows}), "utf-8")
    code, said = run("try", str(profile), str(message), "--topic", "x/GW/data")
    assert code == 0
    assert said.splitlines()[0] == "E  2026-03-02T10:00:00+08:00  7.5"
    assert "rejected F: x (not_a_number" in said
    assert "left out 1: no_value" in said
    assert run("try", str(profile), "-", "--topic", "x/GW/data", message=json.dumps({"rows": rows})) == (code, said)


def test_what_is_wrong_is_said_with_its_place(tmp_path: Path) -> None:
    message, wrong = tmp_path / "message.json", tmp_path / "wrong.json"
    message.write_text("{", "utf-8")
    wrong.write_text('{"topics": ["a"], "emit": [{"point": "p", "value": "/v"}], "time": {"at": "/t"}}', "utf-8")
    for arguments, why in (
        (("try", str(wrong), str(message)), "the profile is wrong at time.format: is needed: times are not guessed"),
        (("try", "kepware", str(message)), "the message cannot be read (undecodable)"),
        (("try", "no-such", str(message)), "no-such is neither a file nor a shipped profile"),
        (("try", "kepware", str(tmp_path / "none")), "No such file"),
    ):
        code, said = run(*arguments)
        assert code == 1
        assert why in said
    code, said = run("try", "kepware", "-", message='{"timestamp": 1, "values": []}')
    assert (code, "the message yields nothing: no_rows" in said) == (1, True)

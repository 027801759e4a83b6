"""`enermon open-files`: months that are over, each version once, and a manifest that says what is there."""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pyarrow.parquet
import pytest
from typer.testing import CliRunner

from services.cli import app
from tests.integration.line import QUARTER, Line
from tests.integration.open_data.conftest import DAY
from tests.integration.registered import DALAD

pytestmark = pytest.mark.store

Run = Callable[..., list[str]]


@pytest.fixture
def run(database_url: str, tmp_path: Path) -> Run:
    def run(*arguments: str) -> list[str]:
        given = [
            "open-files",
            str(tmp_path / "open"),
            "--view",
            "energy_day",
            "--view",
            "place_energy_hour",
            *arguments,
        ]
        done = CliRunner().invoke(app, given, env={"ENERMON_DATABASE_URL": database_url})
        assert done.exit_code == 0, done.output
        return done.stdout.splitlines()

    return run


def manifest(folder: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((folder / "open/manifest.json").read_text("utf-8"))
    return told


@pytest.mark.usefixtures("booked")
def test_a_month_is_written_once_and_what_is_booked_again_makes_a_new_version(
    run: Run, tmp_path: Path, line: Line, database: psycopg.Connection
) -> None:
    assert run("--licence", "CC BY 4.0")[-1] == "2 files written"
    folder = tmp_path / "open"
    before = {file.name: file.read_bytes() for file in folder.glob("*.parquet")}
    assert sorted(before) == ["energy_day-2026-03-v1.parquet", "place_energy_hour-2026-03-v1.parquet"]
    assert run() == ["0 files written"]

    # Booked again to the same: no version.
    database.execute("UPDATE energy_month SET booked_by = DEFAULT")
    assert run() == ["0 files written"]

    line.send("G-D", [("M-D", DAY + timedelta(days=1) + i * QUARTER, 3.0) for i in range(4)])
    line.roll_up()
    assert run()[-1] == "2 files written"
    assert {name: (folder / name).read_bytes() for name in before} == before
    told = manifest(tmp_path)
    assert (told["licence"], told["areas"]) == ("CC BY 4.0", [])
    days = [each for each in told["files"] if each["view"] == "energy_day"]
    assert [(each["version"], each["rows"], each["replaces"]) for each in days] == [
        (1, 3, None),
        (2, 4, "energy_day-2026-03-v1.parquet"),
    ]
    for each in told["files"]:
        body = (folder / each["name"]).read_bytes()
        assert (len(body), hashlib.sha256(body).hexdigest()) == (each["bytes"], each["sha256"])
        assert pyarrow.parquet.read_metadata(folder / each["name"]).num_rows == each["rows"]
    assert not [file for file in folder.iterdir() if file.name.startswith(".") and file.name != ".lock"]


@pytest.mark.usefixtures("booked")
def test_files_of_an_area_hold_its_rows_alone(run: Run, tmp_path: Path) -> None:
    run("--area", DALAD)
    table = pyarrow.parquet.read_table(tmp_path / "open/energy_day-2026-03-v1.parquet")
    assert {row["meter"] for row in table.to_pylist()} == {"M-D"}
    assert manifest(tmp_path)["areas"] == [DALAD]


@pytest.mark.usefixtures("booked")
def test_a_folder_stays_what_it_was_made_for_and_what_is_damaged_is_told(
    run: Run, tmp_path: Path, database_url: str
) -> None:
    folder = tmp_path / "open"
    run("--area", DALAD, "--licence", "CC BY 4.0")

    def refused(*arguments: str, at: Path = folder) -> str:
        given = ["open-files", str(at), "--view", "energy_day", *arguments]
        done = CliRunner().invoke(app, given, env={"ENERMON_DATABASE_URL": database_url})
        assert (done.exit_code, done.stdout) == (1, ""), done.output
        return done.stderr

    before = (folder / "manifest.json").read_text("utf-8")
    assert f"holds files of {DALAD}, not of everything; write into another folder" in refused()
    assert "under the licence CC BY 4.0, not CC0" in refused("--area", DALAD, "--licence", "CC0")
    assert (folder / "manifest.json").read_text("utf-8") == before

    # What is gone or cut off is written again, under a name that nobody has.
    (folder / "energy_day-2026-03-v1.parquet").unlink()
    (folder / "place_energy_hour-2026-03-v1.parquet").write_bytes(b"PAR1")
    assert run("--area", DALAD)[-1] == "2 files written"
    assert [(each["name"], each["replaces"]) for each in manifest(tmp_path)["files"]] == [
        ("energy_day-2026-03-v2.parquet", "energy_day-2026-03-v1.parquet"),
        ("place_energy_hour-2026-03-v2.parquet", "place_energy_hour-2026-03-v1.parquet"),
    ]
    assert run("--area", DALAD) == ["0 files written"]

    (folder / "manifest.json").write_text(before[:-20], "utf-8")
    assert "manifest.json is damaged" in refused("--area", DALAD)
    (folder / "manifest.json").write_text('{"licence": "", "areas": [], "files": [{"name": "../a"}]}', "utf-8")
    assert "damaged at files.0" in refused("--area", DALAD)
    (folder / "manifest.json").unlink()
    assert "but no manifest.json" in refused("--area", DALAD)
    (tmp_path / "plain").write_text("")
    assert "cannot be written into" in refused(at=tmp_path / "plain/below")

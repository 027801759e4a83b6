"""`enermon check` counts all that waits for the roll-up, and says what the domain numbers are."""

from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from services.cli import app
from services.core.data.loader import DATA
from services.energy.check.asked import CheckAsked
from services.energy.check.report import report
from services.judging.data.numbers import numbers
from tests.integration.registered import Registered


@pytest.mark.store
def test_late_slots_that_wait_are_counted(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("INSERT INTO dirty_slot (meter_id, slot) VALUES (1, now())")
        connection.execute("INSERT INTO late_slot (meter_id, slot) VALUES (1, now() - INTERVAL '1 year')")
    assert report(database_url).dirty_slots == 2


@pytest.mark.store
def test_a_meter_that_is_not_as_its_newest_term_says_is_told(database_url: str, registered: Registered) -> None:
    meter = registered.meter()
    assert (report(database_url).meters_off, report(database_url).well) == (0, True)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("UPDATE meter SET multiplier = 2 WHERE code = %s", [meter])
    found = report(database_url)
    assert (found.meters_off, found.well) == (1, False)
    assert any("1 are not as their newest term says" in line for line in found.lines())


@pytest.mark.parametrize("options", [[], ["--unverified"], ["--sums-only"]])
def test_command_says_the_sums_and_then_the_domain_numbers(
    database_url: str, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    monkeypatch.setenv("ENERMON_DATABASE_URL", database_url)
    said = CliRunner().invoke(app, ["check", *options])
    asked = None if "--sums-only" in options else CheckAsked()
    sums = report(database_url, asked=asked).lines()
    tables = numbers(None).lines(each="--unverified" in options)
    assert (said.exit_code, said.output.splitlines()) == (0, [*sums, *tables])


def test_command_fails_where_a_table_is_faulty_though_the_sums_agree(
    database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = (DATA / "limits.csv").read_text("utf-8")
    (tmp_path / "limits.csv").write_text(text.replace("grade", "grades", 1), "utf-8")
    monkeypatch.setenv("ENERMON_DATABASE_URL", database_url)
    monkeypatch.setenv("ENERMON_DATA", str(tmp_path))
    said = CliRunner().invoke(app, ["check"])
    assert said.exit_code == 1
    *sums, tables = said.output.splitlines()
    assert sums == report(database_url, asked=CheckAsked()).lines()
    assert tables.startswith("tables     faulty: limits.csv, line 1, field grades: unknown column")

"""The head is published where who owns the database cannot reach it; a tail that was cut off is found by it."""

from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from services.cli import app
from services.core.db.connections import connect
from services.core.db.roles import DatabaseRole
from services.energy.rollup.adapt import adapt
from services.provenance.heads import heads_of, noted_head
from services.provenance.sealing import Sealing
from services.provenance.verify import verify

pytestmark = pytest.mark.store

RUN = CliRunner()


class Published:
    """A database whose head goes into a file with each round of sealing."""

    def __init__(self, url: str, file: Path) -> None:
        self.url, self.file = url, file

    def change(self, statement: str, *, past_the_guards: bool = False) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            if past_the_guards:
                connection.execute("SET session_replication_role = replica")
            connection.execute(statement.encode())

    def seal(self, every_s: float = 1e-9) -> None:
        with connect(self.url, role=DatabaseRole.ROLLUP, application_name="test-sealing") as connection:
            adapt(connection)
            Sealing(connection, head_file=self.file, head_file_every_s=every_s).when_due()

    def cut_the_tail(self) -> None:
        """Take the newest transaction away with its seal, and what it changed back."""
        newest = "(SELECT ref_id FROM seal ORDER BY seal_id DESC LIMIT 1)"
        self.change("UPDATE user_account SET role = 'auditor' WHERE name = 'admin'", past_the_guards=True)
        self.change("UPDATE user_account SET role = 'administrator' WHERE name = 'admin'", past_the_guards=True)
        self.change(f"DELETE FROM audit WHERE batch_id = {newest}", past_the_guards=True)
        self.change("DELETE FROM seal WHERE seal_id = (SELECT max(seal_id) FROM seal)", past_the_guards=True)
        self.change("DELETE FROM silence", past_the_guards=True)

    def differences(self) -> list[str]:
        return verify(self.url, noted=heads_of(self.file)).differences.told


SILENCE = (
    "INSERT INTO silence (reason, author, starts_at, ends_at) VALUES ('x', 'admin', now(), now() + interval '1 day')"
)


@pytest.fixture
def published(database_url: str, tmp_path: Path) -> Published:
    found = Published(database_url, tmp_path / "heads.txt")
    found.seal()
    found.change(SILENCE)
    found.seal()
    return found


def test_each_head_is_a_line_that_can_be_read_back(published: Published) -> None:
    first, second = published.file.read_text("utf-8").splitlines()
    assert first.split(":")[0] < second.split(":")[0]
    assert second.split(" ")[1][10] == "T"
    found = verify(published.url, noted=heads_of(published.file))
    assert found.well
    assert found.noted.startswith("2 of 2 are in the chain, the newest that of seal ")


def test_a_head_is_not_written_before_its_time(published: Published) -> None:
    published.file.unlink()
    with connect(published.url, role=DatabaseRole.ROLLUP, application_name="test-sealing") as connection:
        adapt(connection)
        sealing = Sealing(connection, head_file=published.file, head_file_every_s=3600)
        sealing._write_head()
        sealing._write_head()
    assert len(heads_of(published.file)) == 1


def test_a_tail_that_was_cut_off_is_found_by_the_published_head_alone(published: Published) -> None:
    published.cut_the_tail()
    assert verify(published.url).well, "nothing inside the database tells"
    (told,) = published.differences()
    assert told.endswith(", whose head was noted, is gone: the chain was cut off since")


def test_a_tail_that_was_cut_off_and_grew_again_is_found(published: Published) -> None:
    published.cut_the_tail()
    published.change(SILENCE)
    with connect(published.url, role=DatabaseRole.ROLLUP, application_name="test-sealing") as connection:
        adapt(connection)
        Sealing(connection).when_due()
    assert verify(published.url).well
    (told,) = published.differences()
    assert told.endswith(" is not the one whose head was noted: the chain was written anew since")


def test_a_disk_that_is_away_holds_up_nothing(published: Published, tmp_path: Path) -> None:
    published.file = tmp_path / "away" / "heads.txt"
    published.change(SILENCE)
    published.seal()
    assert verify(published.url).waiting == 0


def test_verify_takes_a_file_a_head_with_its_number_and_the_file_of_the_settings(
    published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENERMON_DATABASE_URL", published.url)
    newest = published.file.read_text("utf-8").splitlines()[-1].split(" ")[0]
    for given in (str(published.file), newest, newest.split(":")[1]):
        assert RUN.invoke(app, ["verify", "--head", given]).exit_code == 0, given
    assert RUN.invoke(app, ["verify", "--head", f"9{newest}"]).exit_code == 1
    assert RUN.invoke(app, ["verify", "--head", "no-file.txt"]).exit_code == 2
    published.cut_the_tail()
    assert RUN.invoke(app, ["verify"]).exit_code == 0
    monkeypatch.setenv("ENERMON_SEAL_HEAD_FILE", str(published.file))
    assert RUN.invoke(app, ["verify"]).exit_code == 1


def test_a_file_with_another_line_is_refused_with_its_number(tmp_path: Path) -> None:
    file = tmp_path / "heads.txt"
    file.write_text(f"1:{'a' * 64} 2026-11-30\n\nnonsense\n", "utf-8")
    with pytest.raises(ValueError, match="line 3: a head is NUMBER:DIGEST"):
        heads_of(file)
    assert noted_head("A" * 64) == noted_head("a" * 64)


def test_the_head_is_shown_and_published_on_demand(
    published: Published, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ENERMON_DATABASE_URL", published.url)
    monkeypatch.setenv("ENERMON_SEAL_HEAD_FILE", str(published.file))
    shown = RUN.invoke(app, ["head"])
    assert (shown.exit_code, shown.stdout) == (0, published.file.read_text("utf-8").splitlines(keepends=True)[-1])
    assert RUN.invoke(app, ["head", "--publish"]).exit_code == 0
    assert len(heads_of(published.file)) == 3
    monkeypatch.setenv("ENERMON_SEAL_HEAD_FILE", str(tmp_path / "away" / "heads.txt"))
    assert RUN.invoke(app, ["head", "--publish"]).exit_code == 1

"""The demonstration has an account of each role, with a key that its owner alone can read."""

import csv
from pathlib import Path

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.api.access.demonstration import PASSWORDS, add_demonstration
from services.api.access.passwords import Passwords
from tests.integration.registered import DALAD, Registered
from tests.signed_in import bearer

pytestmark = pytest.mark.store


def test_each_role_comes_with_its_key_and_sees_its_own(
    client: TestClient, database: psycopg.Connection, registered: Registered, tmp_path: Path
) -> None:
    own, other = registered.enterprise(), registered.enterprise(area_code=DALAD)

    added = add_demonstration(database, tmp_path, Passwords())

    assert added == ["region", "ordos", "jungar", "works", "auditor", "program"]
    seen = {}
    for name in added:
        file = tmp_path / f"{name}.key"
        assert file.stat().st_mode & 0o777 == 0o600
        answer = client.get("/api/v1/enterprises", headers=bearer(file.read_text().strip()))
        seen[name] = {row["credit_code"] for row in answer.json()["data"]}
    both = {own, other}
    assert seen == {
        "region": both,
        "ordos": both,
        "jungar": {own},
        "works": {own},
        "auditor": both,
        "program": both,
    }
    rows = list(csv.DictReader((tmp_path / PASSWORDS).open(encoding="utf-8")))
    assert [(row["account"], row["of"]) for row in rows[2:4]] == [("jungar", "150622"), ("works", own)]


def test_what_is_there_already_stays(database: psycopg.Connection, registered: Registered, tmp_path: Path) -> None:
    registered.enterprise()
    add_demonstration(database, tmp_path, Passwords())
    kept = (tmp_path / "jungar.key").read_text()

    assert add_demonstration(database, tmp_path, Passwords()) == []
    assert (tmp_path / "jungar.key").read_text() == kept

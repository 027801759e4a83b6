"""What follows from the registry alone is read once, and anew when the registry has changed."""

from datetime import datetime

import pytest
from fastapi.testclient import TestClient
from psycopg import Connection

from services.core.calendar import SHANGHAI
from services.core.db.connections import connect
from services.core.db.registry_rows import RegistryRows
from services.core.db.roles import DatabaseRole
from services.core.db.statements import Statements
from services.energy import sums
from tests.integration.line import Line, quarters
from tests.integration.registered import Registered

pytestmark = pytest.mark.store

START = datetime(2026, 3, 2, tzinfo=SHANGHAI)


def coverage(client: TestClient) -> float:
    answer = client.get("/api/v1/energy", params={"start": "2026-03-02", "end": "2026-03-03", "bucket": "total"})
    (row,) = answer.json()["data"]
    share: float = row["coverage"]
    return share


def test_meters_registered_later_are_expected_at_once(
    client: TestClient, registered: Registered, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = Line(client, database_url)
    owner = registered.enterprise()
    gateway = registered.gateway(owner)
    meter = registered.meter(owner, gateway_code=gateway, kind="interval", valid_from="2026-03-02")
    line.send(gateway, quarters(meter, START, [5.0] * 96))
    line.roll_up()
    asked = []
    run = Statements.run

    def counted(self: Statements, connection: Connection, name: str, /, **parameters: object) -> object:
        asked.append(name)
        return run(self, connection, name, **parameters)

    monkeypatch.setattr(Statements, "run", counted)
    assert [coverage(client), coverage(client)] == [1.0, 1.0]
    assert asked.count("expected") == 1
    registered.meter(owner, gateway_code=gateway, kind="interval", valid_from="2026-03-02")
    assert [coverage(client), coverage(client)] == [0.5, 0.5]
    assert asked.count("expected") == 2


def test_rows_of_one_who_sees_more_are_not_given_to_another(database_url: str, registered: Registered) -> None:
    registered.heat_value(registered.enterprise(), "lignite", 14.3)
    rows = RegistryRows(Statements.beside(sums.__file__, "sums.sql"))
    with connect(database_url, role=DatabaseRole.API, application_name="test") as connection:
        for reach, number in (("all", 1), ("areas", 0), ("all", 1)):
            connection.execute("SELECT set_config('enermon.reach', %s, false)", (reach,))
            assert len(rows.all(connection, "heat_valued")) == number

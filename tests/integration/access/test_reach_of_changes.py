"""A change by somebody who sees a part of the registry is a change of all that it concerns."""

from datetime import datetime

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.api.access.role import Role
from services.core.calendar import SHANGHAI
from services.energy.check.asked import CheckAsked
from services.energy.check.report import report
from tests.integration.line import Line, quarters
from tests.integration.registered import DALAD, JUNGAR, Registered
from tests.signed_in import add_with_key, bearer

pytestmark = pytest.mark.store

MAY = datetime(2026, 5, 1, tzinfo=SHANGHAI)
DAYS = {"start": "2026-05-01", "end": "2026-05-03"}
METER = {"name_zh": "电表", "kind": "counter", "carrier": "electricity", "flow": "input", "unit_of_measure": "kWh"}
FIRM = {"name_zh": "厂", "trade": "coke", "valid_from": "2026-01-01"}


def test_energy_of_a_meter_that_was_sold_goes_with_its_owner_of_then_when_a_supervisor_corrects_where_that_was(
    client: TestClient, line: Line, registered: Registered, database: psycopg.Connection, database_url: str
) -> None:
    seller, buyer = registered.enterprise(), registered.enterprise(area_code=DALAD)
    gateway = registered.gateway(seller)
    meter = registered.meter(seller, gateway_code=gateway)
    line.send(gateway, quarters(meter, MAY, [100.0 + 2.5 * i for i in range(97)]))
    sold = {"unit_code": registered.unit(buyer), "gateway_code": registered.gateway(buyer), "valid_from": "2026-05-02"}
    assert client.patch(f"/api/v1/meters/{meter}", json=sold).status_code == 200
    line.roll_up()
    park = registered.park()
    add_with_key(database, "wang", Role.SUPERVISOR, key="enk_wang", area=JUNGAR)
    address = f"/api/v1/enterprises/{seller}/memberships"
    moved = {"valid_from": "2026-05-01", "area_code": JUNGAR, "park_code": park}
    asked = TestClient.request(client, "POST", address, json=moved, headers=bearer("enk_wang"))
    assert (asked.status_code, "/proposals/" in asked.headers["Location"]) == (202, True)
    confirmed = client.post(f"{asked.headers['Location']}/confirm")
    assert confirmed.status_code == 201, confirmed.text
    line.roll_up()
    found = report(database_url, asked=CheckAsked())
    assert found.well, found.lines()
    assert line.total(scope=f"park:{park}", **DAYS) == 240.0


@pytest.mark.parametrize("existing", ["refuse", "update"])
def test_a_code_is_not_given_twice_where_the_account_cannot_see_who_has_it(
    client: TestClient, registered: Registered, database: psycopg.Connection, existing: str
) -> None:
    elsewhere = registered.enterprise(area_code=DALAD)
    taken = registered.meter(elsewhere)
    own = registered.enterprise()
    entry = METER | {"code": taken, "unit_code": registered.unit(own), "gateway_code": registered.gateway(own)}
    add_with_key(database, "wang", Role.SUPERVISOR, key="enk_wang", area=JUNGAR)
    asked = client.post("/api/v1/meters", json=entry, headers=bearer("enk_wang"))
    assert (asked.status_code, asked.json()["code"]) == (409, "already_exists")
    registering = FIRM | {"credit_code": elsewhere, "area_code": JUNGAR}
    asked = client.post("/api/v1/enterprises", json=registering, headers=bearer("enk_wang"))
    assert (asked.status_code, asked.json()["code"]) == (409, "already_exists")
    imported = client.post(
        "/api/v1/import/meters",
        params={"existing": existing},
        content="\n".join(",".join(cells) for cells in (entry, entry.values())).encode(),
        headers=bearer("enk_wang") | {"content-type": "text/csv"},
    )
    assert (imported.status_code, imported.json()["code"]) == (422, "import_refused")
    assert [(error["field"], error["code"]) for error in imported.json()["errors"]] == [("code", "already_exists")]

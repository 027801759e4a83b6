"""An enterprise may know its banner's total, and nothing that would give a neighbour away."""

from datetime import datetime
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.api.access.role import Role
from services.core.calendar import SHANGHAI
from tests.integration.line import QUARTER, Line
from tests.integration.registered import DALAD, JUNGAR, Registered
from tests.signed_in import add_with_key, bearer

START = datetime(2026, 3, 2, 8, tzinfo=SHANGHAI)
MARCH = {"start": "2026-03-01", "end": "2026-04-01", "bucket": "month", "scope": f"area:{JUNGAR}"}


class Banner:
    """Enterprises of a banner, the first of which asks."""

    def __init__(self, client: TestClient, line: Line, registered: Registered, database: psycopg.Connection) -> None:
        self._client, self._line, self._registered = client, line, registered
        self.own = registered.enterprise()
        add_with_key(database, "works", Role.ENTERPRISE, key="enk_works", enterprise=self.own)

    def uses(self, carrier: str, *amounts: float, unit: str = "kWh") -> None:
        """Each enterprise uses so much in March, the first is the one that asks."""
        for number, amount in enumerate(amounts):
            owner = self.own if number == 0 else self._registered.enterprise()
            gateway = self._registered.gateway(owner)
            meter = self._registered.meter(owner, carrier=carrier, unit_of_measure=unit, gateway_code=gateway)
            self._line.send(gateway, [(meter, START, 0.0), (meter, START + QUARTER, amount)])
        self._line.roll_up()

    def ask(self, **asked: str) -> Any:
        return self._client.get("/api/v1/energy", params=MARCH | asked, headers=bearer("enk_works"))


@pytest.fixture
def banner(client: TestClient, line: Line, registered: Registered, database: psycopg.Connection) -> Banner:
    return Banner(client, line, registered, database)


def test_the_total_of_three_is_told_and_that_of_two_withheld(banner: Banner) -> None:
    banner.uses("electricity", 1.0, 2.0, 4.0)
    banner.uses("natural_gas", 1.0, 2.0, unit="m3")

    answer = banner.ask().json()

    assert [(row["carrier"], row["quantity"]) for row in answer["data"]] == [("electricity", 7.0)]
    assert [each["carrier"] for each in answer["withheld"]] == ["natural_gas"]


def test_neighbours_are_not_told_apart(banner: Banner) -> None:
    banner.uses("electricity", 1.0, 2.0, 4.0)

    for by in ("enterprise", "unit", "meter", "park"):
        assert banner.ask(by=by).json()["code"] == "outside_reach"


def test_differences_of_shorter_times_are_not_told(banner: Banner) -> None:
    banner.uses("electricity", 1.0, 2.0, 4.0)

    assert banner.ask(bucket="day").json()["code"] == "months_alone"
    assert banner.ask(start="2026-03-02").json()["code"] == "months_alone"
    assert banner.ask(bucket="year", start="2026-01-01", end="2100-01-01").json()["code"] == "months_alone"


def test_a_year_with_a_month_of_two_is_withheld(banner: Banner) -> None:
    banner.uses("electricity", 1.0, 2.0)

    year = banner.ask(start="2026-01-01", end="2026-06-01", bucket="total").json()

    assert (year["data"], [each["carrier"] for each in year["withheld"]]) == ([], ["electricity"])


def test_another_banner_is_not_told(banner: Banner) -> None:
    for area in (DALAD, "150600", "150000"):
        assert banner.ask(scope=f"area:{area}").json()["code"] == "outside_reach"

"""What a meter meant when it was read counts: a change from a moment on leaves what was booked before as it is."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.core.calendar import SHANGHAI, to_us
from services.core.meter import PICO, MeterRule
from tests.integration.line import QUARTER, Line, booked, quarters, rolling_up, to_be_booked
from tests.integration.registered import DALAD, Registered
from tests.unit.energy.booking.term_story import term

pytestmark = pytest.mark.store

TEN = datetime(2026, 10, 5, 10, 0, tzinfo=SHANGHAI)
THE_DAY = {"start": "2026-10-05", "end": "2026-10-06"}


def minutes(meter: str, start: datetime, values: Iterable[float]) -> list[tuple[str, datetime, float]]:
    return [(meter, start + i * timedelta(minutes=1), value) for i, value in enumerate(values)]


class Site:
    """An enterprise with one unit and one gateway."""

    def __init__(self, registered: Registered, line: Line, client: TestClient) -> None:
        self.registered, self.line, self.client = registered, line, client
        self.enterprise = registered.enterprise()
        self.unit, self.gateway = registered.unit(self.enterprise), registered.gateway(self.enterprise)

    def meter(self, **given: Any) -> str:
        return self.registered.meter(unit_code=self.unit, gateway_code=self.gateway, **given)

    def booked_of(self, readings: list[tuple[str, datetime, float]]) -> None:
        self.line.send(self.gateway, readings)
        self.line.roll_up()

    def term(self, meter: str, **said: Any) -> None:
        answer = self.client.post(f"/api/v1/meters/{meter}/terms", json={"reason": "工单 117"} | said)
        assert answer.status_code == 201, answer.text
        self.line.roll_up()

    def total(self, scope: str, **range_: str) -> float | None:
        return self.line.total(scope=scope, **(range_ or THE_DAY))


@pytest.fixture
def site(registered: Registered, line: Line, client: TestClient) -> Site:
    return Site(registered, line, client)


def test_a_register_that_goes_from_kwh_to_mwh_counts_on(site: Site) -> None:
    meter = site.meter()
    site.booked_of(quarters(meter, TEN, [21_992.0, 21_993.0, 21.994, 21.995]))
    site.term(meter, valid_from=(TEN + 2 * QUARTER).isoformat(), unit_of_measure="MWh")
    assert site.total(f"meter:{meter}") == 3.0
    assert site.line.marks(meter) == ["good"] * 4


def test_a_patch_with_a_moment_makes_a_term(site: Site) -> None:
    meter = site.meter()
    site.booked_of(quarters(meter, TEN, [21_992.0, 21_993.0, 21.994, 21.995]))
    patch = {"unit_of_measure": "MWh", "valid_from": (TEN + 2 * QUARTER).isoformat()}
    assert site.client.patch(f"/api/v1/meters/{meter}", json=patch).status_code == 200
    site.line.roll_up()
    assert site.total(f"meter:{meter}") == 3.0


def test_another_current_transformer_counts_from_when_it_was_put_in(site: Site) -> None:
    meter = site.meter(multiplier=600)
    site.booked_of(quarters(meter, TEN, [100.0, 101.0, 102.0]))
    assert site.total(f"meter:{meter}") == 1200.0
    site.term(meter, valid_from=(TEN + 2 * QUARTER).isoformat(), multiplier=800)
    assert site.total(f"meter:{meter}") == 1200.0
    site.booked_of(quarters(meter, TEN + 3 * QUARTER, [103.0]))
    assert site.total(f"meter:{meter}") == 2000.0


def test_an_interval_meter_with_another_interval_keeps_the_periods_of_before(site: Site) -> None:
    meter = site.meter(kind="interval", unit_of_measure="kW")
    site.booked_of(quarters(meter, TEN, [100.0] * 4))
    site.term(meter, valid_from=(TEN + 4 * QUARTER).isoformat(), interval_s=60)
    site.booked_of(minutes(meter, TEN + 4 * QUARTER, [100.0] * 15))
    assert site.total(f"meter:{meter}") == pytest.approx(125.0)


def test_a_gateway_that_was_replaced_delivers_what_it_had_read(site: Site, client: TestClient) -> None:
    meter, new = site.meter(kind="interval"), site.registered.gateway(site.enterprise)
    site.booked_of([(meter, TEN, 25.0)])
    assert site.line.send(new, [(meter, TEN + 3 * QUARTER, 25.0)])["rejected"][0]["code"] == "meter_of_another_gateway"
    swap = {"gateway_code": new, "valid_from": (TEN + 3 * QUARTER).isoformat()}
    assert client.patch(f"/api/v1/meters/{meter}", json=swap).status_code == 200
    assert client.post("/api/v1/rejected-readings/retry", params={"gateway": new}).json()["stored"] == 1
    backlog = site.line.send(site.gateway, [(meter, TEN + QUARTER, 25.0), (meter, TEN + 2 * QUARTER, 25.0)])
    assert (backlog["stored"], backlog["rejected"]) == (2, [])
    site.line.roll_up()
    assert site.total(f"meter:{meter}") == 100.0


def test_what_an_old_gateway_sent_before_the_change_had_its_date_is_taken_by_a_retry(
    site: Site, client: TestClient
) -> None:
    meter, new = site.meter(kind="interval"), site.registered.gateway(site.enterprise)
    swap = {"gateway_code": new, "correct_from_start": True, "reason": "the new one was taken for the first"}
    assert client.patch(f"/api/v1/meters/{meter}", json=swap).status_code == 200
    late = [(meter, TEN + i * QUARTER, 25.0) for i in range(4)]
    assert len(site.line.send(site.gateway, late)["rejected"]) == 4
    assert client.post("/api/v1/rejected-readings/retry", params={"gateway": site.gateway}).json()["tried"] == 0
    back = {"gateway_code": site.gateway, "correct_from_start": True, "reason": "only since 10:45"}
    assert client.patch(f"/api/v1/meters/{meter}", json=back).status_code == 200
    swap = {"gateway_code": new, "valid_from": (TEN + 3 * QUARTER).isoformat()}
    assert client.patch(f"/api/v1/meters/{meter}", json=swap).status_code == 200
    retried = client.post("/api/v1/rejected-readings/retry", params={"gateway": site.gateway}).json()
    assert (retried["tried"], retried["stored"], retried["refused"]) == (3, 3, 0)
    # What stays is not the old gateway's.
    assert client.post("/api/v1/rejected-readings/retry", params={"gateway": site.gateway}).json()["tried"] == 0


def test_energy_before_a_meter_goes_to_another_enterprise_stays_where_it_was(site: Site, client: TestClient) -> None:
    meter = site.meter()
    buyer = site.registered.enterprise(area_code=DALAD)
    unit, gateway = site.registered.unit(buyer), site.registered.gateway(buyer)
    midnight = datetime(2026, 10, 6, tzinfo=SHANGHAI)
    site.booked_of(quarters(meter, midnight - 4 * QUARTER, [0.0, 10.0, 20.0, 30.0, 40.0]))
    move = {"unit_code": unit, "gateway_code": gateway, "valid_from": "2026-10-06"}
    assert client.patch(f"/api/v1/meters/{meter}", json=move).status_code == 200
    site.line.roll_up()
    site.line.send(gateway, quarters(meter, midnight + QUARTER, [47.0, 54.0]))
    site.line.roll_up()
    two_days = {"start": "2026-10-05", "end": "2026-10-07"}
    assert site.total(f"enterprise:{site.enterprise}", **two_days) == 40.0
    assert site.total(f"enterprise:{buyer}", **two_days) == 14.0
    assert site.total(f"unit:{site.unit}", **two_days) == 40.0
    assert site.total(f"meter:{meter}", **two_days) == 54.0
    assert site.total(f"area:{DALAD}", **two_days) == 14.0


def test_a_reading_is_expected_of_the_enterprise_that_has_the_meter_that_day(site: Site, client: TestClient) -> None:
    meter = site.meter(kind="interval")
    buyer = site.registered.enterprise()
    unit, gateway = site.registered.unit(buyer), site.registered.gateway(buyer)
    site.booked_of(quarters(meter, datetime(2026, 10, 5, tzinfo=SHANGHAI), [1.0] * 96))
    move = {"unit_code": unit, "gateway_code": gateway, "valid_from": "2026-10-06"}
    assert client.patch(f"/api/v1/meters/{meter}", json=move).status_code == 200
    site.line.roll_up()
    two_days = {"start": "2026-10-05", "end": "2026-10-07", "bucket": "total"}
    (sold,) = site.line.ask(scope=f"enterprise:{site.enterprise}", **two_days)
    (bought,) = site.line.ask(scope=f"enterprise:{buyer}", **two_days)
    (both,) = site.line.ask(scope=f"meter:{meter}", **two_days)
    assert (sold["quantity"], sold["coverage"]) == (96.0, 1.0)
    assert (bought["quantity"], bought["coverage"]) == (None, 0.0)
    assert (both["quantity"], both["coverage"]) == (96.0, 0.5)


def test_meters_with_terms_are_booked_in_bulk_as_each_alone(
    site: Site, database: psycopg.Connection, database_url: str
) -> None:
    meter = site.meter(multiplier=600)
    with rolling_up(database_url) as rollup:
        for i in range(40):
            site.line.send(site.gateway, [(meter, TEN + i * QUARTER, 100.0 + i)])
            if i == 20:
                changed = {"valid_from": (TEN + 18 * QUARTER).isoformat(), "multiplier": 800, "reason": "CT"}
                assert site.client.post(f"/api/v1/meters/{meter}/terms", json=changed).status_code == 201
            while rollup.once():
                pass
    rule = MeterRule((term(multiplier=600.0), term(to_us(TEN + 18 * QUARTER), multiplier=800.0)))
    assert booked(database, meter) == to_be_booked(database, meter, rule).slots
    assert site.total(f"meter:{meter}") == 18 * 600.0 + 21 * 800.0
    assert sum(energy.quantity_pico for energy in booked(database, meter).values()) == 27_600 * PICO

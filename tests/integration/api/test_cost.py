"""A question that would cost too much is refused before anything is summed, and says how to ask for less."""

from datetime import datetime
from typing import Any, NoReturn

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.api.indicators import told
from services.api.routes import balance, energy, quality
from services.core.calendar import SHANGHAI
from tests.integration.clock import ask_at
from tests.integration.registered import Registered

pytestmark = pytest.mark.store

NOW = datetime(2026, 7, 1, 10, 0, tzinfo=SHANGHAI)
ENTERPRISE, METERS, UNITS = "91150622MA0N0000XF", 4000, 1000


@pytest.fixture
def region(client: TestClient, registered: Registered, database: psycopg.Connection) -> TestClient:
    """The API at a time at which 4000 meters of 1000 units are registered."""
    enterprise = registered.enterprise(credit_code=ENTERPRISE)
    registered.gateway(enterprise, code="G")
    database.execute(
        "INSERT INTO unit (code, enterprise_id, name_zh) SELECT 'U-' || n, enterprise_id, '焦炉' FROM enterprise,"
        " generate_series(1, %s) AS n",
        [UNITS],
    )
    database.execute(
        "INSERT INTO meter (code, unit_id, gateway_id, name_zh, kind, carrier, flow, unit_of_measure)"
        " SELECT 'M-' || unit_id || '-' || n, unit_id, gateway_id, '电表', 'counter', 'electricity', 'input', 'kWh'"
        " FROM unit, gateway, generate_series(1, %s) AS n",
        [METERS // UNITS],
    )
    database.execute("UPDATE registry_revision SET revision = revision + 1")
    ask_at(client, NOW)
    return client


def never(*_given: Any, **_named: Any) -> NoReturn:
    raise AssertionError("summed")


YEAR = {"start": "2025-07-01", "end": "2026-07-01"}
MONTH = {"start": "2026-06-01", "end": "2026-07-01"}
FORTNIGHT = {"start": "2026-06-17", "end": "2026-07-01"}
OWN = {"scope": f"enterprise:{ENTERPRISE}"}


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("energy", MONTH | {"by": "meter", "bucket": "hour"}),
        ("energy", MONTH | {"by": "meter", "bucket": "day"}),
        ("energy", MONTH | OWN | {"by": "meter", "bucket": "day"}),
        ("energy", YEAR | {"by": "unit", "bucket": "day"}),
        ("energy", YEAR | {"by": "unit,area", "bucket": "day", "carrier": "electricity"}),
        # one sum a quarter hour, of eleven million
        ("energy", MONTH | OWN | {"bucket": "15m"}),
        ("energy", MONTH | {"bucket": "15m"}),
        ("energy", YEAR | {"bucket": "total", "estimates": "linear"}),
        ("energy/balance", MONTH | OWN | {"bucket": "15m"}),
        ("energy/balance", YEAR | {"by": "unit", "bucket": "day"}),
        ("indicators/pue", MONTH | {"by": "unit", "bucket": "day"}),
        ("quality", YEAR | {"by": "unit", "bucket": "day"}),
        ("quality", MONTH | OWN | {"by": "meter", "bucket": "day"}),
        ("quality", {"start": "2017-07-01", "end": "2026-07-01", "bucket": "total"}),
    ],
)
def test_what_would_cost_too_much_is_refused_before_anything_is_summed(
    region: TestClient, database: psycopg.Connection, path: str, asked: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    database.execute("UPDATE unit SET process = 'data_centre'")
    summing = ((energy, "energy_with_manual"), (balance, "energy_with_manual"), (told, "evaluate"), (quality, "lines"))
    for module, name in summing:
        monkeypatch.setattr(module, name, never)
    answer = region.get(f"/api/v1/{path}", params=asked)
    assert (answer.status_code, answer.json()["code"]) == (422, "too_much"), answer.text
    assert "ask for a longer bucket, a shorter range" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("energy", YEAR | {"by": "meter", "bucket": "total", "limit": "1"}),
        ("energy", YEAR | {"bucket": "day"}),
        ("energy", YEAR | {"by": "league", "bucket": "day"}),
        ("energy", MONTH | {"by": "area", "bucket": "hour"}),
        ("energy", {"start": "2000-01-01", "end": "2100-01-01", "by": "banner", "bucket": "month"}),
        ("energy", {"start": "2026-07-01T00:15:00+08:00", "end": "2026-07-01T09:45:00+08:00"}),
        ("energy", MONTH | {"scope": "meter:M-1-1", "bucket": "15m"}),
        ("energy", MONTH | {"scope": "unit:U-1", "bucket": "hour", "by": "meter", "estimates": "linear"}),
        ("energy/balance", YEAR | {"by": "league", "bucket": "month"}),
        ("energy/balance", YEAR | {"by": "unit", "bucket": "month"}),
        (
            "indicators/energy_intensity_gdp",
            {"bucket": "year", "start": "2016-01-01", "end": "2026-01-01", "by": "league"},
        ),
        ("indicators/pue", YEAR | {"bucket": "month", "by": "unit"}),
        ("quality", MONTH | {"bucket": "day"}),
        ("quality", YEAR | {"bucket": "month", "by": "enterprise"}),
    ],
)
def test_what_is_asked_in_earnest_is_answered(region: TestClient, path: str, asked: dict[str, str]) -> None:
    answer = region.get(f"/api/v1/{path}", params=asked)
    assert answer.status_code == 200, answer.text


def test_what_is_compared_costs_twice(region: TestClient) -> None:
    # 4000 meters: 15 days are 60 000 sums
    asked = {"start": "2026-06-10", "end": "2026-06-25", "by": "meter", "bucket": "day", "limit": "1"}
    assert region.get("/api/v1/energy", params=asked).status_code == 200
    refused = region.get("/api/v1/energy", params=asked | {"compare": "previous"})
    assert (refused.status_code, refused.json()["code"]) == (422, "too_much")
    assert region.get("/api/v1/energy", params=asked | {"end": "2026-06-26"}).status_code == 422
    half = asked | {"end": "2026-06-17", "compare": "previous"}
    assert region.get("/api/v1/energy", params=half).status_code == 200


@pytest.mark.parametrize(("form", "days"), [("csv", 7), ("xlsx", 6)])
def test_a_sum_weighs_more_in_a_file(region: TestClient, form: str, days: int) -> None:
    # 4000 meters: 28 000 sums as CSV, 24 000 as XLSX; a day more is beyond
    asked = {"end": "2026-06-30", "by": "meter", "bucket": "day", "format": form}
    assert region.get("/api/v1/energy", params=asked | {"start": f"2026-06-{30 - days}"}).status_code == 200
    refused = region.get("/api/v1/energy", params=asked | {"start": f"2026-06-{29 - days}"})
    assert (refused.status_code, refused.json()["code"]) == (422, "too_much")
    assert "a sum counts 2 in CSV, 2.5 in XLSX, and 1 in pages of JSON" in refused.json()["detail"]


def test_a_balance_and_scores_weigh_twice_as_much_as_sums(region: TestClient) -> None:
    # 1000 units with one carrier and flow: 30 days are 30 000 sums
    asked = {"start": "2026-06-01", "by": "unit", "bucket": "day", "limit": "1"}
    for path in ("energy/balance", "quality"):
        assert region.get(f"/api/v1/{path}", params=asked | {"end": "2026-07-01"}).status_code == 200, path
        refused = region.get(f"/api/v1/{path}", params=asked | {"start": "2026-05-31", "end": "2026-07-01"})
        assert (refused.status_code, refused.json()["code"]) == (422, "too_much"), path
    whole = asked | {"start": "2026-05-31", "end": "2026-07-01"}
    assert region.get("/api/v1/energy", params=whole).status_code == 200


@pytest.mark.parametrize(
    ("path", "asked", "module", "formed"),
    [
        ("energy", FORTNIGHT | {"by": "unit", "bucket": "day"}, energy, "energy_with_manual"),
        ("energy/balance", FORTNIGHT | {"by": "unit", "bucket": "day"}, balance, "energy_with_manual"),
        ("quality", FORTNIGHT | {"by": "unit", "bucket": "day"}, quality, "lines"),
    ],
)
def test_the_pages_of_a_file_are_formed_once(
    region: TestClient,
    database: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    asked: dict[str, str],
    module: Any,
    formed: str,
) -> None:
    database.execute("UPDATE unit SET process = 'data_centre'")
    times = []
    form = getattr(module, formed)

    def counted(*given: Any, **named: Any) -> Any:
        times.append(1)
        return form(*given, **named)

    monkeypatch.setattr(module, formed, counted)
    answer = region.get(f"/api/v1/{path}", params=asked | {"format": "csv"})
    assert answer.status_code == 200, answer.text[:500]
    assert len(answer.text.splitlines()) > 10_000, "several pages"
    assert len(times) == 1


def test_four_thousand_ratios_are_formed_at_once(region: TestClient, database: psycopg.Connection) -> None:
    database.execute("UPDATE unit SET process = 'data_centre'")
    asked = {"start": "2026-01-01", "end": "2026-05-01", "bucket": "month", "by": "unit", "limit": "1"}
    assert region.get("/api/v1/indicators/pue", params=asked).status_code == 200
    refused = region.get("/api/v1/indicators/pue", params=asked | {"end": "2026-06-01"})
    assert (refused.status_code, refused.json()["code"]) == (422, "too_much")

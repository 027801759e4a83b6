"""Outlets, what their monitors said, transmission rates and discharged amounts."""

import datetime as dt
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.core.calendar import to_us
from services.core.db.connections import connect
from services.core.db.roles import DatabaseRole
from services.ingest.hj212.emissions import Emission, EmissionGrain
from services.ingest.hj212.keep import keep_emissions
from tests.integration.registered import JUNGAR, Registered

pytestmark = pytest.mark.store

SHANGHAI = dt.timezone(dt.timedelta(hours=8))
DAY = dt.datetime(2026, 3, 2, tzinfo=SHANGHAI)
LIMIT = {"factor": "a21026", "grain": "hour", "number": 35, "valid_from": "2026-01-01", "source": "permit"}
STOP = {"start": "2026-03-02T20:00:00+08:00", "end": "2026-03-02T22:30:00+08:00", "reason": "检修"}


def put(client: TestClient, code: str, **given: Any) -> Any:
    entry = {"name_zh": "烟囱", "medium": "gas"} | given
    answer = client.put(f"/api/v1/outlets/{code}", json=entry)
    assert answer.status_code == 200, answer.text
    return answer.json()


def monitored(registered: Registered, code: str, **given: Any) -> str:
    """An outlet with a monitor that has been due since the first of March; the gateway."""
    enterprise = registered.enterprise()
    gateway = registered.gateway(enterprise)
    put(registered.client, code, credit_code=enterprise, gateway=gateway, monitored_from="2026-03-01", **given)
    return gateway


def keep(database_url: str, *emissions: Emission) -> None:
    with connect(database_url, role=DatabaseRole.INGEST, application_name="test") as connection:
        keep_emissions(connection, emissions)
        connection.commit()


def hour(gateway: str, number: int, *, flag: str = "N", factor: str = "a21026", **given: float) -> Emission:
    at_us = to_us(DAY + dt.timedelta(hours=number))
    hourly = Emission(gateway=gateway, factor=factor, grain=EmissionGrain.HOUR, at_us=at_us, flag=flag)
    return replace(hourly, **given)  # type: ignore[arg-type]


def ask(client: TestClient, path: str, **query: Any) -> Any:
    answer = client.get(f"/api/v1/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_outlet_is_what_was_put_last(registered: Registered, client: TestClient) -> None:
    gateway = monitored(registered, "DA001", permit="9115P", emits_voc=True, limits=[LIMIT], stops=[STOP])
    kept = client.get("/api/v1/outlets/DA001").json()
    assert (kept["gateway"], kept["permit"], kept["emits_voc"], kept["monitored"]) == (gateway, "9115P", True, True)
    assert kept["limits"] == [LIMIT | {"converted": False, "number": 35.0}]
    assert [stop["reason"] for stop in kept["stops"]] == ["检修"]
    put(client, "DA001", credit_code=kept["credit_code"])
    now = ask(client, "outlets", area=JUNGAR, monitored=False)["data"]
    assert [(each["code"], each["gateway"], each["limits"], each["stops"]) for each in now] == [("DA001", None, [], [])]
    assert client.delete("/api/v1/outlets/DA001").status_code == 204
    assert client.get("/api/v1/outlets/DA001").json()["code"] == "unknown_outlet"


@pytest.mark.parametrize(
    ("given", "field", "reason"),
    [
        ({"gateway": "G-none"}, "gateway", "unknown"),
        ({"gateway": "G-other"}, "gateway", "gateway_elsewhere"),
        ({"gateway": "G-taken"}, "gateway", "monitors_another"),
        ({"monitored_from": "2026-01-01"}, "monitored_from", "only_with"),
        ({"limits": [LIMIT | {"factor": "i33201"}]}, "limits.0.factor", "no_pollutant"),
        ({"limits": [LIMIT, LIMIT]}, "limits.1", "point_twice"),
        ({"stops": [STOP | {"end": STOP["start"]}]}, "stops.0.end", "not_later"),
    ],
)
def test_outlet_that_does_not_fit_is_refused_by_field(
    registered: Registered, client: TestClient, given: dict[str, Any], field: str, reason: str
) -> None:
    enterprise = registered.enterprise()
    registered.gateway(registered.enterprise(), code="G-other")
    put(client, "DA009", credit_code=enterprise, gateway=registered.gateway(enterprise, code="G-taken"))
    entry = {"name_zh": "烟囱", "medium": "gas", "credit_code": enterprise} | given
    answer = client.put("/api/v1/outlets/DA001", json=entry)
    assert answer.status_code == 422
    assert [(fault["field"], fault["code"]) for fault in answer.json()["errors"]] == [(field, reason)]


def test_records_have_units_and_say_whether_a_limit_is_exceeded(
    registered: Registered, client: TestClient, database_url: str
) -> None:
    gateway = monitored(registered, "DA001", limits=[LIMIT])
    keep(
        database_url,
        hour(gateway, 0, mean=34.9, amount=4.0),
        hour(gateway, 1, mean=35.1, amount=4.1),
        hour(gateway, 2, mean=99.0, flag="M"),
        hour(gateway, 0, factor="w01018", mean=30.0),
    )
    span = {"start": DAY.isoformat(), "end": (DAY + dt.timedelta(days=1)).isoformat()}
    found = ask(client, "emissions", outlet="DA001", factor="a21026", **span)["data"]
    assert [(each["mean"], each["valid"], each["permitted"], each["exceeds"]) for each in found] == [
        (34.9, True, 35.0, False),
        (35.1, True, 35.0, True),
        (99.0, False, 35.0, None),
    ]
    assert (found[0]["unit"], found[0]["amount_unit"], found[0]["factor_zh"]) == ("mg/m3", "kg", "二氧化硫")
    assert len(ask(client, "emissions", gateway=gateway, **span)["data"]) == 4
    assert ask(client, "emissions", gateway=gateway, grain="day", **span)["data"] == []


def test_rate_is_transmission_times_validity_without_filed_stops(
    registered: Registered, client: TestClient, database_url: str
) -> None:
    gateway = monitored(registered, "DA001", stops=[STOP])
    silent = monitored(registered, "DA002")
    # 24 hours less two wholly in the stop; 20 came, of which one is flagged.
    keep(database_url, *(hour(gateway, n, mean=1.0, flag="D" if n == 5 else "N") for n in range(20)))
    keep(database_url, hour(gateway, 21, mean=1.0), hour(gateway, 0, mean=1.0, factor="a21002"))
    found = ask(client, "transmission-rates", start="2026-03-02", end="2026-03-03")
    first, second = found["data"]
    assert (first["hours_due"], first["hours_received"], first["hours_valid"]) == (22, 20, 19)
    assert (first["transmission"], first["validity"], first["rate"]) == (20 / 22, 19 / 20, 19 / 22)
    assert (second["outlet"], second["hours_due"], second["transmission"], second["validity"]) == ("DA002", 24, 0, None)
    assert (found["total"]["hours_due"], found["total"]["rate"]) == (46, 19 / 46)
    assert silent
    assert "hours received / hours due" in found["formula"]


def test_amounts_are_exact_sums_of_valid_hours_with_coverage(
    registered: Registered, client: TestClient, database: psycopg.Connection, database_url: str
) -> None:
    gateway = monitored(registered, "DA001")
    keep(database_url, *(hour(gateway, n, amount=0.1) for n in range(10)), hour(gateway, 10, amount=5.0, flag="D"))
    found = ask(client, "emissions/amounts", start="2026-03-02", end="2026-03-03", factor="a21026")
    (row,) = found["data"]
    assert (row["amount"], row["unit"], row["hours_due"], row["hours_received"], row["hours_valid"]) == (
        1.0,
        "kg",
        24,
        11,
        10,
    )
    assert row["coverage"] == 10 / 24
    assert [(each["factor"], each["amount"], each["outlets"]) for each in found["total"]] == [("a21026", 1.0, 1)]
    assert database.execute("SELECT count(*) FROM reading").fetchone() == (0,)


def test_what_came_later_and_differs_is_listed_beside_what_stands(
    registered: Registered, client: TestClient, database_url: str
) -> None:
    gateway = monitored(registered, "DA001")
    keep(
        database_url, hour(gateway, 0, amount=4.0), hour(gateway, 0, amount=4.0), hour(gateway, 0, amount=4.5, flag="S")
    )
    (found,) = ask(client, "emissions/later", outlet="DA001")["data"]
    assert (found["amount"], found["flag"], found["stands_amount"], found["stands_flag"]) == (4.5, "S", 4.0, "N")


def test_span_of_all_monitors_is_a_week_at_most(registered: Registered, client: TestClient) -> None:
    monitored(registered, "DA001")
    span = {"start": DAY.isoformat(), "end": (DAY + dt.timedelta(days=8)).isoformat()}
    assert client.get("/api/v1/emissions", params=span).json()["errors"][0]["code"] == "lasts_too_long"
    assert ask(client, "emissions", outlet="DA001", **span)["data"] == []


def test_too_many_days_or_none_are_refused(client: TestClient) -> None:
    for end, reason in (("2026-03-01", "not_later"), ("2027-06-01", "lasts_too_long")):
        answer = client.get("/api/v1/transmission-rates", params={"start": "2026-03-01", "end": end})
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, reason)


def test_hours_that_cannot_be_are_kept_and_count_nowhere(registered: Registered, database_url: str) -> None:
    client = registered.client
    gateway = monitored(registered, "DA001", limits=[LIMIT])
    keep(
        database_url,
        hour(gateway, 0, mean=10.0, amount=1.0),
        hour(gateway, 1, mean=10.0, amount=-50.0),
        hour(gateway, 2, mean=90.0, greatest=40.0, amount=1.0),
        hour(gateway, 3, factor="a99999", mean=1.0),
    )
    of_day = {"start": "2026-03-02", "end": "2026-03-03"}
    span = {"start": "2026-03-02T00:00:00+08:00", "end": "2026-03-03T00:00:00+08:00", "outlet": "DA001"}
    rows = ask(client, "emissions", **span)["data"]
    assert [(row["flag"], row["doubt"], row["valid"], row["exceeds"]) for row in rows] == [
        ("N", None, True, False),
        ("N", "negative", False, None),
        ("N", "out_of_order", False, None),
        ("N", "unknown_factor", False, None),
    ]
    assert len(ask(client, "emissions", **span, doubt="negative")["data"]) == 1
    (sums,) = [row for row in ask(client, "emissions/amounts", **of_day)["data"] if row["factor"] == "a21026"]
    assert (sums["amount"], sums["hours_received"], sums["hours_valid"]) == (1.0, 3, 1)
    rate = ask(client, "transmission-rates", **of_day)["total"]
    assert (rate["hours_received"], rate["hours_valid"]) == (3, 1)

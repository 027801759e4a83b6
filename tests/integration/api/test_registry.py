"""The registry: what is registered can be listed, read, changed and removed, and fits together."""

from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from tests.integration.api.registry_answers import codes, refused_field
from tests.integration.registered import (
    ALWAYS,
    DALAD,
    HOHHOT,
    JUNGAR,
    KANGBASHI,
    ORDOS,
    SAIHAN,
    Registered,
    credit_code,
)


def test_a_new_enterprise_shows_its_first_membership(client: TestClient, registered: Registered) -> None:
    park = registered.park(area_code=ORDOS)
    enterprise = registered.enterprise(park_code=park, valid_from="2025-03-01")
    membership = {"area_code": JUNGAR, "park_code": park, "valid_from": "2025-03-01"}
    answer = client.get(f"/api/v1/enterprises/{enterprise}").json()
    assert answer["membership"] == membership
    assert answer["memberships"] == [membership]
    assert answer["trade"] == "coke"


def test_a_membership_that_begins_later_is_not_the_present_one(client: TestClient, registered: Registered) -> None:
    enterprise = registered.enterprise(valid_from="2199-01-01")
    answer = client.get(f"/api/v1/enterprises/{enterprise}").json()
    assert answer["membership"] is None
    assert len(answer["memberships"]) == 1
    assert codes(client, "enterprises", key="credit_code", area=JUNGAR) == []


def test_only_the_fields_given_change(client: TestClient, registered: Registered) -> None:
    meter = registered.meter(multiplier=6000, name_en="Main", register_size=1e6)
    before = client.get(f"/api/v1/meters/{meter}").json()
    answer = client.patch(f"/api/v1/meters/{meter}", json={"name_en": None, "multiplier": 8000} | ALWAYS)
    assert answer.status_code == 200
    after = client.get(f"/api/v1/meters/{meter}").json()
    assert after == before | {"name_en": None, "multiplier": 8000.0}
    assert answer.json() == {name: value for name, value in after.items() if name != "names"}


@pytest.mark.parametrize("code", ["enermon", "enermon-ingest-0", "enermonitor", "Enermon-x"])
def test_no_gateway_is_called_as_the_services_are_at_the_broker(
    client: TestClient, registered: Registered, code: str
) -> None:
    owner = registered.enterprise()
    answer = client.post("/api/v1/gateways", json={"code": code, "credit_code": owner})
    imported = client.post(
        "/api/v1/import/gateways",
        content=f"code,credit_code\n{code},{owner}\n",
        headers={"Content-Type": "text/csv"},
    )
    for refused in (answer, imported):
        assert refused.status_code == 422
        [fault] = refused.json()["errors"]
        assert (fault["field"], fault["code"]) == ("code", "reserved")
        assert "enermon" in fault["reason"]
        assert fault["reason_zh"].startswith("不能以“enermon”开头")


@pytest.mark.store
def test_a_gateway_can_be_renamed(client: TestClient, registered: Registered) -> None:
    gateway = registered.gateway(registered.enterprise(), name="旧")
    assert client.patch(f"/api/v1/gateways/{gateway}", json={"name": "新"}).json()["name"] == "新"


@pytest.mark.parametrize(
    ("address", "patch", "field"),
    [
        ("meters/{meter}", {"code": "M-9"}, "code"),
        ("units/{unit}", {"credit_code": credit_code(1)}, "credit_code"),
        ("meters/{meter}", {"name_zh": None}, "name_zh"),
        ("meters/{meter}", {"kind": "gauge"} | ALWAYS, "unit_of_measure"),
        ("meters/{meter}", {"carrier": "water"}, "unit_of_measure"),
        ("meters/{meter}", {"unit_code": "none"} | ALWAYS, "unit_code"),
        ("meters/{meter}", {"valid_from": "2026-02-01", "valid_to": "2026-02-01"}, "valid_to"),
    ],
)
def test_a_change_that_does_not_fit_is_refused_and_changes_nothing(
    client: TestClient, registered: Registered, address: str, patch: dict[str, Any], field: str
) -> None:
    meter = registered.meter()
    unit = client.get(f"/api/v1/meters/{meter}").json()["unit_code"]
    address = f"/api/v1/{address.format(meter=meter, unit=unit)}"
    before = client.get(address).json()
    assert refused_field(client.patch(address, json=patch))[0] == field
    assert client.get(address).json() == before


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ({"kind": "gauge"}, ("unit_of_measure", "gauge_needs_rate")),
        ({"unit_of_measure": "kW"}, ("unit_of_measure", "counter_needs_amount")),
        ({"unit_of_measure": "t"}, ("unit_of_measure", "bad_unit_of_measure")),
        ({"unit_of_measure": "furlong"}, ("unit_of_measure", "bad_unit_of_measure")),
        ({"carrier": "peat"}, ("carrier", "unknown")),
        ({"kind": "interval", "register_size": 1e6}, ("register_size", "only_for_counters")),
        ({"valid_from": "2026-01-02", "valid_to": "2026-01-01"}, ("valid_to", "not_after_valid_from")),
        ({"unit_code": "none"}, ("unit_code", "unknown")),
        ({"gateway_code": "none"}, ("gateway_code", "unknown")),
    ],
)
def test_a_meter_that_does_not_fit_is_refused(
    client: TestClient, registered: Registered, given: dict[str, Any], refused: tuple[str, str]
) -> None:
    owner = registered.enterprise()
    entry = {
        "code": "M-X",
        "unit_code": registered.unit(owner),
        "gateway_code": registered.gateway(owner),
        "name_zh": "电表",
        "kind": "counter",
        "carrier": "electricity",
        "flow": "input",
        "unit_of_measure": "kWh",
    } | given
    assert refused_field(client.post("/api/v1/meters", json=entry)) == refused
    assert client.get("/api/v1/meters/M-X").json()["code"] == "unknown_meter"


def test_interval_meters_may_give_amounts_or_mean_rates(client: TestClient, registered: Registered) -> None:
    for unit_of_measure in ("kWh", "MW"):
        meter = registered.meter(kind="interval", unit_of_measure=unit_of_measure)
        assert client.get(f"/api/v1/meters/{meter}").json()["unit_of_measure"] == unit_of_measure


def test_gateway_and_unit_of_a_meter_belong_to_one_enterprise(client: TestClient, registered: Registered) -> None:
    meter = registered.meter()
    stranger = registered.gateway(registered.enterprise())
    answer = client.patch(f"/api/v1/meters/{meter}", json={"gateway_code": stranger} | ALWAYS)
    assert refused_field(answer) == ("gateway_code", "other_enterprise")
    owner = registered.enterprise()
    both = {"unit_code": registered.unit(owner), "gateway_code": registered.gateway(owner)}
    assert client.patch(f"/api/v1/meters/{meter}", json=both | ALWAYS).status_code == 200


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ({"area_code": ORDOS}, ("area_code", "not_a_banner")),
        ({"area_code": "150699"}, ("area_code", "unknown")),
        ({"park_code": "none"}, ("park_code", "unknown")),
        ({"area_code": DALAD, "park_code": "P-JUNGAR"}, ("park_code", "park_elsewhere")),
        ({"area_code": SAIHAN, "park_code": "P-ORDOS"}, ("park_code", "park_elsewhere")),
        ({"credit_code": credit_code(7)[:-1] + "0"}, ("credit_code", "credit_code_check")),
    ],
)
def test_an_enterprise_that_does_not_fit_is_refused(
    client: TestClient, registered: Registered, given: dict[str, Any], refused: tuple[str, str]
) -> None:
    registered.park(code="P-JUNGAR", area_code=JUNGAR)
    registered.park(code="P-ORDOS", area_code=ORDOS)
    entry = {
        "credit_code": credit_code(7),
        "name_zh": "厂",
        "trade": "coke",
        "area_code": JUNGAR,
        "valid_from": "2025-01-01",
    }
    assert refused_field(client.post("/api/v1/enterprises", json=entry | given)) == refused


def test_a_park_of_the_league_takes_enterprises_of_all_its_banners(client: TestClient, registered: Registered) -> None:
    park = registered.park(area_code=ORDOS)
    members = [registered.enterprise(area_code=banner, park_code=park) for banner in (JUNGAR, KANGBASHI)]
    listed = client.get("/api/v1/enterprises", params={"park": park}).json()["data"]
    assert sorted(enterprise["credit_code"] for enterprise in listed) == sorted(members)


def test_a_park_lies_in_a_banner_or_league(unchanged: TestClient) -> None:
    entry = {"code": "P", "name_zh": "x", "kind": "ordinary", "area_code": "150000"}
    assert refused_field(unchanged.post("/api/v1/parks", json=entry)) == ("area_code", "not_below_league")


@pytest.mark.store
def test_a_park_cannot_move_away_from_its_enterprises(client: TestClient, registered: Registered) -> None:
    park = registered.park()
    registered.enterprise(park_code=park)
    refused = client.patch(f"/api/v1/parks/{park}", json={"area_code": HOHHOT})
    assert refused_field(refused) == ("area_code", "members_elsewhere")
    assert client.patch(f"/api/v1/parks/{park}", json={"area_code": ORDOS}).status_code == 200


def test_what_is_registered_cannot_be_registered_again(client: TestClient, registered: Registered) -> None:
    registered.park(code="P-1")
    answer = client.post("/api/v1/parks", json={"code": "P-1", "name_zh": "x", "kind": "ordinary", "area_code": JUNGAR})
    assert (answer.status_code, answer.json()["code"]) == (409, "already_exists")


def test_taken_edge_node_is_refused_with_the_gateway_that_it_is(client: TestClient, registered: Registered) -> None:
    owner = registered.enterprise()
    first = registered.gateway(owner, edge_node="Ordos/a")
    second = registered.gateway(owner)
    answer = client.patch(f"/api/v1/gateways/{second}", json={"edge_node": "Ordos/a"})
    (fault,) = answer.json()["errors"]
    assert (fault["field"], fault["code"]) == ("edge_node", "edge_node_taken")
    assert (fault["reason"], first in fault["reason_zh"]) == (f"edge node Ordos/a is gateway {first}", True)


@pytest.mark.store
def test_what_is_in_use_stays(client: TestClient, registered: Registered) -> None:
    park = registered.park()
    enterprise = registered.enterprise(park_code=park)
    meter = registered.meter(enterprise)
    unit = client.get(f"/api/v1/meters/{meter}").json()["unit_code"]
    gateway = client.get(f"/api/v1/meters/{meter}").json()["gateway_code"]
    in_order_of_removal = (
        f"meters/{meter}",
        f"units/{unit}",
        f"gateways/{gateway}",
        f"enterprises/{enterprise}",
        f"parks/{park}",
    )
    for address in in_order_of_removal[1:]:
        answer = client.delete(f"/api/v1/{address}")
        assert (answer.status_code, answer.json()["code"]) == (409, "in_use"), address
    for address in in_order_of_removal:
        assert client.delete(f"/api/v1/{address}").status_code == 204, address
        assert client.get(f"/api/v1/{address}").status_code == 404


def test_a_meter_with_readings_stays(client: TestClient, registered: Registered, database: psycopg.Connection) -> None:
    meter = registered.meter()
    database.execute(
        "INSERT INTO reading (meter_id, ts, value, batch_id)"
        " SELECT meter_id, '2026-01-01T00:00+08', 1, 1 FROM meter WHERE code = %s",
        [meter],
    )
    answer = client.delete(f"/api/v1/meters/{meter}")
    assert (answer.status_code, answer.json()["code"]) == (409, "in_use")
    assert "valid_to" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("areas/150699", "unknown_area"),
        ("carriers/peat", "unknown_carrier"),
        ("parks/none", "unknown_park"),
        (f"enterprises/{credit_code(9)}", "unknown_enterprise"),
        (f"enterprises/{credit_code(9)}/memberships", "unknown_enterprise"),
        ("units/none", "unknown_unit"),
        ("gateways/none", "unknown_gateway"),
        ("meters/none", "unknown_meter"),
        ("meters/none/replacements", "unknown_meter"),
        ("meters/none/acceptances", "unknown_meter"),
    ],
)
@pytest.mark.store
def test_what_is_not_registered_is_unknown(unchanged: TestClient, address: str, code: str) -> None:
    answer = unchanged.get(f"/api/v1/{address}")
    assert (answer.status_code, answer.json()["code"]) == (404, code)


def test_meters_in_units_of_the_field_are_registered_and_others_are_told_what_is_known(
    client: TestClient, registered: Registered
) -> None:
    owner = registered.enterprise()
    for carrier, unit in (
        ("electricity", "万kWh"),
        ("natural_gas", "万Nm³"),
        ("heat", "tce_calorific"),
        ("lignite", "万吨"),
    ):
        registered.meter(owner, carrier=carrier, unit_of_measure=unit)
    unit_code, gateway = registered.unit(owner), registered.gateway(owner)
    entry = {"unit_code": unit_code, "gateway_code": gateway, "name_zh": "表", "kind": "counter", "flow": "input"}

    def refused(carrier: str, unit: str) -> tuple[str, str]:
        given = entry | {"code": "M-X", "carrier": carrier, "unit_of_measure": unit}
        (fault,) = client.post("/api/v1/meters", json=given).json()["errors"]
        return fault["code"], fault["reason"]

    assert refused("water", "Nm3")[0] == "not_a_gas"
    assert "tce_calorific" in refused("heat", "tce")[1]
    code, reason = refused("electricity", "bushel")
    assert code == "bad_unit_of_measure"
    assert all(known in reason for known in ("kWh", "GJ", "Nm3", "万"))

"""What is registered is listed: narrowed, paged, and refused where a filter names nothing."""

import pytest
from fastapi.testclient import TestClient

from tests.integration.api.registry_answers import codes, refused_field
from tests.integration.registered import (
    HOHHOT,
    JUNGAR,
    ORDOS,
    SAIHAN,
    Registered,
    credit_code,
)


@pytest.mark.store
def test_the_banners_of_a_league_are_listed_below_it(unchanged: TestClient) -> None:
    banners = codes(unchanged, "areas", parent=ORDOS)
    assert len(banners) == 9
    assert JUNGAR in banners
    assert codes(unchanged, "areas", level="region") == ["150000"]
    assert codes(unchanged, "areas", q="准格尔") == [JUNGAR]


@pytest.mark.store
def test_carriers_say_the_unit_they_are_kept_in(unchanged: TestClient) -> None:
    assert unchanged.get("/api/v1/carriers/natural_gas").json() == {
        "code": "natural_gas",
        "name_zh": "天然气",
        "name_en": "Natural gas",
        "unit": "m3",
        "is_energy": True,
        "family": "gas",
        "nbs_code": "15",
        "names": {},
    }


@pytest.mark.store
def test_what_is_made_from_coal_is_of_family_coal(unchanged: TestClient) -> None:
    coal = set(codes(unchanged, "carriers", family="coal"))
    assert {"raw_coal", "washed_coal", "coke", "coke_oven_gas", "blast_furnace_gas", "converter_gas"} <= coal
    assert "natural_gas" not in coal


@pytest.mark.store
def test_filters_by_place_follow_the_present_membership(client: TestClient, registered: Registered) -> None:
    park = registered.park()
    inside = registered.enterprise(park_code=park)
    moved = registered.enterprise()
    address = f"/api/v1/enterprises/{moved}/memberships"
    assert client.post(address, json={"area_code": SAIHAN, "valid_from": "2025-06-01"}).status_code == 201
    meter_inside, meter_moved = registered.meter(inside), registered.meter(moved)

    assert codes(client, "enterprises", key="credit_code", area=JUNGAR) == [inside]
    assert codes(client, "enterprises", key="credit_code", area=HOHHOT) == [moved]
    assert codes(client, "enterprises", key="credit_code", park=park) == [inside]
    assert codes(client, "meters", area=ORDOS) == [meter_inside]
    assert codes(client, "meters", area="150000") == [meter_inside, meter_moved]
    assert codes(client, "meters", area=HOHHOT) == [meter_moved]
    assert codes(client, "meters", park=park) == [meter_inside]
    assert len(codes(client, "units", area=HOHHOT)) == len(codes(client, "gateways", area=HOHHOT)) == 1


@pytest.mark.store
def test_meters_are_filtered_by_what_they_measure_and_belong_to(client: TestClient, registered: Registered) -> None:
    coking = registered.enterprise()
    registered.meter(coking, code="E-1")
    registered.meter(coking, code="G-1", carrier="coke_oven_gas", flow="output", kind="gauge", unit_of_measure="m3/h")
    registered.meter(registered.enterprise(trade="steel"), code="E-2", name_en="Arc_furnace")
    unit = client.get("/api/v1/meters/E-2").json()["unit_code"]
    gateway = client.get("/api/v1/meters/G-1").json()["gateway_code"]
    assert codes(client, "meters", enterprise=coking) == ["E-1", "G-1"]
    assert codes(client, "meters", trade="steel") == ["E-2"]
    assert codes(client, "meters", carrier="coke_oven_gas") == ["G-1"]
    assert codes(client, "meters", flow="input") == ["E-1", "E-2"]
    assert codes(client, "meters", kind="gauge", enterprise=coking) == ["G-1"]
    assert codes(client, "meters", unit=unit) == ["E-2"]
    assert codes(client, "meters", gateway=gateway) == ["G-1"]
    assert codes(client, "meters", q="e-") == ["E-1", "E-2"]


@pytest.mark.store
def test_the_signs_of_like_stand_for_themselves_in_a_search(client: TestClient, registered: Registered) -> None:
    registered.park(code="P-1", name_zh="100%绿电园区")
    registered.park(code="P-2", name_zh="1000 绿电园区")
    registered.park(code="P_3", name_zh="反斜线\\园区")
    assert codes(client, "parks", q="100%") == ["P-1"]
    assert codes(client, "parks", q="P_") == ["P_3"]
    assert codes(client, "parks", q="\\") == ["P_3"]


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("area", "150799"),
        ("park", "nowhere"),
        ("enterprise", credit_code(9)),
        ("unit", "none"),
        ("gateway", "none"),
        ("carrier", "peat"),
    ],
)
def test_a_filter_that_names_nothing_is_refused(unchanged: TestClient, parameter: str, value: str) -> None:
    answer = unchanged.get("/api/v1/meters", params={parameter: value})
    assert refused_field(answer) == (parameter, "unknown")


def test_a_mistyped_parameter_is_refused(unchanged: TestClient) -> None:
    assert refused_field(unchanged.get("/api/v1/meters?aera=150622")) == ("aera", "mistyped_parameter")


@pytest.mark.store
def test_pages_join_to_the_whole_list(unchanged: TestClient) -> None:
    seen: list[str] = []
    cursor: str | None = None
    sizes = []
    while True:
        parameters = {"limit": 50, "level": "banner"} | ({"cursor": cursor} if cursor else {})
        page = unchanged.get("/api/v1/areas", params=parameters).json()
        sizes.append(len(page["data"]))
        seen += [entry["code"] for entry in page["data"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert sizes == [50, 50, 3]
    assert seen == sorted(set(seen))
    assert len(seen) == 103


def test_a_page_that_ends_with_the_list_is_the_last(unchanged: TestClient) -> None:
    assert unchanged.get("/api/v1/areas", params={"limit": 12, "level": "league"}).json()["next"] is None


@pytest.mark.parametrize("address", ["/api/v1/carriers?", "/api/v1/areas?level=league&"])
@pytest.mark.store
def test_a_cursor_of_another_list_or_filter_is_refused(unchanged: TestClient, address: str) -> None:
    cursor = unchanged.get("/api/v1/areas?limit=1").json()["next"]
    answer = unchanged.get(f"{address}cursor={cursor}")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_cursor")

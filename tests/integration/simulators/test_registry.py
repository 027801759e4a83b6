"""What the simulators register, the API takes: every field, every unit of measure, and a second time nothing."""

import httpx
import pytest
from fastapi.testclient import TestClient

from simulators.fleet.region import build_region
from simulators.registration import RegistryApi
from simulators.registry import Registry
from simulators.replay import load_mapping, registry_of
from simulators.replay.mapping import MAPPINGS_DIR
from tests.integration.served import ADDRESS


class ThroughTestClient(httpx.BaseTransport):
    """Carries the simulator's requests to the API under test."""

    def __init__(self, client: TestClient) -> None:
        self._client = client

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode()
        answer = self._client.request(request.method, path, content=request.read(), headers=dict(request.headers))
        return httpx.Response(answer.status_code, content=answer.content, headers={"content-type": "application/json"})


@pytest.fixture
def registry_api(client: TestClient) -> RegistryApi:
    return RegistryApi(ADDRESS, transport=ThroughTestClient(client))


def sizes(registry: Registry) -> dict[str, int]:
    return {kind: len(rows) for kind, rows in registry.by_kind().items()}


def test_the_simulated_region_is_registered_once(registry_api: RegistryApi) -> None:
    region = build_region(seed=1, enterprises=74, valid_from="2026-01-01").registry
    assert registry_api.register(region) == sizes(region)
    assert set(registry_api.register(region).values()) == {0}
    assert registry_api.known("meters") == {meter.code for meter in region.meters}


def test_a_number_that_was_corrected_is_left_as_it_is(registry_api: RegistryApi, client: TestClient) -> None:
    region = build_region(seed=1, enterprises=1).registry
    registry_api.register(region)
    corrected = {
        "owner": "area:150600",
        "kind": "gdp",
        "period": "2025",
        "value": 1,
        "unit": "10k CNY",
        "price_base": 2020,
    }
    assert client.post("/api/v1/statistics", json=corrected).json()["data"][0]["version"] == 2
    assert registry_api.register(region)["statistics"] == 0
    newest = client.get("/api/v1/statistics", params={"owner": "area:150600", "kind": "gdp", "period": "2025"}).json()
    assert [(row["version"], row["value"]) for row in newest["data"]] == [(2, 1.0)]


def test_what_the_region_reports_is_answered_as_it_was_sent(registry_api: RegistryApi, client: TestClient) -> None:
    region = build_region(seed=1, enterprises=20).registry
    registry_api.register(region)
    sent = {(s.owner, s.kind, s.period): (s.value, s.unit, s.price_base) for s in region.statistics}
    first = client.get("/api/v1/statistics", params={"limit": 1000}).json()
    rest = client.get("/api/v1/statistics", params={"limit": 1000, "cursor": first["next"]}).json()
    found = {
        (row["owner"], row["kind"], row["period"]): (row["value"], row["unit"], row["price_base"])
        for row in [*first["data"], *rest["data"]]
    }
    assert found == sent


def test_what_the_review_knows_of_a_unit_is_registered(registry_api: RegistryApi, client: TestClient) -> None:
    region = build_region(seed=1, enterprises=20).registry
    registry_api.register(region)
    for unit in region.units:
        answer = client.get(f"/api/v1/units/{unit.code}").json()
        assert answer["approved_energy_tce"] == unit.approved_energy_tce
        assert answer["design_energy_tce"] == unit.design_energy_tce
        assert answer["retrofit_due_on"] == (unit.retrofit_due_on or None)
        assert (answer["standard_racks"], answer["measuring_category"]) == (
            unit.standard_racks,
            unit.measuring_category,
        )
        assert (answer["status"], answer["commissioned_on"]) == (unit.status, unit.commissioned_on or None)


def test_more_meters_than_a_page_are_all_known(registry_api: RegistryApi) -> None:
    region = build_region(seed=1, enterprises=200).registry
    assert len(region.meters) > 1000
    registry_api.register(region)
    assert registry_api.known("meters") == {meter.code for meter in region.meters}


def test_all_replays_are_registered_beside_each_other(registry_api: RegistryApi) -> None:
    for path in sorted(MAPPINGS_DIR.glob("*.toml")):
        registry = registry_of(load_mapping(path))
        assert registry_api.register(registry) == sizes(registry)


def test_a_replacement_is_recorded_once(registry_api: RegistryApi, client: TestClient) -> None:
    region = build_region(seed=1, enterprises=1).registry
    registry_api.register(region)
    meter = next(meter.code for meter in region.meters if meter.kind == "counter")
    for _ in range(2):
        registry_api.record_replacement(
            meter, ts="2026-01-01T00:07:30+08:00", final_value=812.5, first_value=3.25, note="simulated"
        )
    recorded = client.get(f"/api/v1/meters/{meter}/replacements").json()["data"]
    assert [(row["final_value"], row["first_value"]) for row in recorded] == [(812.5, 3.25)]

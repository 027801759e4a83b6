"""Registering through the API is repeatable: what is there is left out."""

import csv
import io
import os
from pathlib import Path

import httpx
import pytest

from simulators.broker import BrokerOptionError, Login, broker_from_url, read_logins
from simulators.fleet.region import build_region
from simulators.registration import RegistrationError, RegistryApi, csv_of, write_csv_files

KINDS = ("parks", "enterprises", "units", "gateways", "meters", "statistics", "heat-values")


class FakeApi:
    """Lists in pages of two and takes imports."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, str]]] = {kind: [] for kind in KINDS}
        self.imports: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        kind = request.url.path.rsplit("/", 1)[-1]
        if request.method == "GET":
            first = int(request.url.params.get("cursor", "0"))
            rest = first + 2 < len(self.rows[kind])
            return httpx.Response(
                200, json={"data": self.rows[kind][first : first + 2], "next": str(first + 2) if rest else None}
            )
        assert request.headers["content-type"] == "text/csv"
        assert request.url.params["dry_run"] == "false"
        self.imports.append(kind)
        self.rows[kind] += list(csv.DictReader(io.StringIO(request.content.decode())))
        return httpx.Response(200, json={"created": 1, "errors": []})


def api_on(handler: object) -> RegistryApi:
    return RegistryApi("http://api.test", transport=httpx.MockTransport(handler))  # type: ignore[arg-type]


def test_everything_is_imported_in_the_order_in_which_it_depends() -> None:
    fake, region = FakeApi(), build_region(seed=1, enterprises=4)
    created = api_on(fake).register(region.registry)
    assert fake.imports == ["parks", "enterprises", "units", "gateways", "meters", "statistics"]
    assert not region.registry.heat_values
    assert created == {
        "parks": 19,
        "enterprises": 4,
        "units": 7,
        "gateways": 4,
        "meters": len(region.registry.meters),
        "statistics": len(region.registry.statistics),
        "heat-values": 0,
    }


def test_a_second_time_imports_nothing_and_a_larger_region_only_what_is_new() -> None:
    fake = FakeApi()
    api = api_on(fake)
    api.register(build_region(seed=1, enterprises=4).registry)
    assert set(api.register(build_region(seed=1, enterprises=4).registry).values()) == {0}
    assert api.register(build_region(seed=1, enterprises=6).registry)["enterprises"] == 2


def test_a_refusal_names_the_address_and_the_reasons() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json={"data": [], "next": None})
        problem = {"code": "import_refused", "detail": "2 rows", "errors": [{"line": 2, "field": "area_code"}]}
        return httpx.Response(422, json=problem)

    with pytest.raises(RegistrationError, match=r"import/parks: 422 import_refused 2 rows.*area_code"):
        api_on(refuse).register(build_region(seed=1, enterprises=1).registry)


def test_an_api_that_is_not_there_is_named() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("connection refused", request=request)

    with pytest.raises(RegistrationError, match=r"http://api\.test is not ready: connection refused"):
        api_on(refuse).wait_until_ready(0.0)


def test_a_replacement_that_is_recorded_already_is_left_as_it_is() -> None:
    def conflict(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/api/v1/meters/E01/replacements"
        return httpx.Response(409, json={"code": "already_exists"})

    api_on(conflict).record_replacement(
        "E01", ts="2026-01-01T00:00:00+08:00", final_value=1.0, first_value=0.0, note=""
    )


def test_absent_values_are_empty_cells(tmp_path: Path) -> None:
    registry = build_region(seed=1, enterprises=1).registry
    rows = list(csv.DictReader(io.StringIO(csv_of(registry.meters))))
    gauge = next(row for row in rows if row["kind"] == "gauge")
    assert (gauge["register_size"], gauge["multiplier"], gauge["valid_to"]) == ("", "1", "")
    assert [path.name for path in write_csv_files(registry, tmp_path)] == [
        "1-parks.csv",
        "2-enterprises.csv",
        "3-units.csv",
        "4-gateways.csv",
        "5-meters.csv",
        "6-statistics.csv",
    ]


def test_passwords_are_read_again_when_the_file_changes(tmp_path: Path) -> None:
    file = tmp_path / "gateways.csv"
    file.write_text("gateway,password\nGW-1,one\n", encoding="utf-8")
    broker = broker_from_url("mqtt://127.0.0.1:11883", passwords_file=file)
    assert (broker.login("GW-1"), broker.login("GW-2")) == (Login("GW-1", "one"), None)
    file.write_text("gateway,user,password\nGW-1,,one\nGW-2,GW-2@3,two\n", encoding="utf-8")
    changed_ns = file.stat().st_mtime_ns + 1_000_000_000
    os.utime(file, ns=(changed_ns, changed_ns))
    assert (broker.login("GW-1"), broker.login("GW-2")) == (Login("GW-1", "one"), Login("GW-2@3", "two"))


@pytest.mark.parametrize("url", ["127.0.0.1:1883", "http://127.0.0.1", "mqtt://"])
def test_a_wrong_broker_address_says_how_to_write_it(url: str) -> None:
    with pytest.raises(BrokerOptionError, match="write mqtt://host:port"):
        broker_from_url(url)


def test_a_secret_in_a_wrong_broker_address_is_not_shown() -> None:
    with pytest.raises(BrokerOptionError) as caught:
        broker_from_url("http://user:secret@127.0.0.1")
    assert "secret" not in str(caught.value)


def test_a_password_file_of_wrong_form_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "gateways.csv"
    file.write_text("name,secret\nGW-1,one\n", encoding="utf-8")
    with pytest.raises(BrokerOptionError, match="gateway,user,password"):
        read_logins(file)

"""What a browser can be made to do to the service by a page of another site, and what answers tell it."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from services.api.app import answer_from, create_app
from services.api.web_folder import digest
from services.core.settings import Settings
from tests.integration.running import running_api
from tests.integration.served import ADDRESS, shipped_tables

pytestmark = pytest.mark.store

PARK = {"code": "P-1", "name_zh": "大路工业园区", "kind": "low_carbon", "area_code": "150622"}
PARKS = "/api/v1/parks"
CARRIERS = "/api/v1/carriers"


def refused_as(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "localhost@evil.example", "[::2]", "", "10.1.2.3"],
)
def test_a_name_that_is_not_of_the_service_is_refused(client: TestClient, host: str) -> None:
    for path in (CARRIERS, "/", "/openapi.json", "/metrics", "/alerts", "/nowhere"):
        assert refused_as(client.get(path, headers={"Host": host})) == (400, "untrusted_host"), path
    assert refused_as(client.post(PARKS, json=PARK, headers={"Host": host})) == (400, "untrusted_host")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8000", "LOCALHOST", "localhost.", "[::1]:8000"])
def test_names_of_this_machine_are_those_of_the_service(client: TestClient, host: str) -> None:
    assert client.get(CARRIERS, headers={"Host": host}).status_code == 200


def test_health_is_told_by_any_name(client: TestClient) -> None:
    """Whoever balances the load asks by an address."""
    for path in ("/health/live", "/health/ready"):
        assert client.get(path, headers={"Host": "10.1.2.3:8000"}).status_code == 200


@pytest.fixture
def behind_a_proxy(client: TestClient, database_url: str) -> Iterator[TestClient]:
    """The API under a name of its own, by HTTPS."""
    settings = Settings(
        database_url=SecretStr(database_url),
        api_host="0.0.0.0",
        api_trusted_hosts="energy.example.cn, 10.9.8.7",
        alerts_link="https://alerts.example.cn/enermon/",
        api_hsts_s=600,
    )
    app = create_app(settings)
    answer_from(app, settings, shipped_tables())
    with TestClient(app, base_url=ADDRESS, headers=dict(client.headers), raise_server_exceptions=False) as other:
        yield other


def test_the_operator_says_by_which_names_else_the_service_is_asked(behind_a_proxy: TestClient) -> None:
    for host in ("energy.example.cn", "ENERGY.example.cn:443", "10.9.8.7", "alerts.example.cn", "localhost"):
        assert behind_a_proxy.get(CARRIERS, headers={"Host": host}).status_code == 200, host
    assert refused_as(behind_a_proxy.get(CARRIERS, headers={"Host": "example.cn"})) == (400, "untrusted_host")
    answer = behind_a_proxy.get(CARRIERS)
    assert answer.headers["strict-transport-security"] == "max-age=600"


def test_the_page_of_the_links_may_write_whatever_name_the_proxy_asks_by(behind_a_proxy: TestClient) -> None:
    written = behind_a_proxy.post(PARKS, json=PARK, headers={"Origin": "https://alerts.example.cn"})
    assert written.status_code == 201
    for origin in ("http://alerts.example.cn", "https://alerts.example.cn:8443", "https://energy.example.cn"):
        refused = behind_a_proxy.post(PARKS, json=PARK, headers={"Origin": origin})
        assert refused_as(refused) == (403, "cross_site"), origin


def test_the_address_by_which_a_request_came_in_is_a_name_of_the_service(client: TestClient, database_url: str) -> None:
    by = dict(client.headers)
    with running_api(ENERMON_DATABASE_URL=database_url, ENERMON_API_HOST="0.0.0.0") as address:
        port = address.rpartition(":")[2]
        came_in_by = f"http://127.0.0.2:{port}"
        assert httpx.get(f"{came_in_by}{CARRIERS}", headers=by).status_code == 200
        other = httpx.get(f"{came_in_by}{CARRIERS}", headers={**by, "Host": f"127.0.0.3:{port}"})
        assert refused_as(other) == (400, "untrusted_host")


FOREIGN: tuple[dict[str, str], ...] = (
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:8000"},
    {"Origin": "http://evil.example"},
    {"Origin": "http://127.0.0.1:3000"},
    {"Origin": "https://127.0.0.1:8000.evil.example"},
    {"Origin": "null"},
    {"Origin": "http://"},
    {"Origin": "http://[::1"},
)


@pytest.mark.parametrize("said", FOREIGN)
def test_a_write_from_a_page_of_another_site_is_refused(client: TestClient, said: dict[str, str]) -> None:
    asked: tuple[tuple[str, str], ...] = (("POST", PARKS), ("PATCH", f"{PARKS}/P-1"), ("DELETE", f"{PARKS}/P-1"))
    for method, path in (*asked, ("PUT", "/api/v1/rules/pue"), ("POST", "/api/v1/import/parks"), ("BREW", PARKS)):
        assert refused_as(client.request(method, path, json=PARK, headers=said)) == (403, "cross_site"), method
    assert client.get(PARKS, headers=said).json()["data"] == []


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1:8000"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://127.0.0.1:8000"},
    ],
)
def test_own_pages_and_programs_may_write(client: TestClient, said: dict[str, str]) -> None:
    assert client.post(PARKS, json=PARK, headers=said).status_code == 201


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "text/plain; charset=application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "",
        "text/json",
    ],
)
def test_a_body_of_a_kind_that_any_page_may_send_is_not_read(client: TestClient, kind: str) -> None:
    """These need no leave of the browser (CORS); JSON under another name is none."""
    said = {"Content-Type": kind} if kind else {}
    raw = b'{"code": "P-1", "name_zh": "x", "kind": "low_carbon", "area_code": "150622"}'
    for path in (PARKS, "/api/v1/statistics", "/api/v1/readings?gateway=GW", "/api/v1/import/parks"):
        assert refused_as(client.post(path, content=raw, headers=said)) == (415, "unsupported_media_type"), path
        assert client.post(path, content=iter([raw]), headers=said).status_code == 415, path
    assert client.get(PARKS).json()["data"] == []


def test_json_is_read_under_its_names(client: TestClient) -> None:
    raw = b'{"code": "P-%d", "name_zh": "x", "kind": "low_carbon", "area_code": "150622"}'
    for number, kind in enumerate(
        ("application/json", "Application/JSON; charset=utf-8", "application/merge-patch+json")
    ):
        assert client.post(PARKS, content=raw % number, headers={"Content-Type": kind}).status_code == 201, kind


ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


def test_every_answer_tells_the_browser_what_to_hold_to(client: TestClient, database: Any) -> None:
    database.execute("ALTER TABLE park RENAME COLUMN kind TO gone")
    asked = {
        ("GET", CARRIERS): 200,
        ("HEAD", CARRIERS): 200,
        ("GET", "/"): 200,
        ("GET", "/web/0/vendor/preact.js"): 200,
        ("GET", "/health/live"): 200,
        ("GET", "/metrics"): 200,
        ("GET", "/openapi.json"): 200,
        ("GET", "/nowhere"): 404,
        ("PUT", CARRIERS): 405,
        ("GET", "/api/v1/carriers/none"): 404,
        ("GET", "/api/v1/carriers?x=1"): 422,
        ("GET", PARKS): 500,
        ("POST", PARKS): 422,
    }
    for (method, path), status in asked.items():
        answer = client.request(method, path)
        assert answer.status_code == status, path
        assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS, path
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"], path
        assert "geolocation=()" in answer.headers["permissions-policy"], path
        assert answer.headers["cache-control"] in ("private, no-cache", "no-cache", "no-store"), path
        assert "strict-transport-security" not in answer.headers
        if status != 500:  # which is kept nowhere
            assert {"authorization", "cookie"} <= {name.strip().lower() for name in answer.headers["vary"].split(",")}


def test_data_is_kept_by_its_asker_alone_and_what_failed_by_nobody(client: TestClient) -> None:
    found = client.get(CARRIERS)
    assert found.headers["cache-control"] == "private, no-cache"
    seen = client.get(CARRIERS, headers={"If-None-Match": found.headers["etag"]})
    assert (seen.status_code, seen.headers["cache-control"]) == (304, "private, no-cache")
    assert "Cookie" in seen.headers["vary"]
    assert client.get("/api/v1/carriers/none").headers["cache-control"] == "no-store"
    assert client.post(PARKS, json=PARK).headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/", "/dual-control", "/login", "/alerts"])
def test_a_page_that_a_browser_has_kept_goes_by_the_policy_it_came_with(client: TestClient, path: str) -> None:
    """A browser puts the headers of a 304 in place of those it kept: a stricter policy would stop the page's script."""
    found = client.get(path)
    assert "script-src 'self'" in found.headers["content-security-policy"]
    again = client.get(path, headers={"If-None-Match": found.headers["etag"]})
    assert again.status_code == 304
    assert "content-security-policy" not in again.headers


def test_pages_run_the_files_of_this_service_alone(client: TestClient) -> None:
    for path in ("/", "/dual-control", "/alerts"):
        answer = client.get(path)
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; "), path
        assert "unsafe" not in policy
        text = answer.text
        assert "<style" not in text, path
        assert " style=" not in text, path
        assert " onclick=" not in text, path
        assert text.count("<script") == text.count(f'src="/web/{digest()}/'), path
    assert client.get(CARRIERS).headers["content-security-policy"].startswith("default-src 'none'")

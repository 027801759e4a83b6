"""What every address has in common: HEAD, compressed answers, tags of what was answered, parameters that are known."""

import gzip
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from services.api.access.role import Right
from services.api.access.rules import RIGHT_OF
from services.api.web_folder import digest
from tests.integration.running import running_api
from tests.integration.served import document
from tests.signed_in import BY_ADMINISTRATOR

PLACES = {"meter": "M-1", "code": "X-1", "credit_code": "91150622MA0N0000XF", "valid_from": "2026-01-01"}


@pytest.fixture(scope="module")
def api(module_database_url: str) -> Iterator[httpx.Client]:
    """A client of an API process of its own: what the wire carries is seen there alone."""
    with (
        running_api(ENERMON_DATABASE_URL=module_database_url) as address,
        httpx.Client(base_url=address, headers=BY_ADMINISTRATOR) as client,
    ):
        yield client


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, address and description of every operation that a key may ask, with something in the place of names."""
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            if RIGHT_OF[f"{method.upper()} {path}"] is Right.OWN and (method, path) != ("get", "/api/v1/session"):
                continue
            named = path.replace("{alert_id}", "00000000-0000-0000-0000-000000000000").replace("{message_id}", "1")
            for name, value in PLACES.items():
                named = named.replace(f"{{{name}}}", value)
            yield method.upper(), named, operation


def takes_several(schema: dict[str, Any]) -> bool:
    return schema.get("type") == "array" or any(takes_several(part) for part in schema.get("anyOf", ()))


def test_every_operation_refuses_a_parameter_it_does_not_know(api: httpx.Client) -> None:
    asked = [(method, path) for method, path, _ in operations()]
    assert len(asked) > 80
    for method, path in asked:
        answer = api.request(method, path, params={"no_such_parameter": "1"})
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (422, "invalid_parameter"), (method, path, problem)
        assert [error["field"] for error in problem["errors"]] == ["no_such_parameter"]


def test_every_operation_refuses_a_parameter_twice_that_takes_one_value(api: httpx.Client) -> None:
    for method, path, operation in operations():
        for parameter in operation.get("parameters", ()):
            if parameter["in"] != "query" or takes_several(parameter["schema"]):
                continue
            answer = api.request(method, path, params=[(parameter["name"], "1"), (parameter["name"], "1")])
            found = [(error["field"], error["code"]) for error in answer.json()["errors"]]
            assert found == [(parameter["name"], "repeated_parameter")], (method, path)


def test_a_mistyped_parameter_is_answered_with_the_name_that_is_meant(api: httpx.Client) -> None:
    [error] = api.get("/api/v1/meters?aera=150622").json()["errors"]
    assert (error["field"], error["reason"]) == ("aera", "is not known here; did you mean area?")
    assert error["reason_zh"] == "此处没有这个参数；是否应为 area？"
    [error] = api.get("/api/v1/areas?zzz=1").json()["errors"]
    assert "cursor, level, limit" in error["reason"]
    [error] = api.get("/health/live?verbose=1").json()["errors"]
    assert error["code"] == "no_parameters"


def test_of_many_unknown_parameters_the_first_twenty_are_told(api: httpx.Client) -> None:
    errors = api.get("/api/v1/meters", params={f"aera{n}": "1" for n in range(100)}).json()["errors"]
    assert [error["field"] for error in errors] == [f"aera{n}" for n in range(20)]


def test_a_filter_that_takes_several_values_may_stand_several_times(api: httpx.Client) -> None:
    assert api.get("/api/v1/meters?trade=coke&trade=steel").status_code == 200


def test_head_is_answered_as_get_without_the_body(api: httpx.Client) -> None:
    for method, path, _ in operations():
        if method != "GET" or path in ("/api/v1/live", "/metrics"):
            continue
        got, headed = api.get(path), api.head(path)
        assert (headed.status_code, headed.content) == (got.status_code, b""), path
        for name in ("content-type", "content-encoding"):
            assert headed.headers.get(name) == got.headers.get(name), (path, name)


def test_head_of_the_stream_ends(api: httpx.Client) -> None:
    answer = api.head("/api/v1/live")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"].startswith("text/event-stream")


def test_head_where_nothing_is_read_is_not_allowed(api: httpx.Client) -> None:
    answer = api.head("/api/v1/import/parks")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert api.put("/api/v1/parks").headers["allow"] == "GET, HEAD, POST"


def test_answers_are_compressed_from_a_thousand_bytes_on(api: httpx.Client) -> None:
    with api.stream("GET", "/api/v1/areas?limit=1000", headers={"Accept-Encoding": "gzip"}) as answer:
        sent = b"".join(answer.iter_raw())
    plain = api.get("/api/v1/areas?limit=1000", headers={"Accept-Encoding": "identity"})
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(sent) == plain.content
    assert len(sent) < len(plain.content) / 4
    assert "accept-encoding" in plain.headers["vary"].lower()
    small = api.get("/api/v1/areas?limit=1", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in small.headers


def test_what_the_asker_has_already_is_not_sent_again(api: httpx.Client) -> None:
    first = api.get("/api/v1/areas")
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "private, no-cache"
    for seen in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
        again = api.get("/api/v1/areas", headers={"If-None-Match": seen})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert "content-type" not in again.headers
    other = api.get("/api/v1/areas", headers={"If-None-Match": 'W/"other"'})
    assert (other.status_code, other.content) == (200, first.content)
    assert api.head("/api/v1/areas", headers={"If-None-Match": tag}).status_code == 304


def test_files_of_the_console_are_not_sent_again_either(api: httpx.Client) -> None:
    address = f"/web/{digest()}/vendor/preact.js"
    first = api.get(address)
    again = api.get(address, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_refusals_have_no_tag(api: httpx.Client) -> None:
    assert "etag" not in api.get("/api/v1/parks/none").headers


def test_the_stream_is_neither_compressed_nor_held_back(api: httpx.Client) -> None:
    with api.stream("GET", "/api/v1/live", headers={"Accept-Encoding": "gzip"}) as stream:
        assert "content-encoding" not in stream.headers
        assert "etag" not in stream.headers
        assert next(line for line in stream.iter_lines() if line) == "event: energy"


def test_every_body_refuses_fields_it_does_not_know() -> None:
    schemas = document()["components"]["schemas"]

    def objects(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
        if "$ref" in schema:
            yield from objects(schemas[schema["$ref"].rpartition("/")[2]])
        elif "properties" in schema:
            yield schema
        for part in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), schema.get("items", {})):
            yield from objects(part) if part else ()

    for method, path, operation in operations():
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        for schema in objects(body) if body else ():
            assert schema.get("additionalProperties") is False, (method, path, schema.get("title"))

"""The document says with what each operation is asked, and shows a body that it takes."""

from typing import Any

from services.api.access.identify import COOKIE
from services.api.access.rules import OPEN, RIGHT_OF
from tests.integration.served import document

Way = dict[str, list[str]]

KEY: Way = {"key": []}
SESSION: Way = {"session": []}
GATEWAY: Way = {"gateway": []}


def operations() -> dict[str, dict[str, Any]]:
    """Each operation of the document, by method and path."""
    paths = document()["paths"]
    return {f"{method.upper()} {path}": each for path, methods in paths.items() for method, each in methods.items()}


def test_each_operation_says_with_what_it_is_asked() -> None:
    for name, operation in operations().items():
        ways = [] if RIGHT_OF[name] == OPEN else [KEY, SESSION]
        assert operation["security"] == ways + ([GATEWAY] if name == "POST /api/v1/readings" else []), name


def test_ways_in_are_those_that_the_api_knows() -> None:
    ways = document()["components"]["securitySchemes"]
    assert ways["key"]["scheme"] == "bearer"
    assert (ways["session"]["in"], ways["session"]["name"]) == ("cookie", COOKIE)
    assert ways["gateway"]["scheme"] == "basic"


def test_each_body_of_json_has_an_example() -> None:
    schemas = document()["components"]["schemas"]

    def has_example(schema: dict[str, Any]) -> bool:
        if "$ref" in schema:
            return has_example(schemas[schema["$ref"].rpartition("/")[2]])
        parts = [*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else [])]
        return "examples" in schema or any(map(has_example, parts))

    for name, operation in operations().items():
        body = operation.get("requestBody", {}).get("content", {}).get("application/json")
        assert body is None or "examples" in body or "example" in body or has_example(body["schema"]), name

"""Whatever is asked of the API, it answers as its OpenAPI document says, and never with 500."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

import psycopg
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from services.api.access.role import Role
from services.core.calendar import SHANGHAI
from tests.fuzz.scale import EXAMPLES
from tests.integration.line import Line, quarters
from tests.integration.registered import JUNGAR, Registered
from tests.integration.served import ADDRESS, api, document
from tests.signed_in import add_with_key, bearer

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
START = datetime(2026, 3, 1, 8, 0, tzinfo=SHANGHAI)
# The live stream has no end to wait for; tests/integration/api/test_live.py reads it.
ENDLESS = "/api/v1/live"
OPERATIONS = sorted(
    (method.upper(), path) for path, methods in document()["paths"].items() for method in methods if path != ENDLESS
)
_draw = Random(20_260_101)
_known: dict[str, str] = {}


@pytest.fixture(scope="module")
def schema(module_database_url: str) -> Iterator[BaseSchema]:
    """The API's document, with one of everything registered and a day of readings booked."""
    with api(database_url=module_database_url) as client:
        registered = Registered(client)
        owner = registered.enterprise()
        gateway = registered.gateway(owner)
        meter = registered.meter(owner, gateway_code=gateway)
        line = Line(client, module_database_url)
        line.send(gateway, quarters(meter, START - timedelta(days=1), map(float, range(96))))
        line.send(gateway, [("not-registered", START, 1.0)])
        line.roll_up()
        _known.update(credit_code=owner, gateway=gateway, meter=meter, area_code=JUNGAR, scope=f"enterprise:{owner}")
        yield schemathesis.openapi.from_asgi("/openapi.json", client.app, headers={"Host": "127.0.0.1"})


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=[f"{method} {path}" for method, path in OPERATIONS])
def test_any_request_is_answered_as_the_document_says(
    schema: BaseSchema, method: str, path: str, module_database_url: str
) -> None:
    # An account for each: some operations take a key away, and that may be one's own.
    number = OPERATIONS.index((method, path))
    key = f"enk_of-the-administrator-of-operation-{number}"
    with psycopg.connect(module_database_url) as connection:
        add_with_key(connection, f"operation-{number}", Role.ADMINISTRATOR, key=key)

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=schema[path][method].as_strategy())
    def ask(case: Case[Any]) -> None:
        ask_of_what_exists(case)
        case.call_and_validate(base_url=ADDRESS, headers=bearer(key), checks=CHECKS)

    ask()


def test_subscriptions_of_what_cannot_be_an_enterprise_are_refused_and_not_a_fault(
    module_database_url: str,
) -> None:
    with api(database_url=module_database_url) as client:
        assert client.get("/api/v1/enterprises/020000000000000000/subscriptions").status_code == 422


def ask_of_what_exists(case: Case[Any]) -> None:
    """Half of the time name what is registered, so that requests reach further than `not found`."""
    if _draw.random() < 0.5:
        return
    for parameters in (case.path_parameters, case.query):
        for name in parameters or {}:
            if name in _known:
                parameters[name] = _known[name]
            elif name == "code":
                kind = case.path.removeprefix("/api/v1/").split("/")[0].removesuffix("s")
                parameters[name] = _known.get(kind, parameters[name])

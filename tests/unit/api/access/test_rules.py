"""One table says what each operation is; nothing can be served without a line in it."""

import pytest
from fastapi import FastAPI

from services.api.access.role import RIGHTS, Right, Role
from services.api.access.rules import OPEN, RIGHT_OF, Operations
from services.api.app import create_app
from services.core.settings import Settings

SIGN_IN = {"POST /api/v1/session", "GET /api/v1/session/oidc", "GET /api/v1/session/oidc/callback"}
CHANGES = {"POST", "PUT", "PATCH", "DELETE"}


def test_an_operation_without_a_rule_stops_the_start() -> None:
    app: FastAPI = create_app(Settings())
    Operations(app.routes).require_rules()
    app.add_api_route("/api/v1/forgotten", lambda: None, methods=["GET"])
    with pytest.raises(RuntimeError, match=r"without a rule of access: \['GET /api/v1/forgotten'\]"):
        Operations(app.routes).require_rules()


def test_a_rule_of_nothing_that_is_served_stops_the_start() -> None:
    with pytest.raises(RuntimeError, match=r"rules without an operation: \['DELETE "):
        Operations(FastAPI().routes).require_rules()


def test_nothing_of_the_data_is_open() -> None:
    operations = [name for name, right in RIGHT_OF.items() if right == OPEN]
    assert {name for name in operations if "/api/" in name} == SIGN_IN
    assert {name.split()[0] for name in operations if "/api/" not in name} == {"GET"}


def test_who_only_reads_has_no_right_that_changes_anything() -> None:
    # What is tried is not kept.
    asked = {name for name in RIGHT_OF if name.split()[0] in CHANGES and not name.endswith("/try")}
    changing = {RIGHT_OF[name] for name in asked}
    assert RIGHTS[Role.AUDITOR] & changing <= {Right.OWN}


def test_every_right_that_is_asked_is_one_that_some_role_has() -> None:
    asked = {right for right in RIGHT_OF.values() if isinstance(right, Right)}
    assert asked <= {right for rights in RIGHTS.values() for right in rights}
    assert RIGHTS[Role.ADMINISTRATOR] == frozenset(Right)

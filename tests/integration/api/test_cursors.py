"""Whoever computes the digest of a cursor may write anything into it: every list refuses it, or goes on from there."""

import itertools
import json
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from services.api.paging import Pager
from tests.integration.served import document

pytestmark = pytest.mark.store

AT_THE_EDGE: dict[type, list[Any]] = {
    str: ["", "x", "'; --", "煤", "\\", "%", "x" * 3000],
    int: [0, -1, 1, -(2**63), 2**63 - 1],
    float: [0.0, -0.0, 1e308, float("nan"), float("inf"), float("-inf")],
    bool: [True],
    datetime: ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59.999999-23:59", "2026-01-01T00:00:00+00:00"],
    date: ["0001-01-01", "9999-12-31"],
    UUID: ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"],
}
OF_NO_KIND: list[Any] = [
    None,
    True,
    2**63,
    -(2**70),
    1.5,
    "\u0000",
    "\ud800",
    [],
    {},
    [[[]]],
    "2026-13-01",
    "0000-00-00",
]
PLACES = {"code": "X-1", "credit_code": "91150622MA0N0000XF", "slug": "pue", "name": "carriers", "meter": "M-1"}


def lists() -> Iterator[tuple[str, list[str]]]:
    """Addresses of lists, each with the orders that it knows."""
    for path, methods in document()["paths"].items():
        parameters = {each["name"]: each["schema"] for each in methods.get("get", {}).get("parameters", ())}
        if "cursor" in parameters:
            yield path, parameters.get("order", {}).get("items", {}).get("enum", [])


class Forger:
    """Writes cursors with a right digest, of the types that a list reads."""

    def __init__(self, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
        self._client = client
        self._seen: list[tuple[Pager, tuple[type, ...]]] = []
        read = Pager.after

        def after(pager: Pager, *kinds: type, **named: Any) -> Any:
            self._seen.append((pager, kinds))
            return read(pager, *kinds, **named)

        monkeypatch.setattr(Pager, "after", after)

    def answers_to(self, path: str, asked: dict[str, Any]) -> Iterator[tuple[str, int, str]]:
        """What a list answers to forged cursors: the payload, the status and the code."""
        self._seen.clear()
        assert self._client.get(path, params=asked).status_code < 500
        if not self._seen:  # what is asked of is not there
            return
        pager, kinds = self._seen[0]
        usual = [AT_THE_EDGE[kind][0] for kind in kinds]
        # What comes after the column that is asked for is what the list is usually ordered by.
        forged = kinds[:1] if "order" in asked else kinds
        for number, kind in enumerate(forged):
            for value in itertools.chain(AT_THE_EDGE[kind], OF_NO_KIND):
                payload = json.dumps([*usual[:number], value, *usual[number + 1 :]])
                answer = self._client.get(path, params=asked | {"cursor": pager._text_of(payload.encode())})
                yield payload, answer.status_code, answer.json().get("code", "")


def test_no_list_fails_by_a_forged_cursor(client: TestClient, registered: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    enterprise = registered.enterprise()
    gateway = registered.gateway(enterprise)
    unit = registered.unit(enterprise)
    meter = registered.meter(unit_code=unit, gateway_code=gateway)
    codes = {"meters": meter, "units": unit, "gateways": gateway, "tables": "carriers"}
    forger = Forger(client, monkeypatch)
    known = list(lists())
    assert len(known) > 25
    forged = 0
    for path, orders in known:
        kind = path.split("/")[3]
        named = path.format_map(
            Named(PLACES | {"credit_code": enterprise, "code": codes.get(kind, "X-1"), "name": "carriers"})
        )
        for order in ["", *[order for order in orders if not order.startswith("-")][:1]]:
            for payload, status, code in forger.answers_to(named, {"order": order} if order else {}):
                assert status in (200, 400, 404), (named, order, payload, status)
                assert status == 200 or code == "bad_cursor", (named, order, payload, code)
                forged += 1
    assert forged > 500


class Named(dict[str, str]):
    """Something in the place of every name."""

    def __missing__(self, name: str) -> str:
        return "1"

"""Every operation, by everyone, of what is theirs and of what is not: the expected answer stands in a table."""

import csv
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from psycopg import Connection

from services.api.access.rules import OPEN, RIGHT_OF
from services.api.database import Database
from services.api.export.lists import lists_of
from services.api.routes import importable
from tests.e2e.clients.story import csv_of
from tests.integration.access.requests import ENDLESS, REQUESTS
from tests.integration.access.world import AREAS, Asker, Site, build
from tests.integration.served import ADDRESS, api, document

with Path(__file__).with_name("rights.csv").open(encoding="utf-8") as _file:
    MAY = {row.pop("right"): row for row in csv.DictReader(_file)}
_NOT_THERE = frozenset(
    {
        *("nothing_sealed", "unknown_settlement", "unknown_acceptance", "unknown_replacement"),
        *("unknown_key", "unknown_session", "unknown_bulletin"),
    }
)
"""What nobody has: the thing to which it would belong was found, or it would be said that this is unknown."""
_BY_SESSION = "needs_session"
"""So answers what a person does who is signed in, whoever comes with a key."""
_MARK = re.compile(r"Q[ABC]\b")


class Undone(Database):
    """The database of the API, of which nothing that is written stays: each question finds the same world."""

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with super().write() as connection:
            yield connection
            connection.rollback()

    def elsewhere(self) -> Any:
        """What an import is handed, which is made in this process here."""
        return self

    def opened(self) -> Database:
        return self


class WorkHere:
    """In place of the process of an import: what that wrote could not be undone."""

    def done(self, _limits: object, work: Callable[..., Any], *given: Any) -> Any:
        return work(*given)


@pytest.fixture(scope="module")
def world(module_database_url: str) -> Iterator[tuple[TestClient, list[Site], dict[str, Asker]]]:
    with (
        api(database_url=module_database_url) as client,
        psycopg.connect(module_database_url, autocommit=True) as database,
    ):
        sites, askers = build(client, database)
        app = client.app
        assert isinstance(app, FastAPI)
        app.state.database.close()
        app.state.database = Undone(module_database_url)
        # What would be confirmed is undone before it could be.
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(importable, "_work", WorkHere())
            yield TestClient(app, base_url=ADDRESS, raise_server_exceptions=False), sites, askers


def operations() -> list[str]:
    """Those of the document, as the requests name them, but for what is open to all."""
    known = [
        f"{method.upper()} {path.removeprefix('/api/v1/')}"
        for path, methods in document()["paths"].items()
        for method in methods
        if RIGHT_OF[f"{method.upper()} {path}"] != OPEN
    ]
    return [each for each in known if each != ENDLESS]


def test_every_operation_has_its_request_and_every_right_its_line() -> None:
    assert sorted(REQUESTS) == sorted(operations())
    assert {str(right) for right in RIGHT_OF.values()} <= MAY.keys() | {OPEN}


@pytest.mark.parametrize("operation", sorted(operations()))
def test_each_is_answered_what_the_table_says(
    world: tuple[TestClient, list[Site], dict[str, Asker]], operation: str
) -> None:
    client, sites, askers = world
    asked = REQUESTS[operation]
    right = _right_of(operation)
    targets: list[Any] = [None]
    if asked.about == "site":
        targets = list(sites)
    elif asked.about == "area":
        targets = sorted(AREAS)
    wrong: list[Any] = []
    for name, asker in askers.items():
        for target in targets:
            request = asked.of(target)
            answer = _send(client, operation.partition(" ")[0], asker.authorization, **request)
            expected = _expected(right, name, asker, target)
            kind = _kind(answer)
            if kind not in expected:
                wrong.append((name, getattr(target, "mark", target), kind, expected, answer.text[:300]))
            told = set(_MARK.findall(answer.text)) - set(_MARK.findall(repr(request)))
            if not told <= asker.sites:
                wrong.append((name, getattr(target, "mark", target), "tells of", told - asker.sites))
            if asked.about == "list" and kind == "done" and told != asker.sites:
                wrong.append((name, "lacks", asker.sites - told, answer.text[:300]))
    assert not wrong


@pytest.mark.parametrize("operation", sorted(each for each in operations() if each.startswith("GET ")))
def test_a_file_tells_each_what_its_list_tells(
    world: tuple[TestClient, list[Site], dict[str, Asker]], operation: str
) -> None:
    if f"/api/v1/{operation.removeprefix('GET ')}" not in lists_of(document()):
        return
    client, sites, askers = world
    asked, wrong = REQUESTS[operation], []
    for name, asker in askers.items():
        targets: dict[str, list[Any]] = {"site": list(sites), "area": sorted(AREAS)}
        for target in targets.get(asked.about, [None]):
            request = asked.of(target)
            file = request | {"query": request["query"] | {"format": "csv"}}
            listed, answer = (_send(client, "GET", asker.authorization, **each) for each in (request, file))
            told, expected = (set(_MARK.findall(each.text)) for each in (answer, listed))
            if listed.is_success and "data" not in listed.json():
                continue
            # What is no list has no file, and says so before it looks for what was asked for.
            is_alike = _kind(answer) == _kind(listed) or (answer.status_code == 422 and not listed.is_success)
            if not is_alike or (answer.is_success and not told <= expected):
                wrong.append((name, getattr(target, "mark", target), answer.text[:300], listed.text[:300]))
    assert not wrong


def _right_of(operation: str) -> str:
    method, _, path = operation.partition(" ")
    return str(RIGHT_OF[f"{method} {path if path.startswith('/') else f'/api/v1/{path}'}"])


def _expected(right: str, name: str, asker: Asker, target: Site | str | None) -> set[str]:
    if not asker.authorization:
        return {"unsigned"}
    if MAY[right][name] == "no":
        return {"refused"}
    sees = target is None or (target in asker.areas if isinstance(target, str) else target.mark in asker.sites)
    return {"done"} if sees else {"refused", "hidden"}


def _send(
    client: TestClient,
    method: str,
    authorization: str,
    *,
    path: str,
    query: Any = None,
    body: Any = None,
    file: Any = None,
) -> Any:
    headers = {"Authorization": authorization}
    address = path if path.startswith("/") else f"/api/v1/{path}"
    if file is not None:
        row = {column: str(value) for column, value in file.items()}
        headers |= {"Content-Type": "text/csv"}
        return client.request(method, address, params={"dry_run": "false"}, content=csv_of(row), headers=headers)
    return client.request(method, address, params=query or None, json=body, headers=headers)


def _kind(answer: Any) -> str:
    """What became of it: a fault that says that a thing is unknown hides it, any other is what the one who may gets."""
    assert answer.status_code < 500, answer.text
    if answer.status_code == 422:
        codes = {fault["code"] for fault in answer.json().get("errors") or ()}
        return "hidden" if codes and all(code.startswith("unknown") for code in codes) else "done"
    if answer.status_code == 404 and answer.json()["code"] in _NOT_THERE:
        return "done"
    if answer.status_code == 403 and answer.json()["code"] == _BY_SESSION:
        return "done"
    return {401: "unsigned", 403: "refused", 404: "hidden"}.get(answer.status_code, "done")

"""The API in this process, on any database. Its routes are built once: that takes longer than most tests."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import uvicorn
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient

from services.api.app import answer_from, create_app
from services.api.serve import served_by
from services.core.settings import Settings
from services.judging.data.tables import load_tables
from tests.second_person import ConfirmedClient
from tests.signed_in import BY_ADMINISTRATOR

ADDRESS = "http://127.0.0.1:8000"
RAW = {"Content-Type": "application/octet-stream"}
"""With what a gateway sends that is no JSON."""

shipped_tables = cache(load_tables)

_idle: list[FastAPI] = []
"""The APIs that serve nobody now; two of a test that are open at once are two."""


@contextmanager
def api(**given: Any) -> Iterator[TestClient]:
    """The API with the settings that are given. What changes closed months, a second person confirms at once."""
    settings = Settings(**({"api_requests_per_s": 0} | given))
    app = _idle.pop() if _idle else create_app(Settings())
    answer_from(app, settings, load_tables(settings.data) if settings.data else shipped_tables())
    try:
        with ConfirmedClient(app, base_url=ADDRESS, headers=BY_ADMINISTRATOR, raise_server_exceptions=False) as client:
            yield client
    finally:
        _idle.append(app)


@contextmanager
def serving(app: Callable[..., Any], port: int, **given: Any) -> Iterator[uvicorn.Server]:
    """An application, served at the port as the API is, by a thread of this process."""
    server = uvicorn.Server(served_by(app, Settings(api_port=port, **given)))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            thread.join(0.01)
            assert thread.is_alive()
        yield server
    finally:
        server.should_exit = True
        thread.join()


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document."""
    return _any().openapi()


def bodies() -> dict[str, Any]:
    """By method and path what a route reads as its body."""
    return {
        f"{method} {found.path}": found.body_field.field_info.annotation
        for found in iter_route_contexts(_any().routes)
        for method in found.methods or ()
        if getattr(found, "body_field", None) is not None
    }


def _any() -> FastAPI:
    if not _idle:
        _idle.append(create_app(Settings()))
    return _idle[0]

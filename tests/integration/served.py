"""The API in this process, on any database. Its routes are built once: that takes longer than most tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient

from services.api.app import answer_from, create_app
from services.core.settings import Settings
from services.judging.data.tables import load_tables
from tests.signed_in import BY_ADMINISTRATOR

ADDRESS = "http://127.0.0.1:8000"
RAW = {"Content-Type": "application/octet-stream"}
"""With what a gateway sends that is no JSON."""

shipped_tables = cache(load_tables)

_idle: list[FastAPI] = []
"""The APIs that serve nobody now; two of a test that are open at once are two."""


@contextmanager
def api(**given: Any) -> Iterator[TestClient]:
    """The API with the settings that are given."""
    settings = Settings(**given)
    app = _idle.pop() if _idle else create_app(Settings())
    answer_from(app, settings, load_tables(settings.data) if settings.data else shipped_tables())
    try:
        with TestClient(app, base_url=ADDRESS, headers=BY_ADMINISTRATOR, raise_server_exceptions=False) as client:
            yield client
    finally:
        _idle.append(app)


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document."""
    if not _idle:
        _idle.append(create_app(Settings()))
    return _idle[0].openapi()

"""Runs the API in the foreground."""

import gc
from collections.abc import Callable
from typing import Any

import uvicorn

from services.api.app import create_app
from services.api.guard.wire import WireLimits, protocol_within
from services.core.host_metrics import tell_of_host
from services.core.settings import Settings


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; open streams are given a moment to end."""
    app = create_app(settings)
    tell_of_host(settings)
    settle_memory()
    uvicorn.Server(served_by(app, settings)).run()


def settle_memory() -> None:
    """Look for garbage less often, and not among what stays."""
    # What lasts as long as the process (routes, models, tables) is left out of collections: each took 0.1 s.
    gc.collect()
    gc.freeze()
    # Rows of a long answer are no garbage: look for it after so many new objects, not after 700.
    gc.set_threshold(50_000, 20, 20)


def served_by(app: Callable[..., Any], settings: Settings) -> uvicorn.Config:
    """How `app` is served: over HTTP/1.1 read strictly, each request within its time."""
    limits = WireLimits(request_s=settings.api_request_s, most_connections=settings.api_connections)
    return uvicorn.Config(
        app,
        host=settings.api_host,
        port=settings.api_port,
        http=protocol_within(limits),
        ws="none",
        forwarded_allow_ips=settings.api_proxies,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=2,
    )

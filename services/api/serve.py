"""Runs the API in the foreground."""

import uvicorn

from services.api.app import create_app
from services.core.settings import Settings


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; open streams are given a moment to end."""
    uvicorn.run(
        create_app(settings),
        host=settings.api_host,
        port=settings.api_port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=2,
    )

"""The time at which the API is asked."""

from datetime import datetime

from fastapi.testclient import TestClient


def ask_at(client: TestClient, moment: datetime) -> None:
    """Let it be `moment` for the API from now on."""
    client.app.state.clock = lambda: moment  # type: ignore[attr-defined]

"""Reads back what was reported."""

from typing import Any

from fastapi.testclient import TestClient

ADDRESS = "/api/v1/statistics"


def listed(client: TestClient, **filters: Any) -> list[dict[str, Any]]:
    answer = client.get(ADDRESS, params=filters)
    assert answer.status_code == 200, answer.text
    data: list[dict[str, Any]] = answer.json()["data"]
    return data


def versions(client: TestClient, **filters: Any) -> list[tuple[int, float]]:
    return [(row["version"], row["value"]) for row in listed(client, versions=True, **filters)]

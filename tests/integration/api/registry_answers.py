"""What lists of the registry answer, and with what field something is refused."""

from typing import Any

from fastapi.testclient import TestClient


def codes(client: TestClient, address: str, key: str = "code", **parameters: Any) -> list[str]:
    answer = client.get(f"/api/v1/{address}", params=parameters)
    assert answer.status_code == 200, answer.text
    return [entry[key] for entry in answer.json()["data"]]


def refused_field(answer: Any, *, status: int = 422) -> tuple[str, str]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    first = answer.json()["errors"][0]
    return first["field"], first["code"]

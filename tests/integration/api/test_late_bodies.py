"""What is large is not read before it is known who sends it."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

pytestmark = pytest.mark.store

PARKS = "/api/v1/import/parks"
CSV = {"Content-Type": "text/csv"}


def pieces(number: int) -> Iterator[bytes]:
    """So many of 100 kB, whose length is not announced."""
    for _ in range(number):
        yield b"x" * 100_000


def test_a_stranger_is_refused_whatever_is_sent(client: TestClient) -> None:
    answer = client.post(PARKS, content=pieces(300), headers={**CSV, "Authorization": "Bearer nobody"})
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


def test_a_body_without_end_is_refused_at_its_limit(client: TestClient) -> None:
    answer = client.post(PARKS, content=pieces(101), headers=CSV)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert "10000000" in answer.json()["detail"]
    faulty = client.post(PARKS, content=iter([b"code,name_zh\n", b"P-1,x\n"]), headers=CSV)
    assert (faulty.status_code, faulty.json()["code"]) == (422, "import_refused")

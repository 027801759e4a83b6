"""The words of every code are answered, and kept by who has them already."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from tests.integration.served import api

ADDRESS = "/api/v1/words"

pytestmark = pytest.mark.store


@pytest.fixture(scope="module")
def client(module_database_url: str) -> Iterator[TestClient]:
    with api(database_url=module_database_url) as client:
        yield client


def test_a_code_is_named_in_both_languages(client: TestClient) -> None:
    words = client.get(ADDRESS).json()["words"]
    assert words["severity"]["severe"] == {"zh": "严重", "en": "severe"}
    assert words["carrier"]["raw_coal"]["zh"] == "原煤"
    assert words["verdict_reason"]["missed"]["en"] == "misses {of}"


def test_only_the_kinds_that_are_asked_for_are_answered(client: TestClient) -> None:
    assert list(client.get(ADDRESS, params={"kind": "verdict,trade"}).json()["words"]) == ["verdict", "trade"]


def test_a_kind_that_there_is_not_is_refused_with_those_there_are(client: TestClient) -> None:
    answer = client.get(ADDRESS, params={"kind": "colour"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "kind")
    assert "alert_state, align" in answer.json()["errors"][0]["reason"]


def test_who_has_the_words_is_not_sent_them_again(client: TestClient) -> None:
    tag = client.get(ADDRESS).headers["ETag"]
    again = client.get(ADDRESS, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")

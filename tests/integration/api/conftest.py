"""What the tests of the API share."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from tests.integration.served import api


@pytest.fixture(scope="module")
def unchanged(module_database_url: str) -> Iterator[TestClient]:
    """The API on one database for the tests that write nothing."""
    with api(database_url=module_database_url) as client:
        yield client

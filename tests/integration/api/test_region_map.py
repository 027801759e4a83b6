"""The approved map, as whoever is signed in reads it."""

from pathlib import Path

import pytest

from tests.integration.served import api
from tests.unit.api.test_approved_map import ORDOS, feature, folder

pytestmark = pytest.mark.store


def test_the_map_comes_with_the_number_of_its_approval(module_database_url: str, tmp_path: Path) -> None:
    own = folder(tmp_path, feature("150600", "Polygon", ORDOS))
    with api(database_url=module_database_url, data=own) as client:
        found = client.get("/api/v1/map").json()["map"]
    assert (found["approval_number"], list(found["areas"])) == ("蒙S（2026）001号", ["150600"])


def test_none_is_shipped(module_database_url: str) -> None:
    with api(database_url=module_database_url) as client:
        assert client.get("/api/v1/map").json() == {"map": None}

"""The operator's map is shown with its approval or not at all, and drawn in the shape that it has."""

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from services.api.app import create_app
from services.api.approved_map import load_map
from services.core.data.loader import DataFolderError
from services.core.settings import Settings

APPROVAL = 'approval_number = "蒙S（2026）001号"\nsource = "标准地图"\n'
ORDOS = [[[107.0, 38.0], [111.0, 38.0], [111.0, 40.0], [107.0, 40.0], [107.0, 38.0]]]
HULUN = [[[[118.0, 48.0], [122.0, 48.0], [122.0, 50.0], [118.0, 48.0]]]]


def feature(code: Any, kind: str, coordinates: Any) -> dict[str, Any]:
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "properties": {"code": code, "name": "x"}, "geometry": geometry}


def folder(path: Path, *features: dict[str, Any], approval: str = APPROVAL) -> Path:
    (path / "map.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    (path / "map.toml").write_text(approval, "utf-8")
    return path


def test_no_map_is_there_without_one(tmp_path: Path) -> None:
    assert load_map(None) is None
    assert load_map(tmp_path) is None


def test_areas_keep_their_places_and_proportions(tmp_path: Path) -> None:
    own = folder(tmp_path, feature("150600", "Polygon", ORDOS), feature("150700", "MultiPolygon", HULUN))
    found = load_map(own)
    assert found is not None
    assert (found.approval_number, found.source, found.width) == ("蒙S（2026）001号", "标准地图", 1000)
    ordos, hulun = found.areas["150600"], found.areas["150700"]
    # South west of the other, and in the middle of itself.
    assert ordos.x < hulun.x
    assert ordos.y > hulun.y
    # 15 degrees of longitude at 44° north are as long as 10.8 of latitude, and 12 lie from south to north.
    assert found.height == pytest.approx(992 * 12 / 10.79 + 8, rel=0.01)
    west, south = ordos.path.removeprefix("M").split(" ")[0].split(",")
    assert float(west) == 4.0
    assert float(south) == pytest.approx(found.height - 4, abs=1)
    assert ordos.path.endswith("Z")
    assert ordos.path.count(",") == 5


def test_area_of_several_features_is_one(tmp_path: Path) -> None:
    own = folder(tmp_path, feature("150600", "Polygon", ORDOS), feature("150600", "MultiPolygon", HULUN))
    found = load_map(own)
    assert found is not None
    assert list(found.areas) == ["150600"]
    assert found.areas["150600"].path.count("M") == 2


@pytest.mark.parametrize("missing", ["map.toml", "map.geojson"])
def test_a_map_without_its_approval_stops_the_start(tmp_path: Path, missing: str) -> None:
    (folder(tmp_path, feature("150600", "Polygon", ORDOS)) / missing).unlink()
    with pytest.raises(DataFolderError, match=rf"{missing} is missing: a map is map.geojson together with map.toml"):
        load_map(tmp_path)


@pytest.mark.parametrize(
    ("approval", "said"),
    [
        ('source = "x"', "wrong at approval_number: Field required"),
        ('approval_number = "none yet"\nsource = "x"', "wrong at approval_number: String should match"),
        ('approval_number = "GS(2026)1"\nsource = "x"\nby = "y"', "wrong at by: Extra inputs"),
        ("approval_number =", "cannot be read"),
    ],
)
def test_approval_is_a_number_with_its_source(tmp_path: Path, approval: str, said: str) -> None:
    with pytest.raises(DataFolderError, match=said):
        load_map(folder(tmp_path, feature("150600", "Polygon", ORDOS), approval=approval))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (feature("110000", "Polygon", ORDOS), r"features.0.properties.code"),
        (feature(150600, "Polygon", ORDOS), r"features.0.properties.code"),
        (feature("150600", "Point", [1, 2]), r"features.0.geometry"),
        (feature("150600", "Polygon", [[[107.0, 38.0], [111.0, 38.0]]]), "has a ring of 150600 that is no ring"),
        (feature("150600", "Polygon", [[[12e6, 4e6]] * 4]), "has a ring of 150600 that is no ring of degrees"),
    ],
)
def test_what_is_no_map_is_named(tmp_path: Path, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(DataFolderError, match=said):
        load_map(folder(tmp_path, wrong))


def test_the_api_does_not_start_with_half_a_map(tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text(APPROVAL, "utf-8")
    with pytest.raises(DataFolderError):
        TestClient(create_app(Settings(data=tmp_path)))

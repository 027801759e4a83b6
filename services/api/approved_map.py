"""The operator's map of the region: boundaries that may be shown, with the number under which they may.

None is shipped. Whoever shows a map has it approved (地图管理条例), and shows the number of the approval 审图号 on it.
In the folder of one's own data stand `map.geojson`, its areas (RFC 7946, WGS 84) named by their codes, and `map.toml`:
`approval_number` and `source`.
"""

import itertools
import math
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from services.core.data.loader import DataFolderError

GEOMETRY = "map.geojson"
APPROVAL = "map.toml"
WIDTH = 1000
"""Of the drawing, in its own units; its height follows."""
MOST_BYTES = 50_000_000
_MARGIN = 4

Point = tuple[float, float]
Ring = list[Point]


class MapApproval(BaseModel):
    """What `map.toml` says."""

    model_config = ConfigDict(extra="forbid")

    approval_number: str = Field(pattern=r"\d", min_length=6, max_length=60, description="审图号")
    source: str = Field(min_length=1, max_length=300)


class _Polygon(BaseModel):
    type: Literal["Polygon"]
    coordinates: list[list[list[float]]]

    def rings(self) -> Iterator[list[list[float]]]:
        yield from self.coordinates


class _MultiPolygon(BaseModel):
    type: Literal["MultiPolygon"]
    coordinates: list[list[list[list[float]]]]

    def rings(self) -> Iterator[list[list[float]]]:
        for polygon in self.coordinates:
            yield from polygon


class _Named(BaseModel):
    code: str = Field(pattern=r"^15\d{4}$", description="GB/T 2260")


class _Feature(BaseModel):
    type: Literal["Feature"]
    properties: _Named
    geometry: _Polygon | _MultiPolygon = Field(discriminator="type")


class _Collection(BaseModel):
    type: Literal["FeatureCollection"]
    features: list[_Feature] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class DrawnArea:
    """An area as it is drawn: the path of an SVG, and where its name stands."""

    path: str
    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovedMap:
    """A map, drawn in units of its own."""

    approval_number: str
    source: str
    width: int
    height: int
    areas: dict[str, DrawnArea]


def load_map(folder: Path | None) -> ApprovedMap | None:
    """The map in an operator's folder; None where there is none.

    Raises DataFolderError where one of the two files is missing or cannot be used.
    """
    if folder is None or not ((folder / GEOMETRY).exists() or (folder / APPROVAL).exists()):
        return None
    for name in (GEOMETRY, APPROVAL):
        if not (folder / name).is_file():
            raise DataFolderError(folder / name, f"is missing: a map is {GEOMETRY} together with {APPROVAL}")
    approval = _approval(folder / APPROVAL)
    shapes: dict[str, list[Ring]] = {}
    for feature in _collection(folder / GEOMETRY).features:
        rings = shapes.setdefault(feature.properties.code, [])
        rings += [[(at[0], at[1]) for at in ring] for ring in feature.geometry.rings()]
    height, areas = drawn(shapes)
    return ApprovedMap(
        approval_number=approval.approval_number, source=approval.source, width=WIDTH, height=height, areas=areas
    )


def drawn(shapes: dict[str, list[Ring]]) -> tuple[int, dict[str, DrawnArea]]:
    """The height of the drawing, and each area on it: degrees as they are, those of longitude as long as they are."""
    points = [point for rings in shapes.values() for ring in rings for point in ring]
    west, east = min(x for x, _ in points), max(x for x, _ in points)
    south, north = min(y for _, y in points), max(y for _, y in points)
    shrunk = math.cos(math.radians((south + north) / 2))
    scale = (WIDTH - 2 * _MARGIN) / max((east - west) * shrunk, 1e-9)

    def place(point: Point) -> Point:
        return round((point[0] - west) * shrunk * scale + _MARGIN, 1), round((north - point[1]) * scale + _MARGIN, 1)

    areas = {}
    for code, rings in shapes.items():
        placed = [_without_repeats(map(place, ring)) for ring in rings]
        x, y = _middle(max(placed, key=lambda ring: abs(_doubled_area(ring))))
        areas[code] = DrawnArea("".join(map(_path, placed)), round(x, 1), round(y, 1))
    return math.ceil((north - south) * scale + 2 * _MARGIN), areas


def _approval(path: Path) -> MapApproval:
    try:
        return MapApproval.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataFolderError(path, f"cannot be read: {error}") from error
    except ValidationError as error:
        raise DataFolderError(path, _said(error)) from error


def _collection(path: Path) -> _Collection:
    if path.stat().st_size > MOST_BYTES:
        raise DataFolderError(path, f"is larger than {MOST_BYTES // 1_000_000} MB: simplify its lines")
    try:
        found = TypeAdapter(_Collection).validate_json(path.read_bytes())
    except ValidationError as error:
        raise DataFolderError(path, _said(error)) from error
    for feature in found.features:
        for ring in feature.geometry.rings():
            if len(ring) < 4 or not all(len(at) >= 2 and abs(at[0]) <= 180 and abs(at[1]) <= 90 for at in ring):
                code = feature.properties.code
                raise DataFolderError(path, f"has a ring of {code} that is no ring of degrees (RFC 7946, 3.1.6)")
    return found


def _said(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"is wrong at {'.'.join(map(str, first['loc'])) or 'its beginning'}: {first['msg']}"


def _without_repeats(ring: Iterable[Point]) -> Ring:
    kept: Ring = []
    for point in ring:
        if not kept or point != kept[-1]:
            kept.append(point)
    return kept


def _path(ring: Ring) -> str:
    return f"M{' '.join(f'{x:g},{y:g}' for x, y in ring)}Z"


def _doubled_area(ring: Ring) -> float:
    return sum(x * next_y - next_x * y for (x, y), (next_x, next_y) in itertools.pairwise(ring))


def _middle(ring: Ring) -> Point:
    """The centre of gravity of a closed ring; the mean of its points where it has no extent."""
    doubled = _doubled_area(ring)
    if not doubled:
        return sum(x for x, _ in ring) / len(ring), sum(y for _, y in ring) / len(ring)
    pairs = list(itertools.pairwise(ring))
    x = sum((x + next_x) * (x * next_y - next_x * y) for (x, y), (next_x, next_y) in pairs)
    y = sum((y + next_y) * (x * next_y - next_x * y) for (x, y), (next_x, next_y) in pairs)
    return x / (3 * doubled), y / (3 * doubled)

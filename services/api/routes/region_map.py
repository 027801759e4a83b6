"""The operator's approved map of the region."""

from dataclasses import asdict

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from services.api.approved_map import ApprovedMap


class MapArea(BaseModel):
    """An area on the map."""

    path: str = Field(description="Its outline, as the `d` of an SVG path")
    x: float = Field(description="Where its name stands")
    y: float


class RegionMap(BaseModel):
    """Outlines of areas in units of their own, from the upper left."""

    approval_number: str = Field(description="审图号: to be shown wherever the map is")
    source: str
    width: int
    height: int
    areas: dict[str, MapArea] = Field(description="By GB/T 2260 code")


class MapAnswer(BaseModel):
    """The map, where the operator has given one."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "map": {
                        "approval_number": "蒙S（2026）001号",
                        "source": "内蒙古自治区标准地图",
                        "width": 1000,
                        "height": 560,
                        "areas": {"150600": {"path": "M4,4 90,4 90,80 4,4Z", "x": 61.3, "y": 29.3}},
                    }
                }
            ]
        }
    )

    map: RegionMap | None


router = APIRouter(prefix="/api/v1/map", tags=["areas"])


@router.get("", summary="Read the approved map")
async def read_map(request: Request) -> MapAnswer:
    """The outlines of areas from `map.geojson` in the operator's folder; null where there is none: none is shipped."""
    found: ApprovedMap | None = request.app.state.map
    return MapAnswer(map=None if found is None else RegionMap.model_validate(asdict(found)))

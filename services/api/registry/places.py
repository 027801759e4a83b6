"""Where parks and enterprises may lie."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from psycopg import Connection

from services.api.reasons import Fault
from services.api.registry import nouns
from services.api.registry.statements import registry_statements

_SQL = registry_statements("membership.sql")


@dataclass(frozen=True, slots=True)
class AreaPosition:
    """An area as far as it matters where something lies."""

    code: str
    level: str
    parent_code: str | None


class Placed(Protocol):
    """Something that belongs to a banner, and perhaps to a park."""

    @property
    def area_code(self) -> str:
        """The banner."""

    @property
    def park_code(self) -> str | None:
        """The park."""


def areas_named(connection: Connection, codes: Collection[str]) -> Mapping[str, AreaPosition]:
    """The areas among `codes` that exist, by code."""
    rows = _SQL.run(connection, "areas", codes=sorted(codes))
    return {row.code: AreaPosition(row.code, row.level, row.parent_code) for row in rows}


def lies_within(*, park_area: str, banner: AreaPosition) -> bool:
    """Whether a park of the area `park_area` reaches into `banner`: it lies in it or belongs to its league."""
    return park_area in (banner.code, banner.parent_code)


def membership_faults(connection: Connection, members: Sequence[Placed]) -> list[list[Fault]]:
    """The faults of each of `members`: unknown area or park, an area that is no banner, a park that lies elsewhere."""
    areas = areas_named(connection, {member.area_code for member in members})
    parks = {member.park_code for member in members if member.park_code is not None}
    area_of_park = _SQL.by_code(connection, "areas_of_parks", "area_code", codes=sorted(parks))

    def faults(member: Placed) -> list[Fault]:
        found = []
        banner, park = areas.get(member.area_code), member.park_code
        if banner is None:
            found.append(nouns.AREA.fault("area_code", "unknown", member.area_code))
        elif banner.level != "banner":
            found.append(Fault("area_code", "not_a_banner", {"value": banner.code, "level": banner.level}))
        if park is not None and park not in area_of_park:
            found.append(nouns.PARK.fault("park_code", "unknown", park))
        elif park is not None and banner is not None and not lies_within(park_area=area_of_park[park], banner=banner):
            mentions = {"park": park, "park_area": area_of_park[park], "banner": banner.code}
            found.append(Fault("park_code", "park_elsewhere", mentions))
        return found

    return [faults(member) for member in members]

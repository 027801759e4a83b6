"""Which rows a request sees. PostgreSQL holds back the others (row-level security, migration 0022)."""

from dataclasses import dataclass
from functools import lru_cache

from services.core.area_tree import AreaTree
from services.core.data.divisions import divisions

AREA_TREE = AreaTree.of((division.code, division.level, division.parent_code) for division in divisions())
"""All areas."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Everything; or areas with what lies below them; or one enterprise; or, of a gateway, nothing."""

    everything: bool = False
    areas: tuple[str, ...] = ()
    enterprise: str | None = None

    @property
    def areas_below(self) -> tuple[str, ...]:
        """The areas, and all that lie below them."""
        return _below(self.areas)

    def sees_area(self, code: str) -> bool:
        """Whether an area that there is lies in what is seen."""
        return self.everything or any(AREA_TREE.above(code, area) for area in self.areas)

    @property
    def kind(self) -> str:
        """As the database is told it: all, areas, enterprise or gateway."""
        if self.everything:
            return "all"
        if self.areas:
            return "areas"
        return "enterprise" if self.enterprise is not None else "gateway"


@lru_cache(maxsize=1000)
def _below(areas: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(code for code in AREA_TREE.level if any(AREA_TREE.above(code, area) for area in areas))


EVERYTHING = Reach(everything=True)
NOTHING = Reach()

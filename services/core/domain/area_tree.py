"""The tree of areas: region, leagues, banners. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AreaTree:
    """Level and parent of every area, by its code."""

    level: Mapping[str, str]
    parent: Mapping[str, str | None]

    def banners_of(self, code: str) -> list[str]:
        """The banners in an area of any level."""
        return self.within(code, "banner")

    def within(self, code: str, level: str) -> list[str]:
        """The areas of `level` in the area `code`, itself included."""
        return [c for c, found in self.level.items() if found == level and self.above(c, code)]

    def above(self, code: str | None, ancestor: str) -> bool:
        """Whether `code` is `ancestor` or lies in it."""
        while code is not None and code != ancestor:
            code = self.parent[code]
        return code is not None

    def at(self, code: str | None, level: str) -> str | None:
        """The area of `level` that holds `code`; None if there is none."""
        while code is not None and self.level[code] != level:
            code = self.parent[code]
        return code

"""The tree of areas: region, leagues, banners. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class AreaTree:
    """Level and parent of every area, by its code."""

    level: Mapping[str, str]
    parent: Mapping[str, str | None]

    @classmethod
    def of(cls, rows: Iterable[Sequence[Any]]) -> Self:
        """The tree of rows of code, level and code of the parent; columns behind these are passed over."""
        levels: dict[str, str] = {}
        parents: dict[str, str | None] = {}
        for code, level, parent, *_ in rows:
            levels[code], parents[code] = level, parent
        return cls(levels, parents)

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

"""Reads of what a question speaks: the scope as conditions, the areas to group by, and the codes to answer."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from psycopg import Connection

from services.api.asking import ScopeKind
from services.api.energy.ask import Asked, By
from services.api.registry import nouns
from services.core.area_tree import AreaTree
from services.core.db.statements import Statements

SQL = Statements.beside(__file__, "energy.sql")

_NAMES = ("park_codes", "enterprise_codes", "unit_codes", "meter_codes")

Ids = tuple[str | None, int | None, int | None, int | None, int | None]
"""A banner, and the numbers of a park, an enterprise, a unit and a meter."""
Names = tuple[str | None, str | None, str | None, str | None, str | None]
"""The codes of all these, the area being of the level to group by."""


@dataclass(frozen=True, slots=True)
class Scoped:
    """A question, and what is read once of the registry to answer it."""

    asked: Asked
    areas: AreaTree
    level: str | None
    """The level of the areas to group by; None if not grouped by area."""
    conditions: Mapping[str, Any]
    """The scope, as `narrow` gives it."""
    _codes: list[dict[int, str]] = field(default_factory=lambda: [{} for _ in _NAMES], init=False, repr=False)

    @classmethod
    def read(cls, connection: Connection, asked: Asked) -> Self:
        """Read it. Raises Refused when the scope is not registered."""
        areas = read_areas(connection)
        level = _area_level(asked, areas)
        return cls(asked, areas, level, narrow(connection, asked, areas))

    @property
    def switches(self) -> dict[str, bool]:
        """By what the statements group."""
        by = self.asked.by
        return {
            "by_flow": By.FLOW in by,
            "by_area": self.level is not None,
            "by_park": By.PARK in by,
            "by_enterprise": By.ENTERPRISE in by,
            "by_unit": By.UNIT in by,
            "by_meter": By.METER in by,
        }

    def names(self, connection: Connection, rows: Iterable[Iterable[Any]]) -> Callable[[Ids], Names]:
        """A function from banner and numbers, as they stand in `rows`, to the codes that are answered."""
        columns = list(zip(*rows, strict=True)) or [()] * (1 + len(_NAMES))
        for statement, known, column in zip(_NAMES, self._codes, columns[1:], strict=True):
            ids = sorted({v for v in column if v is not None} - known.keys())
            if ids:
                known.update({row[0]: row[1] for row in SQL.run(connection, statement, ids=ids)})

        def name(ids: Ids) -> Names:
            area = ids[0] if self.level is None else self.areas.at(ids[0], self.level)
            park, enterprise, unit, meter = (
                None if number is None else self._codes[i].get(number) for i, number in enumerate(ids[1:])
            )
            return area, park, enterprise, unit, meter

        return name


def read_areas(connection: Connection) -> AreaTree:
    """All areas."""
    return AreaTree.of(SQL.run(connection, "areas").all())


def _area_level(asked: Asked, areas: AreaTree) -> str | None:
    """The level of the areas to group by; None if not grouped by area."""
    if asked.scope is ScopeKind.AREA and asked.code not in areas.level:
        raise nouns.AREA.refuse_unknown(asked.code)
    if By.LEAGUE in asked.by:
        return "league"
    if By.BANNER in asked.by:
        return "banner"
    if By.AREA in asked.by:
        return "league" if areas.level[asked.code] == "region" else "banner"
    return None


def narrow(connection: Connection, asked: Asked, areas: AreaTree) -> dict[str, Any]:
    """The scope as conditions: numbers of meters, codes of banners, number of the park; None: no such condition."""
    narrowed: dict[str, Any] = {"meter_ids": None, "areas": None, "park_id": None}
    if asked.scope is ScopeKind.AREA:
        if areas.level[asked.code] != "region":
            narrowed["areas"] = areas.banners_of(asked.code)
            rows = SQL.run(connection, "meters_of_area", areas=narrowed["areas"]).all()
            narrowed["meter_ids"] = [meter_id for (meter_id,) in rows]
    elif asked.scope is ScopeKind.PARK:
        found = SQL.run(connection, "park_id", code=asked.code).scalar()
        if found is None:
            raise nouns.PARK.refuse_unknown(asked.code)
        narrowed["park_id"] = found
        rows = SQL.run(connection, "meters_of_park", park_id=found).all()
        narrowed["meter_ids"] = [meter_id for (meter_id,) in rows]
    else:
        narrowed["meter_ids"] = _meters_of(connection, asked)
    return narrowed


def _meters_of(connection: Connection, asked: Asked) -> list[int]:
    noun, parameter = {
        ScopeKind.ENTERPRISE: (nouns.ENTERPRISE, "credit_code"),
        ScopeKind.UNIT: (nouns.UNIT, "code"),
        ScopeKind.METER: (nouns.METER, "code"),
    }[asked.scope]
    rows = SQL.run(connection, f"meters_of_{asked.scope}", **{parameter: asked.code}).all()
    if not rows:
        raise noun.refuse_unknown(asked.code)
    return [meter_id for (meter_id,) in rows if meter_id is not None]

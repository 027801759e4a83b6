"""Reads of what a question speaks: which sums it wants, and the codes to answer."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from psycopg import Connection

from services.api.asking import ScopeKind
from services.api.energy.answer import Names
from services.api.energy.ask import Asked, By
from services.api.registry import nouns
from services.core.area_tree import AreaTree
from services.core.calendar import Bucket
from services.core.db.statements import Statements
from services.core.frame import Frame, frame_of
from services.energy.by_subject import Subject
from services.energy.wanted import Among, Kept, KeptKind, SumGrouping, Wanted

SQL = Statements.beside(__file__, "energy.sql")

_NAMES = ("park_codes", "enterprise_codes", "unit_codes", "meter_codes")
_PARTS = {by: SumGrouping(by.value) for by in (By.PARK, By.ENTERPRISE, By.UNIT, By.METER)}
_AREAS = frozenset({By.AREA, By.LEAGUE, By.BANNER})


@dataclass(frozen=True, slots=True)
class Scoped:
    """A question, with the sums that answer it."""

    asked: Asked
    wanted: Wanted

    @classmethod
    def read(cls, connection: Connection, asked: Asked) -> Self:
        """Read it. Raises Refused when the scope is not registered."""
        tree = read_areas(connection)
        level = _area_level(asked, tree)
        among = narrow(connection, asked.scope, asked.code, tree)
        wanted = Wanted(
            among=among,
            apart=frozenset(part for by, part in _PARTS.items() if by in asked.by),
            areas=None if level is None else {code: (tree.at(code, level),) for code in tree.level},
            kept=_kept(asked, tree, level, among),
            carriers=None if asked.carrier is None else (asked.carrier,),
            flows=asked.flows,
        )
        return cls(asked, wanted)

    def over(self, start: datetime, end: datetime, bucket: Bucket) -> Self:
        """The same of another range, which lies on quarter hours."""
        return replace(self, asked=self.asked.over(start, end, bucket))

    @property
    def frame(self) -> Frame:
        """The buckets."""
        return frame_of(self.asked.start, self.asked.end, self.asked.bucket)


def names_of(connection: Connection, subjects: Iterable[Subject]) -> Callable[[Subject], Names]:
    """A function from one of these subjects to the codes that are answered."""
    columns = list(zip(*subjects, strict=True)) or [()] * len(Subject._fields)
    codes: list[dict[int, str]] = []
    for statement, column in zip(_NAMES, columns[1:], strict=True):
        ids = sorted({number for number in column if number is not None})
        rows = SQL.run(connection, statement, ids=ids).all() if ids else ()
        codes.append({row.number: row.code for row in rows})

    def name(subject: Subject) -> Names:
        area, *numbers = subject
        park, enterprise, unit, meter = (
            None if number is None else known.get(number) for number, known in zip(numbers, codes, strict=True)
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


def _kept(asked: Asked, areas: AreaTree, level: str | None, among: Among) -> Kept | None:
    """The places whose kept sums answer the question; None where only those of meters do."""
    told_apart = asked.by - {By.CARRIER, By.FLOW}
    if asked.scope is ScopeKind.PARK and not told_apart:
        return Kept(KeptKind.PARK, {str(park_id): Subject() for park_id in among.park_ids or ()})
    if asked.scope is not ScopeKind.AREA or not told_apart <= _AREAS:
        return None
    if level is None:
        return Kept(KeptKind.AREA, {asked.code: Subject()})
    # a league asked of a banner: the banner's own sums, under the league's name
    codes = areas.within(asked.code, level) or [asked.code]
    return Kept(KeptKind.AREA, {code: Subject(area=areas.at(code, level)) for code in codes})


def narrow(connection: Connection, scope: ScopeKind, code: str, areas: AreaTree) -> Among:
    """The meters of the scope. Raises Refused when it is not registered; an area is one of `areas`."""
    if scope is ScopeKind.AREA:
        if areas.level[code] == "region":
            return Among()
        banners = areas.banners_of(code)
        meter_ids = SQL.run(connection, "meters_of_area", areas=banners).scalars()
        return Among(meter_ids=tuple(meter_ids), banners=tuple(banners))
    if scope is ScopeKind.PARK:
        park_id = SQL.run(connection, "park_id", code=code).scalar()
        if park_id is None:
            raise nouns.PARK.refuse_unknown(code)
        meter_ids = SQL.run(connection, "meters_of_park", park_id=park_id).scalars()
        return Among(meter_ids=tuple(meter_ids), park_ids=(park_id,))
    if scope is ScopeKind.METER:
        meter_id = SQL.run(connection, "meters_of_meter", code=code).scalar()
        if meter_id is None:
            raise nouns.METER.refuse_unknown(code)
        return Among(meter_ids=(meter_id,))
    unit_ids = _units_of(connection, scope, code)
    meter_ids = SQL.run(connection, "meters_of_units", unit_ids=list(unit_ids)).scalars()
    return Among(meter_ids=tuple(meter_ids), unit_ids=unit_ids)


def _units_of(connection: Connection, scope: ScopeKind, code: str) -> tuple[int, ...]:
    noun, parameter = {
        ScopeKind.ENTERPRISE: (nouns.ENTERPRISE, "credit_code"),
        ScopeKind.UNIT: (nouns.UNIT, "code"),
    }[scope]
    found = SQL.run(connection, f"units_of_{scope}", **{parameter: code}).scalars().all()
    if not found:
        raise noun.refuse_unknown(code)
    return tuple(unit_id for unit_id in found if unit_id is not None)

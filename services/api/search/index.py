"""What may be found, and what is found of it: all names that someone sees, spelled once for a state of the registry."""

from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from threading import Lock

from psycopg import Connection

from services.api.access.reach import Reach
from services.api.search.spelling import Fit, Spelled
from services.api.search.spellings import Spellings
from services.core.data.divisions import divisions
from services.core.db.statements import Statements
from services.judging.data.tables import Tables

SQL = Statements.beside(__file__, "search.sql")

KINDS = ("area", "park", "enterprise", "unit", "alert", "rule", "target", "gateway", "meter")
"""What is found, in the order in which equally good finds are given."""
MOST_ALERTS = 2000
_INDEXES_KEPT = 30
_OWN = 10
_BESIDE = 1
"""What a term counts that fits only what the thing belongs to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findable:
    """A thing with its names, and the codes of what it belongs to."""

    kind: str
    code: str
    name_zh: str | None
    name_en: str | None
    area: str | None = None
    enterprise: str | None = None
    unit: str | None = None
    also: tuple[str, ...] = ()
    """By what else it is found: of an alert the name of its subject, of a target what else it is called."""

    @property
    def names(self) -> Iterable[str]:
        """All by which it is found itself."""
        return (name for name in (self.name_zh, self.name_en, self.code, *self.also) if name)


@dataclass(frozen=True, slots=True)
class Finds:
    """The best finds, and how many there are of each kind."""

    best: Sequence[Findable]
    counts: Mapping[str, int]


@dataclass(frozen=True)
class Index:
    """All of the registry that someone sees."""

    things: Sequence[Findable]
    spelled: dict[str, Spelled]
    """All their names, and those of all areas."""
    name_of: Mapping[str, str] = field(init=False)
    """The Chinese name of a thing by its code."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name_of", {each.code: each.name_zh for each in self.things if each.name_zh})


class SearchIndexes:
    """The indexes of those who searched last, each of its reach; made anew with another registry or another day."""

    def __init__(self, spellings: Spellings) -> None:
        self._spellings = spellings
        self._lock = Lock()
        self._kept: OrderedDict[Reach, tuple[tuple[int, date], Index]] = OrderedDict()

    def of(self, connection: Connection, reach: Reach, *, today: date) -> Index:
        """The index of what `reach` sees, which is that of the connection."""
        state = (SQL.run(connection, "revision").scalar_one(), today)
        with self._lock:
            kept = self._kept.get(reach)
        if kept is None or kept[0] != state:
            index = self._index_of([Findable(**row) for row in SQL.run(connection, "registered").mappings()])
            if any(spelled.is_unread for spelled in index.spelled.values()):
                return index
            kept = state, index
        with self._lock:
            self._kept[reach] = kept
            self._kept.move_to_end(reach)
            while len(self._kept) > _INDEXES_KEPT:
                self._kept.popitem(last=False)
        return kept[1]

    def spelled(self, things: Iterable[Findable]) -> dict[str, Spelled]:
        """The names of things, spelled."""
        return self._spellings.of(name for thing in things for name in thing.names)

    def _index_of(self, things: Sequence[Findable]) -> Index:
        return Index(things, self.spelled(things) | self._spellings.of(_AREA_NAMES.values()))


def alerts_of(connection: Connection, index: Index) -> list[Findable]:
    """The alerts that fire, and the newest of the others: at most MOST_ALERTS."""
    return [
        Findable(
            kind="alert",
            code=str(row.alert_id),
            name_zh=row.name_zh,
            name_en=row.name_en,
            area=row.area,
            enterprise=row.enterprise,
            unit=row.unit,
            also=tuple(name for name in (index.name_of.get(row.subject_code), row.subject_code) if name),
        )
        for row in SQL.run(connection, "alerts", most=MOST_ALERTS)
    ]


def rules_of(connection: Connection) -> list[Findable]:
    """The rules of alerts."""
    rows = SQL.run(connection, "rules")
    return [Findable(kind="rule", code=row.code, name_zh=row.name_zh, name_en=row.name_en) for row in rows]


def targets_of(tables: Tables) -> list[Findable]:
    """The targets of the plans."""
    return [
        Findable(
            kind="target",
            code=row.code,
            name_zh=row.indicator_zh,
            name_en=row.indicator_en or None,
            area=row.area_code,
            also=(row.alias,) if row.alias else (),
        )
        for row in tables.plans.targets
    ]


def find(
    things: Iterable[Findable], index: Index, others: Mapping[str, Spelled], terms: Sequence[str], *, most: int
) -> Finds:
    """The best of `things` that every one of `terms` fits, itself or by what it belongs to; at least one itself.

    `others`: the names of those that are not in the index, spelled.
    """
    spelled = {**index.spelled, **others}
    beside: dict[tuple[str, str], bool] = {}

    def belongs(thing: Findable, term: str) -> bool:
        above = (*_areas_above(thing.area), thing.enterprise, thing.unit)
        for code in above:
            if code is None or code == thing.code:
                continue
            if (code, term) not in beside:
                name = _AREA_NAMES.get(code) or index.name_of.get(code)
                beside[code, term] = name is not None and spelled[name].fit(term) >= Fit.START_OF_SPELLING
            if beside[code, term]:
                return True
        return False

    scored: list[tuple[int, int, int, str, Findable]] = []
    for thing in things:
        fits = [max((spelled[name].fit(term) for name in thing.names), default=Fit.NONE) for term in terms]
        if not any(fits) or not all(fit or belongs(thing, term) for fit, term in zip(fits, terms, strict=True)):
            continue
        score = sum(_OWN * fit if fit else _BESIDE for fit in fits)
        scored.append((-score, KINDS.index(thing.kind), len(thing.name_zh or ""), thing.code, thing))
    scored.sort(key=lambda each: each[:4])
    counts = Counter(each[-1].kind for each in scored)
    return Finds([each[-1] for each in scored[:most]], {kind: counts[kind] for kind in KINDS if kind in counts})


_AREA_NAMES = {division.code: division.name_zh for division in divisions()}
_PARENT = {division.code: division.parent_code for division in divisions()}


def _areas_above(code: str | None) -> tuple[str, ...]:
    """The area and those above it, without the region, in which everything lies."""
    found: list[str] = []
    while code is not None and _PARENT.get(code) is not None:
        found.append(code)
        code = _PARENT[code]
    return tuple(found)

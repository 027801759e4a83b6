"""Where an indicator is asked of: areas, parks, enterprises and units, as the registry has them."""

import enum
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg import Connection

from services.core.area_tree import AreaTree
from services.core.db.statements import Statements
from services.judging.indicators.unit_inputs import DatedInput, dated_inputs

SQL = Statements.beside(__file__, "scope.sql")

OF_ONE_PROCESS = frozenset({"coal_mining", "data_centre"})
"""Trades whose units all have one process, of the same code: a unit that names none has that one."""


class ScopeKind(enum.StrEnum):
    """What a scope names."""

    AREA = "area"
    PARK = "park"
    ENTERPRISE = "enterprise"
    UNIT = "unit"


class UnknownScopeError(LookupError):
    """Nothing is registered under the code."""

    def __init__(self, kind: ScopeKind, code: str) -> None:
        super().__init__(f"no {kind} is registered as {code}")
        self.kind, self.code = kind, code


@dataclass(frozen=True, slots=True)
class JudgedPark:
    """A park."""

    park_id: int
    code: str
    name_zh: str
    name_en: str | None
    kind: str
    area_code: str


@dataclass(frozen=True, slots=True)
class Scope:
    """A scope, found in the registry. `banners` and `park` narrow what counts to the days on which it lay there."""

    kind: ScopeKind
    code: str
    tree: AreaTree
    banners: tuple[str, ...] | None = None
    park: JudgedPark | None = None

    @property
    def park_id(self) -> int | None:
        """Number of the park; None where the scope is none."""
        return self.park.park_id if self.park else None


@dataclass(frozen=True, slots=True)
class JudgedUnit:
    """A unit with all that decides how it is judged. `area_code` and `park_code` are those at the end of the period."""

    unit_id: int
    code: str
    name_zh: str
    name_en: str | None
    process: str | None
    status: str
    commissioned_on: date | None
    design_energy_tce: float | None
    approved_energy_tce: float | None
    retrofit_listed_on: date | None
    retrofit_due_on: date | None
    capacity_class: str | None
    measuring_category: int | None
    standard_racks: int | None
    enterprise_id: int
    credit_code: str
    enterprise_zh: str
    enterprise_en: str | None
    trade: str
    area_code: str | None
    park_code: str | None
    makes_product: bool
    """Whether a meter measures what it makes, or that was ever reported."""
    given: Sequence[Mapping[str, Any]] = ()
    """Rows of what it gave of itself."""

    @property
    def inputs(self) -> tuple[DatedInput, ...]:
        """What it gave of itself, each from a day on."""
        return dated_inputs(self.given)


def area_tree(connection: Connection) -> AreaTree:
    """All areas."""
    return AreaTree.of(SQL.run(connection, "areas").all())


def scope_of(connection: Connection, kind: ScopeKind, code: str) -> Scope:
    """The scope as registered. Raises UnknownScopeError, of a unit only when its units are asked for."""
    tree = area_tree(connection)
    if kind is ScopeKind.AREA:
        if code not in tree.level:
            raise UnknownScopeError(kind, code)
        whole = tree.level[code] == "region"
        return Scope(kind, code, tree, None if whole else tuple(tree.banners_of(code)))
    if kind is ScopeKind.PARK:
        park = SQL.run(connection, "park", code=code).of(JudgedPark).first()
        if park is None:
            raise UnknownScopeError(kind, code)
        return Scope(kind, code, tree, park=park)
    if kind is ScopeKind.ENTERPRISE and SQL.run(connection, "has_enterprise", credit_code=code).first() is None:
        raise UnknownScopeError(kind, code)
    return Scope(kind, code, tree)


def units_of(
    connection: Connection,
    scope: Scope,
    *,
    at: datetime,
    processes: Collection[str] = (),
    trades: Collection[str] = (),
) -> Sequence[JudgedUnit]:
    """The units that are, or ever were, in the scope; of these processes and trades where some are named.

    Raises UnknownScopeError when the scope is a unit that is not registered.
    """
    rows = SQL.run(
        connection,
        "units",
        areas=None if scope.banners is None else list(scope.banners),
        park_id=scope.park_id,
        credit_code=scope.code if scope.kind is ScopeKind.ENTERPRISE else None,
        unit=scope.code if scope.kind is ScopeKind.UNIT else None,
        processes=sorted(processes) or None,
        trades=sorted(trades) or None,
        of_one_process=sorted(OF_ONE_PROCESS),
        on_day=at.date(),
    )
    units = rows.of(JudgedUnit).all()
    if not units and scope.kind is ScopeKind.UNIT:
        _require_unit(connection, scope)
    return units


def _require_unit(connection: Connection, scope: Scope) -> None:
    if SQL.run(connection, "has_unit", code=scope.code).first() is None:
        raise UnknownScopeError(scope.kind, scope.code)

"""Energy: how much was used, where, when, and how completely it was measured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from services.api import asking
from services.api.access.require import Acting
from services.api.asking import Now
from services.api.comparing.change import ComparedValue
from services.api.comparing.period import INVALID_COMPARE
from services.api.database import Database, Db, WholeDb
from services.api.encoded import encoded
from services.api.energy import ask
from services.api.energy.answer import EnergyLine, Group
from services.api.energy.ask import Asked, EnergyQuery, group_names
from services.api.energy.banner_total import MONTHS_ALONE, require_banner_total, shown
from services.api.energy.change_of_lines import LinesCompared
from services.api.energy.compared import ComparedLines, read_compared
from services.api.energy.cost import require_affordable_sums
from services.api.energy.pending import PendingSums, pending_sums
from services.api.energy.query import energy, energy_with_manual, estimated, quantity_units, read_other
from services.api.energy.rows import EnergyRows
from services.api.energy.scope import Scoped
from services.api.energy.valuing import Valuing, missing_of, rows_of
from services.api.errors import BAD_CURSOR, OUTSIDE_REACH, Refused
from services.api.guard.cost import TOO_MUCH
from services.api.indicators.answer import RowUsed
from services.api.names import CalledByKind, NamedKind, NamesOut, names_of_codes
from services.api.openapi import refusals
from services.api.paging import Pager
from services.api.registry import nouns
from services.api.tables import TablesDep
from services.energy.factors import Basis

router = APIRouter(prefix="/api/v1/energy", tags=["energy"])


class ManualQuantity(BaseModel):
    """What of a quantity was entered by hand from papers, of units without a meter of the carrier and flow."""

    quantity: float = Field(description="In `quantity_unit`")
    share: float | None = Field(description="Of the quantity, 0 to 1; null: of nothing")
    reports: int = Field(description="How many manual reports that is")


class EnergyRow(BaseModel):
    """A sum. Of area, park, enterprise, unit and meter only those are present that it is grouped by."""

    start: datetime
    end: datetime
    carrier: str
    flow: str = Field(description="input unless asked otherwise")
    area: str | None = Field(None, description="GB/T 2260 code")
    park: str | None = None
    enterprise: str | None = Field(None, description="Unified social credit code")
    unit: str | None = None
    meter: str | None = None
    quantity: float | None = Field(description="In `quantity_unit`; null where readings are missing: that is not zero")
    quantity_unit: str
    estimated_quantity: float | None = Field(
        None,
        description="Where asked for: the quantity with estimates for hours not measured; never part of another sum",
    )
    coverage: float | None = Field(description="Measured share of the period, 0 to 1; null where no meter is expected")
    manual: ManualQuantity | None = Field(None, description="What of the quantity is manual; absent: nothing")
    tce_calorific: float | None = Field(
        None, description="Tonnes of standard coal, calorific value; null: no energy, nothing booked, or see `missing`"
    )
    tce_equivalent: float | None = Field(None, description="The same, equivalent value")
    tco2: float | None = Field(
        None, description="Tonnes of CO2, likewise; 0 for renewable electricity, and for feedstock, which is not burnt"
    )
    compared: ComparedValue | None = Field(
        None, description="With `compare`: the quantity of another period; null: it has none, or none of it is over"
    )


class MissingCoefficient(BaseModel):
    """A coefficient that is in no table: what depends on it is null."""

    carrier: str
    year: int
    basis: str = Field(description="calorific, equivalent, or co2")


class Withheld(BaseModel):
    """A total that is not told, since one of the few who used it could tell what another used."""

    start: datetime
    end: datetime
    carrier: str
    flow: str


class EnergyAnswer(BaseModel):
    """Sums over [start, end) in buckets."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "scope": "area:150600",
                    "start": "2026-01-01T00:00:00+08:00",
                    "end": "2026-02-01T00:00:00+08:00",
                    "aligned": False,
                    "bucket": "month",
                    "by": ["area", "carrier"],
                    "data": [
                        {
                            "start": "2026-01-01T00:00:00+08:00",
                            "end": "2026-02-01T00:00:00+08:00",
                            "carrier": "electricity",
                            "flow": "input",
                            "area": "150622",
                            "quantity": 1250000.5,
                            "quantity_unit": "kWh",
                            "coverage": 0.998,
                            "tce_calorific": 153.62506145,
                            "tce_equivalent": 381.25015,
                            "tco2": 809.875324,
                        }
                    ],
                    "rows": [],
                    "missing": [],
                    "pending": None,
                    "manual_left_out": 0,
                    "next": None,
                }
            ]
        }
    )

    scope: str
    start: datetime
    end: datetime
    aligned: bool = Field(description="Whether the range is wider than what was asked for, as `align` allows")
    bucket: str
    by: list[str]
    data: list[EnergyRow]
    total: list[EnergyRow] | None = Field(
        None, description="With `total=true`: the sums of all pages by period, carrier and flow"
    )
    names: NamesOut = Field(description="What the codes of this page, and that of the scope, are called")
    rows: list[RowUsed] = Field(description="The coefficients that the rows of this page were valued with")
    missing: list[MissingCoefficient] = Field(description="The coefficients that this page would have needed")
    pending: PendingSums | None = Field(description="What is stored and not yet in these sums; null: nothing")
    withheld: list[Withheld] | None = Field(
        None, description="To an enterprise that asks of its banner: what fewer than three enterprises used"
    )
    manual_left_out: int = Field(
        description="Manual reports of months in the range that no bucket holds as a whole: they are in no row"
    )
    next: str | None = Field(description="Cursor of the next page; null on the last one")


_REFUSALS = refusals(
    BAD_CURSOR,
    nouns.AREA.unknown,
    nouns.PARK.unknown,
    nouns.ENTERPRISE.unknown,
    nouns.UNIT.unknown,
    nouns.METER.unknown,
    nouns.CARRIER.unknown,
    asking.START_AFTER_END,
    asking.RANGE_TOO_LONG,
    TOO_MUCH,
    ask.NOT_ON_QUARTER,
    asking.NOT_ON_HOUR,
    asking.INVALID_SCOPE,
    asking.INVALID_BY,
    INVALID_COMPARE,
    OUTSIDE_REACH,
    MONTHS_ALONE,
)


@router.get("", summary="Sum energy", response_model=EnergyAnswer, responses=_REFUSALS)
def read_energy(
    database: Db,
    whole: WholeDb,
    acting: Acting,
    tables: TablesDep,
    query: Annotated[EnergyQuery, Query()],
    now: Now,
) -> Response:
    """Physical quantities of a scope in buckets, by carrier and by what else is asked for, with their coverage.

    Inputs, outputs, sub meters and products are never added to each other: name a `flow` or group by it. Standard coal
    and CO2 are those of the row's own quantity, above zero for outputs too; the balance puts flows together.
    """
    asked = ask.asked(query, now=now)
    if acting.reach.enterprise is not None and asked.scope is asking.ScopeKind.AREA:
        told = _of_banner(whole, acting.reach.enterprise, asked, query, now=now)
    else:
        told = database.once(f"energy {query.alike}", lambda: _told(database, asked, query, now=now))
    if query.carrier is not None and query.carrier not in told.units:
        raise nouns.CARRIER.refuse_unknown(query.carrier)
    groups, units = group_names(asked.by), told.units
    valuing = Valuing(tables.factors, [query.basis] if query.basis else tuple(Basis))
    page, following = Pager(query, of="energy").part(told.lines)
    least = float(tables.parameter("coverage_least").value)
    compared = None if told.compared is None else LinesCompared(told.compared, least)
    rows = EnergyRows(units, valuing, told.estimates, compared)
    data = encoded(rows.of(line, groups) for line in page)
    # The heat values that others have measured are theirs.
    used = {code: row for code, row in valuing.used.items() if told.withheld is None or row.factor.heat_value is None}
    answer = {
        "scope": query.scope,
        "start": asked.start,
        "end": asked.end,
        "aligned": asking.is_wider(query, asked.start, asked.end),
        "bucket": asked.bucket,
        "by": sorted(asked.by),
        "data": data,
        "total": encoded(rows.of_whole(told.lines)) if query.total else None,
        "names": _names(database, asked, page, groups),
        "rows": rows_of(tables, used),
        "missing": missing_of(valuing.missing),
        "pending": told.pending,
        "withheld": told.withheld,
        "manual_left_out": told.manual_left_out,
        "next": following,
    }
    return Response(msgspec.json.encode(answer), media_type="application/json")


@dataclass(frozen=True, slots=True)
class _Told:
    """What was read to answer a question."""

    lines: Sequence[EnergyLine]
    units: Mapping[str, str]
    estimates: Mapping[tuple[datetime, Group], int] | None = None
    pending: Any = None
    withheld: list[dict[str, Any]] | None = None
    compared: ComparedLines | None = None
    manual_left_out: int = 0


def _told(database: Database, asked: Asked, query: EnergyQuery, *, now: datetime) -> _Told:
    with database.read() as connection:
        scoped = Scoped.read(connection, asked)
        require_affordable_sums(
            connection,
            scoped,
            now=now,
            with_estimates=query.estimates is not None,
            compared=query.compare is not None,
        )
        reading = partial(read_other, connection, scoped, now=now)
        found = energy_with_manual(connection, scoped, now=now)
        return _Told(
            lines=found.lines,
            manual_left_out=found.left_out,
            compared=read_compared(reading, asked, query.compare, now=now) if query.compare else None,
            units=quantity_units(connection),
            estimates=estimated(connection, scoped, query.estimates) if query.estimates else None,
            pending=pending_sums(connection, scoped.wanted.among, start=asked.start, end=asked.end),
        )


def _of_banner(whole: Database, credit_code: str, asked: Asked, query: EnergyQuery, *, now: datetime) -> _Told:
    """What an enterprise is told of its banner."""
    if query.estimates or query.compare:
        raise Refused(OUTSIDE_REACH, "estimates, compare: an enterprise is told what was measured in its banner")
    with whole.read() as connection:
        require_banner_total(connection, credit_code, asked, now=now)
        found = shown(connection, asked, energy(connection, Scoped.read(connection, asked), now=now))
        units = quantity_units(connection)
    withheld = [
        {"start": line.start, "end": line.end, "carrier": line.group.carrier, "flow": str(line.group.flow)}
        for line in found.withheld
    ]
    return _Told(lines=found.lines, units=units, withheld=withheld)


def _names(database: Database, asked: Asked, page: Sequence[EnergyLine], groups: Sequence[str]) -> CalledByKind:
    kinds: dict[NamedKind, list[str | None]] = {
        NamedKind(name): [getattr(line.group, name) for line in page] for name in groups
    }
    kinds.setdefault(NamedKind(asked.scope), []).append(asked.code)
    with database.read() as connection:
        return names_of_codes(connection, kinds)

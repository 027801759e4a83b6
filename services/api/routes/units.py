"""Units 用能单元: plants, processes, lines and data centres of enterprises."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Query, status
from psycopg import Connection
from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from services.api.database import Db
from services.api.errors import ALREADY_EXISTS, BAD_CURSOR, IN_USE
from services.api.list_query import ORDER, ListQuery, Many, OrderedBy
from services.api.listing import contains, equal
from services.api.names import NamedKind, NamedPage, WithNames
from services.api.openapi import refusals
from services.api.reasons import Fault
from services.api.registry import nouns
from services.api.registry.fields import (
    AreaCode,
    CapacityClass,
    Code,
    CreditCode,
    Day,
    EnergyOfYear,
    Entry,
    MeasuringCategory,
    Name,
    SearchText,
    StandardRacks,
    Trade,
    UnitStatus,
)
from services.api.registry.filters import AREA, ENTERPRISE, PARK, TRADE
from services.api.registry.owners import owner_faults
from services.api.registry.reported import keep_with_statistics
from services.api.registry.resource import Resource
from services.api.registry.retrofit import LONGEST, retrofit_faults
from services.api.registry.statements import registry_statements
from services.api.tables import TablesDep
from services.judging.data.tables import Tables

EXAMPLE: JsonDict = {
    "code": "150622-0007-U1",
    "credit_code": "91150622MA0N0000XF",
    "name_zh": "一号焦炉",
    "name_en": "Coke oven 1",
    "process": "coking_top",
    "status": "existing",
    "commissioned_on": "2019-06-01",
    "design_energy_tce": 182000,
    "approved_energy_tce": 175000,
    "retrofit_listed_on": "2025-03-01",
    "retrofit_due_on": "2027-12-31",
    "capacity_class": "permitted",
    "measuring_category": None,
    "standard_racks": None,
}


class UnitEntry(Entry):
    """A unit as it is registered."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    code: Code
    credit_code: CreditCode
    name_zh: Name
    name_en: Name | None = None
    process: Code | None = Field(
        None, description="What it does, a code of /api/v1/tables/processes; names its benchmark"
    )
    status: UnitStatus = "existing"
    commissioned_on: Day | None = None
    design_energy_tce: EnergyOfYear | None = Field(None, description="By design, tce a year, equivalent basis")
    approved_energy_tce: EnergyOfYear | None = Field(
        None, description="Approved by the energy-saving review, tce a year, equivalent basis"
    )
    retrofit_listed_on: Day | None = Field(None, description="Day from which it must be retrofitted")
    retrofit_due_on: Day | None = Field(
        None, description="Day by which the retrofit must be done; empty: the longest time there is"
    )
    capacity_class: CapacityClass | None = None
    measuring_category: MeasuringCategory | None = Field(
        None, description="Of a data centre: IT load measured at 1 UPS output, 2 distribution output, 3 equipment input"
    )
    standard_racks: StandardRacks | None = Field(None, description="Of a data centre: its size in standard racks")


class Unit(UnitEntry):
    """A unit."""


class NamedUnit(Unit, WithNames):
    """A unit, with the names of its enterprise and its process."""


class UnitPatch(Entry):
    """What of a unit may change; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "building"}]})

    name_zh: Name | None = None
    name_en: Name | None = None
    process: Code | None = None
    status: UnitStatus | None = None
    commissioned_on: Day | None = None
    design_energy_tce: EnergyOfYear | None = None
    approved_energy_tce: EnergyOfYear | None = None
    retrofit_listed_on: Day | None = None
    retrofit_due_on: Day | None = None
    capacity_class: CapacityClass | None = None
    measuring_category: MeasuringCategory | None = None
    standard_racks: StandardRacks | None = None


class UnitQuery(ListQuery):
    """How the list of units may be narrowed."""

    area: Many[AreaCode] | None = Field(None, description="Area of any level; what lies below it is included")
    park: Many[Code] | None = None
    trade: Many[Trade] | None = None
    enterprise: Many[CreditCode] | None = None
    process: Many[Code] | None = None
    status: Many[UnitStatus] | None = None
    capacity_class: Many[CapacityClass] | None = None
    q: SearchText | None = Field(None, description="Part of the code or of a name")
    order: Annotated[
        list[str], OrderedBy("code", "name_zh", "name_en", "credit_code", "process", "status", "commissioned_on")
    ] = ORDER


def _retrofit_faults(tables: Tables, unit: UnitEntry) -> list[Fault]:
    longest_years = int(tables.parameter(LONGEST).value)
    return retrofit_faults(unit.retrofit_listed_on, unit.retrofit_due_on, longest_years=longest_years)


def _process_faults(tables: Tables, unit: UnitEntry) -> list[Fault]:
    if unit.process is None or unit.process in tables.process:
        return []
    return [Fault("process", "unknown_process", {"value": unit.process})]


def _faults_amended(tables: Tables, connection: Connection, units: Sequence[UnitEntry]) -> list[list[Fault]]:
    def faults(unit: UnitEntry) -> list[Fault]:
        process = _process_faults(tables, unit)
        # A unit whose process left the table keeps it until it is given another.
        if process and RESOURCE.row(connection, unit.code)["process"] == unit.process:
            process = []
        return [*process, *_retrofit_faults(tables, unit)]

    return [faults(unit) for unit in units]


def _faults(tables: Tables, connection: Connection, entries: Sequence[UnitEntry]) -> list[list[Fault]]:
    return [
        [*owner, *_process_faults(tables, unit), *_retrofit_faults(tables, unit)]
        for owner, unit in zip(owner_faults(connection, entries), entries, strict=True)
    ]


@dataclass(frozen=True, kw_only=True)
class UnitResource(Resource[UnitEntry, UnitEntry, Unit]):
    """Units as a kind of registered thing: their processes and retrofits are judged by domain numbers."""

    def judging_by(self, tables: Tables) -> Self:
        """The same, judging entries by `tables`."""
        return replace(self, check=partial(_faults, tables), check_amended=partial(_faults_amended, tables))


RESOURCE = UnitResource(
    noun=nouns.UNIT,
    key="code",
    entry=UnitEntry,
    record=UnitEntry,
    example=EXAMPLE,
    answer=Unit,
    page=NamedPage[Unit],
    coded={NamedKind.ENTERPRISE: ("credit_code",), NamedKind.PROCESS: ("process",)},
    sql=registry_statements("unit.sql"),
    filters={
        "area": AREA,
        "park": PARK,
        "trade": TRADE,
        "enterprise": ENTERPRISE,
        "process": equal("process"),
        "status": equal("status"),
        "capacity_class": equal("capacity_class"),
        "q": contains("code", "name_zh", "name_en"),
    },
    query=UnitQuery,
    refuse_removal=keep_with_statistics(nouns.UNIT),
)

router = APIRouter(prefix="/api/v1/units", tags=["units"])
UNKNOWN = nouns.UNIT.unknown


async def _units(tables: TablesDep) -> UnitResource:
    return RESOURCE.judging_by(tables)


Units = Annotated[UnitResource, Depends(_units)]


@router.get("", summary="List units", responses=refusals(BAD_CURSOR))
def list_units(database: Db, tables: TablesDep, query: Annotated[UnitQuery, Query()]) -> NamedPage[Unit]:
    """The units in the order of their codes; filters by place go by their enterprise's membership of today."""
    return RESOURCE.page_of(database, query, tables)


@router.post("", summary="Register a unit", status_code=status.HTTP_201_CREATED, responses=refusals(ALREADY_EXISTS))
def create_unit(database: Db, units: Units, entry: UnitEntry) -> Unit:
    """Register a unit. Its code and its enterprise stay."""
    return units.create(database, entry)


@router.get("/{code}", summary="Read a unit", responses=refusals(UNKNOWN))
def read_unit(database: Db, tables: TablesDep, code: Code) -> NamedUnit:
    """One unit."""
    return RESOURCE.one(database, code, NamedUnit, tables)


@router.patch("/{code}", summary="Change a unit", responses=refusals(UNKNOWN))
def amend_unit(database: Db, units: Units, code: Code, patch: UnitPatch) -> Unit:
    """Change the fields given."""
    return units.amend(database, code, patch)


@router.delete(
    "/{code}", summary="Remove a unit", status_code=status.HTTP_204_NO_CONTENT, responses=refusals(UNKNOWN, IN_USE)
)
def remove_unit(database: Db, code: Code) -> None:
    """Remove a unit without meters."""
    RESOURCE.remove(database, code)

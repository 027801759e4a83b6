"""What units give of themselves, by which mandatory limits are corrected: feed grade, age of ovens, altitude, class."""

from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Annotated

from fastapi import APIRouter, Path, Query, status
from psycopg import Connection
from psycopg.rows import DictRow
from pydantic import ConfigDict, Field, StrictBool, StrictStr
from pydantic.config import JsonDict

from services.api.computed_listing import short_list
from services.api.database import Db
from services.api.errors import ALREADY_EXISTS, BAD_CURSOR, INVALID_BODY, Refused, refused_fields
from services.api.list_query import ORDER, ListQuery, OrderedBy
from services.api.openapi import refusals
from services.api.paging import Page
from services.api.reasons import Fault
from services.api.registry import nouns
from services.api.registry.change import registry_change
from services.api.registry.fields import Code, Day, Entry, Note, Number
from services.api.registry.statements import registry_statements
from services.api.tables import TablesDep
from services.judging.data.corrections import UnitInput
from services.judging.data.tables import Tables

EXAMPLE: JsonDict = {
    "input": "feed_grade",
    "value": 58.4,
    "valid_from": "2026-01-01",
    "source": "2026年1月入炉料化验单",
}

_SQL = registry_statements("unit_input.sql")


class UnitInputEntry(Entry):
    """What a unit gives for an input from a day on, until the next of the same input."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    input: Code = Field(description="A row of /api/v1/tables/unit_inputs")
    value: StrictBool | Number | StrictStr = Field(
        description="A number in the unit of the input, true or false of what is so or not, or one of its choices"
    )
    valid_from: Day = Field(description="First day, in Asia/Shanghai")
    source: Note = Field(description="Where it is known from: a report, an inspection")


class UnitInputAnswer(UnitInputEntry):
    """What a unit gave."""

    name_zh: str | None = Field(description="null: no input of this name is known any more")
    name_en: str | None
    unit: str | None
    recorded_at: datetime
    recorded_by: str | None = Field(description="Account; null: it was given before there were accounts")


class UnitInputQuery(ListQuery):
    """How what a unit gives is listed."""

    order: Annotated[list[str], OrderedBy("input", "valid_from")] = ORDER


router = APIRouter(prefix="/api/v1/units/{code}/inputs", tags=["units"])
UNIT, INPUT = nouns.UNIT.unknown, nouns.UNIT_INPUT.unknown
FirstDay = Annotated[Day, Path(description="Its `valid_from`")]
InputName = Annotated[Code, Path(description="Its `input`", examples=["feed_grade"])]


@router.get("", summary="List what a unit gives of itself", responses=refusals(BAD_CURSOR, UNIT))
def list_inputs(
    database: Db, tables: TablesDep, code: Code, query: Annotated[UnitInputQuery, Query()]
) -> Page[UnitInputAnswer]:
    """All inputs with their days, by name, the oldest first."""
    with database.read() as connection:
        _require_unit(connection, code)
        rows = _SQL.run(connection, "of_unit", code=code).mappings()
        found = [_answer(tables, row) for row in rows]
    usual = ("input", "valid_from")
    return short_list(UnitInputAnswer, UnitInputQuery, name=f"inputs of {code}", usual=usual).page(found, query)


@router.post(
    "",
    summary="Give an input of a unit",
    status_code=status.HTTP_201_CREATED,
    responses=refusals(UNIT, ALREADY_EXISTS),
)
def add_input(database: Db, tables: TablesDep, code: Code, entry: UnitInputEntry) -> UnitInputEntry:
    """Record what the unit gives from a day on. One already recorded for that day is taken back first."""
    faults = _faults(tables, entry)
    if faults:
        raise refused_fields(INVALID_BODY, faults)
    number = None if isinstance(entry.value, str) else Decimal(repr(float(entry.value)))
    choice = entry.value if isinstance(entry.value, str) else None
    given = {"input": entry.input, "valid_from": entry.valid_from, "source": entry.source}
    with registry_change(database) as change:
        _require_unit(change.connection, code)
        if _SQL.run(change.connection, "insert", code=code, value=number, choice=choice, **given).rowcount == 0:
            fault = nouns.UNIT_INPUT.fault("valid_from", "already_exists", f"{entry.input} {entry.valid_from}")
            raise Refused(ALREADY_EXISTS, fault.reason, faults=[fault])
    return entry


@router.delete(
    "/{name}/{valid_from}",
    summary="Take back an input of a unit",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=refusals(UNIT, INPUT),
)
def remove_input(database: Db, code: Code, name: InputName, valid_from: FirstDay) -> None:
    """What held before it holds on."""
    with registry_change(database) as change:
        _require_unit(change.connection, code)
        if _SQL.run(change.connection, "delete", code=code, input=name, valid_from=valid_from).rowcount == 0:
            raise nouns.UNIT_INPUT.refuse_unknown(f"{name} {valid_from}")


def _require_unit(connection: Connection, code: str) -> None:
    if _SQL.run(connection, "unit", code=code).first() is None:
        raise nouns.UNIT.refuse_unknown(code)


def _faults(tables: Tables, entry: UnitInputEntry) -> list[Fault]:
    """What is wrong with an input."""
    known = tables.unit_input.get(entry.input)
    if known is None:
        names = ", ".join(sorted(tables.unit_input))
        return [Fault("input", "not_among", {"value": entry.input, "known": names})]
    return _value_faults(known, entry.value)


def _value_faults(known: UnitInput, value: bool | float | str) -> list[Fault]:
    allowed = known.allowed
    if known.kind == "choice":
        if value in allowed.choices:
            return []
        return [Fault("value", "not_among", {"value": str(value), "known": ", ".join(allowed.choices)})]
    if known.kind == "flag":
        return [] if isinstance(value, bool) else [Fault("value", "bool_type")]
    if isinstance(value, bool | str):
        return [Fault("value", "float_type")]
    exact = Fraction(repr(value))
    if allowed.low is not None and exact < allowed.low:
        return [Fault("value", "greater_than_equal", {"ge": str(known.low)})]
    if allowed.high is not None and exact > allowed.high:
        return [Fault("value", "less_than_equal", {"le": str(known.high)})]
    return []


def _answer(tables: Tables, row: DictRow) -> UnitInputAnswer:
    known = tables.unit_input.get(row["input"])
    given: bool | float | str = row["choice"] or ""
    if row["value"] is not None:
        given = bool(row["value"]) if known is not None and known.kind == "flag" else float(row["value"])
    return UnitInputAnswer.model_construct(
        value=given,
        name_zh=known.name_zh if known else None,
        name_en=known.name_en if known else None,
        unit=known.unit if known else None,
        **{name: row[name] for name in ("input", "valid_from", "source", "recorded_at", "recorded_by")},
    )

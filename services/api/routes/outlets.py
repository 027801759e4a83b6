"""Outlets of permit holders."""

from typing import Annotated

from fastapi import APIRouter, Query, status

from services.api.database import Db
from services.api.errors import ALREADY_EXISTS, BAD_CURSOR, INVALID_BODY, Refused, refused_fields
from services.api.names import NamedPage
from services.api.openapi import refusals
from services.api.registry import nouns
from services.api.registry.change import registry_change
from services.api.registry.fields import Code
from services.api.registry.outlets import (
    OUTLETS,
    SQL,
    NamedOutlet,
    Outlet,
    OutletEntry,
    OutletQuery,
    faults_of_outlet,
    put_outlet,
)

router = APIRouter(prefix="/api/v1/outlets", tags=["emissions"])
UNKNOWN = nouns.OUTLET.unknown


@router.get("", summary="List outlets", responses=refusals(BAD_CURSOR))
def list_outlets(database: Db, query: Annotated[OutletQuery, Query()]) -> NamedPage[Outlet]:
    """Outlets with their monitors; filters by place go by the membership of their enterprise today."""
    return OUTLETS.page_of(database, query)


@router.get("/{code}", summary="Read an outlet", responses=refusals(UNKNOWN))
def read_outlet(database: Db, code: Code) -> NamedOutlet:
    """One outlet."""
    return OUTLETS.one(database, code, NamedOutlet)


@router.put("/{code}", summary="Register an outlet, or change it", responses=refusals(ALREADY_EXISTS))
def write_outlet(database: Db, code: Code, entry: OutletEntry) -> Outlet:
    """The outlet is what is given, with its limits and stops: what is left out is not there any more."""
    with registry_change(database) as change:
        faults = faults_of_outlet(change.connection, code, entry)
        if faults:
            raise refused_fields(INVALID_BODY, faults)
        if SQL.run(change.connection, "taken", code=code).first() is not None:
            fault = nouns.OUTLET.fault("code", "already_exists", code)
            raise Refused(ALREADY_EXISTS, fault.reason, faults=[fault])
        put_outlet(change, code, entry)
        return OUTLETS.shape(OUTLETS.row(change.connection, code))


@router.delete(
    "/{code}", summary="Remove an outlet", status_code=status.HTTP_204_NO_CONTENT, responses=refusals(UNKNOWN)
)
def remove_outlet(database: Db, code: Code) -> None:
    """Remove an outlet, with its limits and stops. What its monitor has sent stays."""
    with registry_change(database) as change:
        OUTLETS.row(change.connection, code)
        SQL.run(change.connection, "delete", key=code)

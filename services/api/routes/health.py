"""Whether the service lives and whether it can answer."""

from functools import cache
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from services.api.database import Db
from services.api.errors import DATABASE_UNAVAILABLE, NOT_READY, Refused
from services.api.openapi import refusals
from services.core.db.migrate import applied_revision, newest_revision

router = APIRouter(prefix="/health", tags=["operation"])

# It takes a look at every migration, and does not change while the process runs.
_needed_revision = cache(newest_revision)


class Health(BaseModel):
    """All is well."""

    status: Literal["ok"]


@router.get("/live", summary="Is the process alive?")
async def live() -> Health:
    """Answers as long as the process runs; asks nothing of the database."""
    return Health(status="ok")


@router.get("/ready", summary="Can requests be answered?", responses=refusals(NOT_READY, DATABASE_UNAVAILABLE))
def ready(database: Db) -> Health:
    """The database answers and its schema is the one this version needs."""
    needed = _needed_revision()
    with database.read() as connection:
        applied = applied_revision(connection)
    if applied != needed:
        raise Refused(NOT_READY, f"the schema is at revision {applied}, {needed} is needed: run `enermon migrate`")
    return Health(status="ok")

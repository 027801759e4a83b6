"""Whether the service lives and whether it can answer."""

import os
from functools import cache
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel

from services.api.database import WholeDb
from services.api.errors import DATABASE_UNAVAILABLE, NOT_READY, Refused
from services.api.openapi import refusals
from services.core.db.revision import applied_revision, newest_revision

router = APIRouter(prefix="/health", tags=["operation"])

# Whoever starts the API may give it a word of its own in the environment, and know by the answer that it is this
# process that listens at the port, and not another installation. Both names are also in services/up/api.py.
INSTANCE_VARIABLE = "ENERMON_API_INSTANCE"
INSTANCE_HEADER = "X-Enermon-Instance"

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
def ready(database: WholeDb, response: Response) -> Health:
    """The database answers and its schema is the one this version needs."""
    needed = _needed_revision()
    with database.read() as connection:
        applied = applied_revision(connection)
    if applied != needed:
        raise Refused(NOT_READY, f"the schema is at revision {applied}, {needed} is needed: run `enermon migrate`")
    if instance := os.environ.get(INSTANCE_VARIABLE):
        response.headers[INSTANCE_HEADER] = instance
    return Health(status="ok")

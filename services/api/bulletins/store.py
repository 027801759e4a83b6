"""Where bulletins are kept: each version once, never changed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from psycopg import Connection

from services.api.bulletins.content import digest_of, written
from services.api.bulletins.questions import AreaMonth
from services.api.errors import ProblemKind, Refused
from services.api.listing import Column, Source, equal
from services.api.registry.filters import AREA_OF_ENTRY
from services.core.calendar import SHANGHAI
from services.core.db.leading import LockKey
from services.core.db.statements import Statements

SQL = Statements.beside(__file__, "bulletins.sql")
UNKNOWN_BULLETIN = ProblemKind("unknown_bulletin", 404, "No such bulletin")

BULLETINS = Source(
    name="bulletins",
    select=SQL["bulletins"],
    usual=("-month", "area_code", "-version"),
    columns={name: Column() for name in ("month", "area_code", "issued_by")}
    | {"version": Column(int), "issued_at": Column(datetime)},
    filters={"area": AREA_OF_ENTRY, "month": equal("month"), "issued_by": equal("issued_by")},
)


def listed(row: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a bulletin as it is listed."""
    return {
        "area_code": row["area_code"],
        "month": row["month"],
        "version": row["version"],
        "digest": row["digest"].hex(),
        "issued_by": row["issued_by"],
        "issued_at": row["issued_at"].astimezone(SHANGHAI),
        "seal": row["seal"],
        "seal_head": None if row["chain"] is None else row["chain"].hex(),
    }


def read(connection: Connection, of: AreaMonth, version: int | None) -> Mapping[str, Any]:
    """A version of a bulletin, the newest unless one is named. Raises Refused."""
    row = SQL.run(connection, "bulletin", area=of.area, month=of.month, version=version).mappings().first()
    if row is None:
        which = "" if version is None else f" in version {version}"
        raise Refused(UNKNOWN_BULLETIN, f"none was issued of area {of.area} and month {of.text}{which}")
    return dict(row)


def content(row: Mapping[str, Any]) -> dict[str, Any]:
    """What a bulletin says."""
    found: dict[str, Any] = msgspec.json.decode(row["content"])
    return found


def keep(connection: Connection, of: AreaMonth, said: dict[str, Any]) -> tuple[Mapping[str, Any], bool]:
    """Keep a bulletin as the next version, unless the newest says the same; the bulletin, and whether it is new."""
    SQL.run(connection, "one_at_a_time", family=LockKey.BULLETIN, area=of.area)
    stored = written(said)
    newest = SQL.run(connection, "bulletin", area=of.area, month=of.month, version=None).mappings().first()
    if newest is not None and newest["digest"] == digest_of(stored):
        return dict(newest), False
    version = 1 if newest is None else newest["version"] + 1
    SQL.run(
        connection,
        "add",
        area=of.area,
        month=of.month,
        version=version,
        content=stored.decode(),
        digest=digest_of(stored),
    )
    return read(connection, of, version), True

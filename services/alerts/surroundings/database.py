"""Tries the database: whether it lets us in, its schema, and how far its clock is from ours."""

from collections.abc import Iterator
from contextlib import closing

import psycopg

from services.alerts.surroundings.tried import TriedThing
from services.core.db.clock_offset import clock_offset_s
from services.core.db.connections import connect
from services.core.db.guarded import open_to_everybody
from services.core.db.revision import applied_revision, newest_revision
from services.core.db.roles import DatabaseRole
from services.core.db.timescale import store_of

MOST_OFFSET_S = 2.0
"""As the rule EnermonClockOff has it."""


def try_database(database_url: str) -> Iterator[TriedThing]:
    """What is found of database, schema and clock."""
    try:
        connection = connect(database_url, role=DatabaseRole.READER, application_name="enermon-check")
    except psycopg.OperationalError as error:
        mend = "start it, or mend ENERMON_DATABASE_URL; the login must be a member of enermon_reader"
        yield TriedThing("fail", "database", " ".join(str(error).split()), mend)
        return
    with closing(connection):
        store, revision, offset_s = store_of(connection), applied_revision(connection), clock_offset_s(connection)
        where = f"{connection.info.host}:{connection.info.port}"
        timescale = f", TimescaleDB {store.timescale_version}" if store.timescale_version else ", no TimescaleDB"
        yield TriedThing("ok", "database", f"PostgreSQL {store.postgres_version}{timescale} at {where}")
        if revision == newest_revision():
            yield TriedThing("ok", "schema", f"revision {revision}")
        else:
            mend = f"run enermon migrate of this version, which brings {newest_revision()}"
            yield TriedThing("fail", "schema", f"revision {revision or 'none'}", mend)
        if free := open_to_everybody(connection):
            found = f"{len(free)} functions by which a login that only reads can hold up others, such as {free[0]}"
            yield TriedThing("warn", "rights", found, "run enermon database-logins or migrate once as a superuser")
        else:
            yield TriedThing("ok", "rights", "locks and large objects are the services' alone")
        apart = f"the database's is {offset_s:+.3f} s from this machine's"
        if abs(offset_s) <= MOST_OFFSET_S:
            yield TriedThing("ok", "clock", apart)
        else:
            yield TriedThing("warn", "clock", apart, "compare both with a clock you trust, and mend the time service")

"""Connections to PostgreSQL, the same way for every service: what every line is set to stands here once.

Each says as which role it works. So a service has the least rights even where the address is that of a superuser; a
login of its own keeps it to them.
"""

from collections.abc import Callable
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool

from services.core.database_address import libpq_address
from services.core.db.roles import DatabaseRole

# A line that went dead without a word (a host that lost its power) is noticed on both sides within a minute: or else a
# service would wait for a quarter of an hour for what it sent, and the server keep the lock of a leader that is gone.
_IDLE_S, _INTERVAL_S, _COUNT, _UNANSWERED_MS = 30, 10, 3, 60_000
_CLIENT_NOTICES: dict[str, Any] = {
    "keepalives_idle": _IDLE_S,
    "keepalives_interval": _INTERVAL_S,
    "keepalives_count": _COUNT,
    "tcp_user_timeout": _UNANSWERED_MS,
}
_SERVER_NOTICES = (
    f"-c tcp_keepalives_idle={_IDLE_S} -c tcp_keepalives_interval={_INTERVAL_S} -c tcp_keepalives_count={_COUNT}"
    f" -c tcp_user_timeout={_UNANSWERED_MS}"
)


def connect(database_url: str, *, role: DatabaseRole | None, application_name: str) -> psycopg.Connection:
    """A connection in UTC, not in autocommit: for COPY, for the roll-up, for a lock that lasts as long as it.

    Without a role it has all rights of its login: to change the schema.
    """
    return psycopg.connect(libpq_address(database_url), **_settings(role, application_name, "-c timezone=UTC"))


def another(connection: psycopg.Connection) -> psycopg.Connection:
    """A second connection to the same database, in the same role and by the same name."""
    given: dict[str, Any] = {**connection.info.get_parameters(), "password": connection.info.password}
    return psycopg.connect(**given)


def connect_to_ask(
    database_url: str, *, role: DatabaseRole, application_name: str, statement_timeout_s: int = 30
) -> psycopg.Connection:
    """A connection for questions with parameters of any size."""
    return psycopg.connect(
        libpq_address(database_url), **_settings(role, application_name, _asking(statement_timeout_s))
    )


def pool_to_ask(
    database_url: str, *, role: DatabaseRole, application_name: str, size: int, on_refusal: Callable[[], None]
) -> ConnectionPool[psycopg.Connection]:
    """Connections as those of `connect_to_ask`, at most `size` of them; each is tried before it is handed out.

    It is to be opened, makes a connection when one is needed, and tells `on_refusal` when it cannot. It then tries
    again when one is needed again, so that what returns is there at once.
    """
    return ConnectionPool(
        libpq_address(database_url),
        kwargs=_settings(role, application_name, _asking(30)),
        min_size=0,
        max_size=size,
        open=False,
        num_workers=1,
        check=ConnectionPool.check_connection,
        reconnect_timeout=0,
        reconnect_failed=lambda _pool: on_refusal(),
    )


def _asking(statement_timeout_s: int) -> str:
    # A plan for any parameters reads what one for these need not: a question of units grew from 0.05 to 88 s with it.
    return f"-c timezone=UTC -c statement_timeout={statement_timeout_s * 1000} -c plan_cache_mode=force_custom_plan"


def _settings(role: DatabaseRole | None, application_name: str, options: str) -> dict[str, Any]:
    working_as = "" if role is None else f"-c role={role} "
    return {
        "application_name": application_name,
        "options": f"{working_as}{options} {_SERVER_NOTICES}",
        "connect_timeout": 10,
        **_CLIENT_NOTICES,
    }

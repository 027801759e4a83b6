"""Connections to PostgreSQL, the same way for every service."""

from typing import Any

import psycopg
import sqlalchemy
from sqlalchemy import Engine, make_url

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


def create_engine(database_url: str, *, statement_timeout_s: int = 30, pool_size: int = 8) -> Engine:
    """An SQLAlchemy engine on psycopg 3 for `database_url`; `statement_timeout_s` 0 means none."""
    url = make_url(database_url).set(drivername="postgresql+psycopg")
    # A plan for any parameters reads what one for these need not: a question of units grew from 0.05 to 88 s with it.
    options = f"-c timezone=UTC -c statement_timeout={statement_timeout_s * 1000} -c plan_cache_mode=force_custom_plan"
    return sqlalchemy.create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_pre_ping=True,
        connect_args={
            "options": f"{options} {_SERVER_NOTICES}",
            "application_name": "enermon",
            "connect_timeout": 10,
            **_CLIENT_NOTICES,
        },
    )


def connect(database_url: str, *, application_name: str) -> psycopg.Connection:
    """A plain psycopg connection in UTC, not in autocommit: for COPY and for the roll-up."""
    url = make_url(database_url).set(drivername="postgresql")
    return psycopg.connect(
        url.render_as_string(hide_password=False),
        application_name=application_name,
        options=f"-c timezone=UTC {_SERVER_NOTICES}",
        connect_timeout=10,
        **_CLIENT_NOTICES,
    )

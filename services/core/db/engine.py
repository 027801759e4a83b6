"""Connections to PostgreSQL, the same way for every service."""

import psycopg
import sqlalchemy
from sqlalchemy import Engine, make_url


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
        connect_args={"options": options, "application_name": "enermon", "connect_timeout": 10},
    )


def connect(database_url: str, *, application_name: str) -> psycopg.Connection:
    """A plain psycopg connection in UTC, not in autocommit: for COPY and for the roll-up."""
    url = make_url(database_url).set(drivername="postgresql")
    return psycopg.connect(
        url.render_as_string(hide_password=False),
        application_name=application_name,
        options="-c timezone=UTC",
        connect_timeout=10,
        keepalives_idle=30,
    )

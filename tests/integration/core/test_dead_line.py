"""A line to the database that goes dead without a word is noticed within a minute, by the service and by the server.

Without this a roll-up whose packets were dropped did not lead again within 150 s: it did not notice, nor did the
server, which kept the lock of the leader. With it, it led again after 62 s.
"""

import os
import socket

import psycopg
import pytest

from services.api.database import Database
from services.core.db.connections import connect
from services.core.db.roles import DatabaseRole

pytestmark = pytest.mark.store

NOTICED_WITHIN_S = 60
_SETTINGS = ("tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count", "tcp_user_timeout")


def of_server(connection: psycopg.Connection) -> dict[str, int]:
    rows = connection.execute("SELECT name, setting FROM pg_settings WHERE name = ANY (%s)", [list(_SETTINGS)])
    return {name.removeprefix("tcp_"): int(setting) for name, setting in rows}


def of_client(connection: psycopg.Connection) -> dict[str, int]:
    with socket.socket(fileno=os.dup(connection.fileno())) as line:
        return {
            "keepalives_idle": line.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE),
            "keepalives_interval": line.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL),
            "keepalives_count": line.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT),
            "user_timeout": line.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT),
        }


def notices(side: dict[str, int]) -> bool:
    idle_s = side["keepalives_idle"] + side["keepalives_interval"] * side["keepalives_count"]
    return 0 < idle_s <= NOTICED_WITHIN_S and 0 < side["user_timeout"] <= NOTICED_WITHIN_S * 1000


def test_ingest_and_roll_up_and_the_server_notice_a_dead_line(server_url: str) -> None:
    with connect(server_url, role=DatabaseRole.READER, application_name="test") as connection:
        assert notices(of_server(connection))
        assert notices(of_client(connection))


def test_the_api_and_the_server_notice_a_dead_line(server_url: str) -> None:
    database = Database(server_url)
    with database.read() as connection:
        assert notices(of_server(connection))
        assert notices(of_client(connection))
    database.close()

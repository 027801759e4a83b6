"""More requests at once than there are connections: all are served, or all are told that the database is away."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

import psycopg
import pytest
from sqlalchemy import make_url

from services.api.database import Database
from tests.integration.running import wait_until

CONNECTIONS = 8


def test_requests_beyond_the_connections_wait_until_one_is_given_back(database_url: str) -> None:
    def ask(number: int) -> int:
        with api_database.read() as connection:
            (found,) = connection.execute("SELECT %s::int", [number]).fetchone() or (None,)
            return int(str(found))

    with closing(Database(database_url)) as api_database, ThreadPoolExecutor(20) as threads:
        with ExitStack() as held:
            for _ in range(CONNECTIONS):
                held.enter_context(api_database.read())
            answers = [threads.submit(ask, number) for number in range(20)]
            wait_until("they wait", lambda: api_database.waiting == 20)
            assert not any(answer.done() for answer in answers)
        assert [answer.result() for answer in answers] == list(range(20))
        assert api_database.waiting == 0


def test_all_requests_are_told_that_the_database_is_away(database_url: str) -> None:
    absent = make_url(database_url).set(database="absent").render_as_string(hide_password=False)

    def ask(_number: int) -> None:
        with pytest.raises(psycopg.OperationalError), api_database.read():
            raise AssertionError("there is no such database")

    with closing(Database(absent)) as api_database, ThreadPoolExecutor(20) as threads:
        assert list(threads.map(ask, range(20))) == [None] * 20


def test_a_question_is_given_up_sooner_than_what_is_written(database_url: str) -> None:
    database = Database(database_url, longest_read_s=1)
    try:
        with pytest.raises(psycopg.errors.QueryCanceled), database.read() as connection:
            connection.execute("SELECT pg_sleep(20)")
        for asked, longest in ((database.read, "1s"), (database.write, "30s"), (database.read, "1s")):
            with asked() as connection:
                assert connection.execute("SHOW statement_timeout").fetchone() == (longest,)
    finally:
        database.close()

"""Two banners with a meter each, of which hours of two days are booked, and logins that read them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta

import psycopg
import pytest
from sqlalchemy import make_url

from services.api.open_data import readers
from services.core.calendar import SHANGHAI
from tests.integration.line import QUARTER, Line
from tests.integration.registered import DALAD, JUNGAR, Registered

DAY = datetime(2026, 3, 2, tzinfo=SHANGHAI)
PASSWORD = "a-password-of-tests"

Login = Callable[..., psycopg.Connection]


@pytest.fixture
def booked(registered: Registered, line: Line) -> None:
    """M-J of Jungar takes 4 kWh an hour, on two days; M-D of Dalad 8 kWh, on the first of them."""
    for area, mark, value in ((JUNGAR, "J", 1.0), (DALAD, "D", 2.0)):
        owner = registered.enterprise(area_code=area)
        registered.gateway(owner, code=f"G-{mark}")
        registered.meter(owner, code=f"M-{mark}", gateway_code=f"G-{mark}", kind="interval")
        days = 2 if mark == "J" else 1
        line.send(f"G-{mark}", [(f"M-{mark}", DAY + i * QUARTER, value) for i in range(96 * days)])
    line.roll_up()


@pytest.fixture
def login(database: psycopg.Connection, database_url: str) -> Iterator[Login]:
    """Makes readers and logs in as them; they are gone after the test."""
    made: list[str] = []
    with ExitStack() as opened:

        def as_reader(name: str, areas: list[str] | None, **limits: int) -> psycopg.Connection:
            # Names of roles belong to the server, which other tests share.
            whole = f"{name}_{database.info.dbname[-8:]}"
            given = {"connections": 5, "longest_s": 30} | limits
            readers.add(database, whole, PASSWORD, areas=areas, **given)
            made.append(whole)
            url = make_url(database_url).set(username=whole, password=PASSWORD).render_as_string(hide_password=False)
            return opened.enter_context(psycopg.connect(url, autocommit=True))

        yield as_reader
        opened.close()
        for name in made:
            readers.remove(database, name)


def hours(day: datetime, count: int = 24) -> list[datetime]:
    return [day + timedelta(hours=i) for i in range(count)]

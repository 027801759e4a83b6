"""Both spellings of several machines become one that every library reads; what cannot be meant is refused."""

import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import make_url

from services.core.database_address import database_address, libpq_address

TWO = {
    "user": "enermon_api",
    "password": "p,@ss",
    "dbname": "enermon",
    "host": "10.0.0.1,db-2",
    "port": "5432,6432",
    "target_session_attrs": "read-write",
}


@pytest.mark.parametrize(
    "given",
    [
        "postgresql://enermon_api:p%2C%40ss@10.0.0.1,db-2:6432/enermon",
        "postgresql://enermon_api:p%2C%40ss@10.0.0.1:5432,db-2:6432/enermon?target_session_attrs=read-write",
        "postgresql://enermon_api:p%2C%40ss@/enermon?host=10.0.0.1,db-2&port=5432,6432",
        "postgresql://enermon_api:p%2C%40ss@/enermon?host=10.0.0.1%2Cdb-2&port=5432%2C6432",
    ],
)
def test_two_machines_are_read_alike_by_libpq_and_sqlalchemy(given: str) -> None:
    address = database_address(given)
    assert conninfo_to_dict(address) == TWO
    url = make_url(address).set(drivername="postgresql", username="another", password="x/y")
    again = conninfo_to_dict(url.render_as_string(hide_password=False))
    assert again == TWO | {"user": "another", "password": "x/y"}


@pytest.mark.parametrize(
    "given",
    [
        "postgresql://127.0.0.1:15432/enermon",
        "postgresql+psycopg://u:p@[::1]:5432/db?sslmode=require",
        "postgresql:///enermon?host=/run/postgresql",
        "postgresql://u@db",
    ],
)
def test_one_machine_stays_as_it_is(given: str) -> None:
    assert database_address(given) == given


def test_what_is_escaped_reaches_libpq_as_it_was_meant() -> None:
    found = conninfo_to_dict(libpq_address("postgresql+psycopg://u:a%20b%2F%40@db:5432/enermon?sslmode=require"))
    assert found == {
        "user": "u",
        "password": "a b/@",
        "host": "db",
        "port": "5432",
        "dbname": "enermon",
        "sslmode": "require",
    }
    assert conninfo_to_dict(libpq_address("postgres://db/enermon")) == {"host": "db", "dbname": "enermon"}


def test_addresses_of_version_6_and_one_port_for_all() -> None:
    found = conninfo_to_dict(database_address("postgresql://u@[fd00::1],[fd00::2]:6000/db"))
    assert (found["host"], found["port"]) == ("fd00::1,fd00::2", "5432,6000")
    found = conninfo_to_dict(database_address("postgresql://u@/db?host=a,b,c&port=6000"))
    assert (found["host"], found["port"]) == ("a,b,c", "6000")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("postgresql://u@a,b/db?host=c,d", "in one place"),
        ("postgresql://u@a/db?host=c,d", "in one place"),
        ("postgresql://u@a,/db", "has no name"),
        ("postgresql://u@/db?host=a,b,c&port=1,2", "3 machines and 2 ports"),
        ("postgresql://u@a,b/db?target_session_attrs=any", "must be read-write or primary"),
        ("postgresql://u@a,b/db?target_session_attrs=standby", "must be read-write or primary"),
        ("mysql://u:hidden@a,b/db", "must look like"),
    ],
)
def test_what_cannot_be_meant_is_refused_without_its_secrets(given: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as refused:
        database_address(given)
    assert "hidden" not in str(refused.value)

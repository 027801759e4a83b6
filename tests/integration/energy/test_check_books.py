"""`enermon check` books the readings again, and names what is kept otherwise."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

import psycopg
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from services.cli import app
from services.core.calendar import SHANGHAI, SLOT_US, from_us, hour_floor_us, to_us
from services.core.db.connections import connect
from services.core.db.roles import DatabaseRole
from services.energy.check.asked import CheckAsked
from services.energy.check.books import Books, check_books
from services.energy.check.difference import DifferingMark, DifferingSlots
from services.energy.check.report import Report, report
from services.energy.check.telling import told_books
from services.energy.rollup.ranges import Bounds
from services.provenance.verify import verify
from tests.integration.energy.registers import START, Registers
from tests.integration.line import Line, quarters, rolling_up
from tests.integration.registered import DALAD, JUNGAR, Registered

pytestmark = pytest.mark.store

JUNE = datetime(2026, 6, 1, tzinfo=SHANGHAI)
DAY = timedelta(days=1)
PIECES = Bounds(dirty=300, slots=2_000, readings=900, meter_slots=300, meter_readings=150)
"""So little that a meter of days takes many pieces."""


def checked(database_url: str) -> Report:
    """What `enermon check` says."""
    return report(database_url, asked=CheckAsked())


def quarter_of(slot: datetime) -> int:
    """Which quarter of its hour a slot is: the number in the names of its columns."""
    return slot.minute // 15


def remove_energy(database: psycopg.Connection, code: str, *, slot: datetime, pico: int) -> None:
    """Take energy out of a slot of a meter and of every sum above it, as an owner of the database can."""
    given = {"code": code, "slot": slot, "pico": pico}
    hour, day, month = (
        f"date_trunc('{grain}', %(slot)s::timestamptz AT TIME ZONE 'Asia/Shanghai') AT TIME ZONE 'Asia/Shanghai'"
        for grain in ("hour", "day", "month")
    )
    database.execute("DROP TABLE IF EXISTS stolen")
    database.execute(
        "CREATE TEMPORARY TABLE stolen AS SELECT meter_id, account_id FROM energy_slot JOIN meter USING (meter_id)"
        " WHERE code = %(code)s AND slot = %(slot)s",
        given,
    )
    quantity = f"quantity_pico_{quarter_of(slot)}"
    for table, column, kept, period in (
        ("energy_quarters", "hour", quantity, hour),
        ("energy_day", "day", "quantity_pico", day),
        ("energy_month", "month", "quantity_pico", month),
    ):
        database.execute(
            f"UPDATE {table} SET {kept} = {kept} - %(pico)s FROM stolen"
            f" WHERE {table}.meter_id = stolen.meter_id AND {column} = {period}",
            given,
        )
    for table, column, period in (
        ("ledger_hour", "hour", hour),
        ("ledger_day", "day", day),
        ("ledger_month", "month", month),
    ):
        database.execute(
            f"UPDATE {table} SET quantity_pico = quantity_pico - %(pico)s"
            " FROM stolen JOIN account_ledger USING (account_id)"
            f" WHERE {table}.ledger_id = account_ledger.ledger_id AND {column} = {period}",
            given,
        )


def test_energy_that_is_removed_from_the_slots_up_to_the_places_is_named(
    line: Line, registered: Registered, database: psycopg.Connection, database_url: str
) -> None:
    owner = registered.enterprise()
    gateway = registered.gateway(owner)
    meter = registered.meter(owner, gateway_code=gateway)
    line.send(gateway, quarters(meter, JUNE, [100.0 + 2.5 * i for i in range(200)]))
    line.roll_up()
    assert checked(database_url).well
    remove_energy(database, meter, slot=JUNE + DAY, pico=10**12)
    assert (report(database_url).well, verify(database_url).well) == (True, True)
    found = checked(database_url)
    assert not found.well
    assert found.lines()[-1] == (
        f"DIFFERS      {meter}, from 2026-06-02T00:00:00+08:00 to 2026-06-02T00:15:00+08:00, 1 slot:"
        " kept 1.5 kWh in 900 s, right 2.5 kWh in 900 s"
    )
    # The statement of docs/truth.md.
    database.execute(
        "INSERT INTO meter_change (meter_id, from_ts) SELECT meter_id, '2026-06-01' FROM meter WHERE code = %s", [meter]
    )
    line.roll_up()
    assert checked(database_url).well


def told(database_url: str, bounds: Bounds = PIECES) -> list[str]:
    """The differences that a check finds, cut into pieces of these bounds."""
    with connect(database_url, role=DatabaseRole.READER, application_name="test-check") as connection:
        books = check_books(connection, CheckAsked(), bounds=bounds)
        return [line for line in told_books(connection, books) if line.startswith("DIFFERS")]


@pytest.mark.parametrize("seed", range(4))
def test_nothing_is_said_of_what_the_roll_up_booked_however_it_came_and_while_some_waits(
    client: TestClient, line: Line, registered: Registered, database: psycopg.Connection, database_url: str, seed: int
) -> None:
    draw = random.Random(seed)
    registers = Registers(client, registered, line, database, draw)
    with rolling_up(database_url, PIECES) as rollup:
        for _ in registers.messages():
            if draw.random() < 0.5:
                registers.change()
            for _ in range(draw.randrange(3)):
                rollup.once()
            assert told(database_url) == []
        while rollup.once():
            pass
    assert told(database_url) == told(database_url, Bounds()) == []


Row = tuple[int, int]
"""A number of a meter, and a moment in microseconds since 1970."""
Forgery = Callable[[psycopg.Connection, random.Random], Row | None]


def _one_of(database: psycopg.Connection, draw: random.Random, table: str, moment: str) -> tuple[int, datetime] | None:
    rows = database.execute(f"SELECT meter_id, {moment} FROM {table} ORDER BY 1, 2").fetchall()
    return draw.choice(rows) if rows else None


def _changed_slot(what: str) -> Forgery:
    def forge(database: psycopg.Connection, draw: random.Random) -> Row | None:
        chosen = _one_of(database, draw, "energy_slot", "slot")
        assert chosen is not None
        meter_id, slot = chosen
        changes = what.replace("_N", f"_{quarter_of(slot)}")
        database.execute(
            f"UPDATE energy_quarters SET {changes} WHERE meter_id = %s AND hour = date_trunc('hour', %s::timestamptz)",
            chosen,
        )
        return meter_id, to_us(slot)

    return forge


def _invented_slot(database: psycopg.Connection, draw: random.Random) -> Row:
    number = draw.choice([row[0] for row in database.execute("SELECT meter_id FROM meter").fetchall()])
    slot_us = to_us(START) + draw.choice([-1, 1]) * draw.randrange(400, 40_000) * SLOT_US
    slot = from_us(slot_us)
    n = quarter_of(slot)
    database.execute(
        f"INSERT INTO energy_quarters (meter_id, account_id, hour, quantity_pico_{n}, measured_s_{n}, quality_{n})"
        " VALUES (%s, 1, date_trunc('hour', %s::timestamptz), 1, 0, 0)",
        [number, slot],
    )
    return number, slot_us


def _changed_mark(what: str) -> Forgery:
    def forge(database: psycopg.Connection, draw: random.Random) -> Row | None:
        chosen = _one_of(database, draw, "reading_mark", "ts")
        if chosen is None:
            return None
        database.execute(f"{what} WHERE meter_id = %s AND ts = %s", chosen)
        return chosen[0], to_us(chosen[1])

    return forge


def _invented_mark(database: psycopg.Connection, draw: random.Random) -> Row:
    database.execute(
        "CREATE TEMPORARY TABLE unmarked AS"
        " SELECT meter_id, ts FROM reading EXCEPT SELECT meter_id, ts FROM reading_mark"
    )
    chosen = _one_of(database, draw, "unmarked", "ts")
    assert chosen is not None
    database.execute("INSERT INTO reading_mark VALUES (%s, %s, %s)", [*chosen, draw.randrange(1, 13)])
    return chosen[0], to_us(chosen[1])


FORGERIES: dict[str, Forgery] = {
    "less energy": _changed_slot("quantity_pico_N = quantity_pico_N - 1"),
    "less measured": _changed_slot("measured_s_N = measured_s_N - 1"),
    "another quality": _changed_slot("quality_N = quality_N # 1"),
    "another account": _changed_slot(
        "account_id = (SELECT min(account_id) FROM account WHERE account_id <> energy_quarters.account_id)"
    ),
    "an account that is not there": _changed_slot("account_id = 4711"),
    "a slot removed": _changed_slot("quantity_pico_N = NULL"),
    "a slot invented": _invented_slot,
    "a mark removed": _changed_mark("DELETE FROM reading_mark"),
    "another mark": _changed_mark("UPDATE reading_mark SET quality = 1 + quality"),
    "a mark invented": _invented_mark,
}


def named(books: Books) -> set[Row]:
    """The numbers and moments of all that was found."""
    found: set[Row] = set()
    for each in books.told.first:
        if isinstance(each, DifferingMark):
            found.add((each.number, each.at_us))
        elif isinstance(each, DifferingSlots):
            found |= {(each.number, slot_us) for slot_us in range(each.start_us, each.end_us, SLOT_US)}
    return found


@pytest.mark.parametrize("seed", range(2))
def test_any_one_change_of_what_is_kept_is_named(
    client: TestClient, line: Line, registered: Registered, database: psycopg.Connection, database_url: str, seed: int
) -> None:
    draw = random.Random(seed)
    registers = Registers(client, registered, line, database, draw)
    for _ in registers.messages():
        if registers.changes < 8:
            registers.change()
    assert registers.changes > 4
    line.roll_up()
    assert told(database_url) == []
    with connect(database_url, role=None, application_name="test-forger") as forger:
        for what, forge in FORGERIES.items():
            for _ in range(4):
                with forger.transaction(force_rollback=True):
                    forged = forge(forger, draw)
                    if forged is None:
                        continue
                    found = named(check_books(forger, CheckAsked(), bounds=PIECES))
                    assert forged in found, what
                    if "account" in what:
                        # An hour has one account.
                        assert {(number, hour_floor_us(at_us)) for number, at_us in found} == {
                            (forged[0], hour_floor_us(forged[1]))
                        }, what
                    elif "mark" not in what:
                        assert found == {forged}, what
                forger.cursor_factory = psycopg.Cursor


@pytest.fixture
def two_meters(line: Line, registered: Registered) -> tuple[str, str]:
    """Two counters that have counted two days."""
    owner = registered.enterprise()
    gateway = registered.gateway(owner)
    one, other = (registered.meter(owner, gateway_code=gateway) for _ in range(2))
    for meter in (one, other):
        line.send(gateway, quarters(meter, JUNE, [100.0 + 2.5 * i for i in range(193)]))
    line.roll_up()
    return one, other


def said(database_url: str, monkeypatch: pytest.MonkeyPatch, *options: str) -> tuple[int, list[str]]:
    """What the command ends with, and says of the readings."""
    monkeypatch.setenv("ENERMON_DATABASE_URL", database_url)
    answer = CliRunner().invoke(app, ["check", *options])
    lines = answer.output.splitlines()
    return answer.exit_code, [line for line in lines if line.startswith(("readings", "left out", "DIFFERS"))]


def test_the_command_looks_at_the_meters_and_the_time_that_it_is_asked_for(
    two_meters: tuple[str, str], database: psycopg.Connection, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = two_meters
    remove_energy(database, other, slot=JUNE + DAY, pico=10**12)
    code, (line,) = said(database_url, monkeypatch, "--meters", one)
    assert (code, line) == (0, "readings     192 slots of 1 meter booked again from their readings: agree")
    code, (line,) = said(database_url, monkeypatch, "--to", "2026-06-02")
    assert (code, line) == (
        0,
        "readings     192 slots of 2 meters booked again from their readings, until 2026-06-02T00:00:00+08:00: agree",
    )
    code, (line, difference) = said(database_url, monkeypatch, "--from", "2026-06-02", "--meters", other)
    assert (code, line.endswith("1 slot and 0 marks differ")) == (1, True)
    assert difference.startswith(f"DIFFERS      {other}, from 2026-06-02T00:00:00+08:00")
    code, (line, *_) = said(database_url, monkeypatch, "--sample", "50")
    assert line.startswith("readings     192 slots of 1 meter, drawn as 50 % of them, booked again")
    assert said(database_url, monkeypatch, "--sums-only") == (0, ["readings     not booked again"])


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        (["--meters", "M-unknown"], "no meter is registered as M-unknown"),
        (["--from", "2026-06-02", "--to", "2026-06-02"], "not after --from"),
        (["--sample", "0"], "more than 0"),
    ],
)
def test_what_cannot_be_looked_at_is_refused_with_a_reason(
    database_url: str, monkeypatch: pytest.MonkeyPatch, options: list[str], fault: str
) -> None:
    monkeypatch.setenv("ENERMON_DATABASE_URL", database_url)
    answer = CliRunner().invoke(app, ["check", *options])
    assert (answer.exit_code, fault in answer.output) == (2, True), answer.output


def test_what_waits_for_the_roll_up_is_said_and_not_held_against_the_books(
    two_meters: tuple[str, str], line: Line, registered: Registered, client: TestClient, database_url: str
) -> None:
    one, _ = two_meters
    term = {"valid_from": (JUNE + DAY).isoformat(), "multiplier": 2, "reason": "换互感器"}
    assert client.post(f"/api/v1/meters/{one}/terms", json=term).status_code == 201
    books = report(database_url, asked=CheckAsked()).books
    assert books is not None
    readings, waits = books
    assert readings.endswith("384 slots of 2 meters booked again from their readings: agree")
    assert waits.startswith(f"left out     {one}, from 2026-06-01T")
    assert waits.endswith("it waits for the roll-up")
    line.roll_up()
    assert report(database_url, asked=CheckAsked()).books == [readings]


def test_energy_booked_to_another_unit_or_banner_than_the_registry_says_is_named(
    two_meters: tuple[str, str], registered: Registered, line: Line, database: psycopg.Connection, database_url: str
) -> None:
    one, _ = two_meters
    database.execute("UPDATE membership SET area_code = %s", [DALAD])
    (difference, *_) = told(database_url)
    assert difference == (
        f"DIFFERS      {one}, from 2026-06-01T00:00:00+08:00 to 2026-06-03T00:00:00+08:00, 192 slots:"
        f" kept 480 kWh in 172800 s for unit {unit_of(database, one)}, input of electricity, area {JUNGAR},"
        f" right 480 kWh in 172800 s for unit {unit_of(database, one)}, input of electricity, area {DALAD}"
    )


def unit_of(database: psycopg.Connection, meter: str) -> str:
    """The unit to which a meter belongs."""
    rows = database.execute("SELECT unit.code FROM meter JOIN unit USING (unit_id) WHERE meter.code = %s", [meter])
    ((code,),) = rows.fetchall()
    return str(code)


@pytest.mark.parametrize(
    "forgery",
    [
        "DELETE FROM account_ledger WHERE ledger_id = (SELECT ledger_id FROM ledger WHERE place_code = '150622')",
        "UPDATE ledger SET place_code = '150621' WHERE place_code = '150622'",
        "INSERT INTO account_ledger SELECT account_id, 4711 FROM account",
    ],
)
def test_an_account_that_adds_to_other_places_is_told(
    two_meters: tuple[str, str], database: psycopg.Connection, database_url: str, forgery: str
) -> None:
    assert report(database_url).accounts_off == 0
    database.execute(forgery)
    found = report(database_url)
    assert found.accounts_off == 2
    assert not found.well
    assert "accounts     2 do not add to their banner, the areas above it, and their park" in found.lines()


@pytest.mark.parametrize(
    ("forgery", "level"),
    [
        ("UPDATE energy_quarters SET account_id = account_id + 1", "energy_day"),
        ("UPDATE energy_quarters SET quantity_pico_0 = quantity_pico_0 + 1", "energy_day"),
        ("UPDATE energy_quarters SET measured_s_0 = measured_s_0 + 1", "energy_day"),
        ("UPDATE energy_day SET slot_count = slot_count + 1", "energy_day"),
        ("UPDATE energy_month SET measured_s = measured_s + 1", "energy_month"),
        ("UPDATE ledger_month SET measured_s = measured_s + 1", "ledger_month"),
        ("UPDATE ledger_hour SET slot_count = slot_count + 1", "ledger_hour"),
    ],
)
def test_sums_are_held_against_those_below_in_time_measured_and_accounts_too(
    two_meters: tuple[str, str], database: psycopg.Connection, database_url: str, forgery: str, level: str
) -> None:
    database.execute(forgery)
    assert report(database_url).differing[level] > 0


def test_books_of_a_meter_that_is_not_registered_are_told(
    two_meters: tuple[str, str], database: psycopg.Connection, database_url: str
) -> None:
    database.execute("INSERT INTO reading_mark (meter_id, ts, quality) VALUES (4711, now(), 1)")
    assert told(database_url) == ["DIFFERS      number 4711: energy or marks are kept, and no meter is registered"]


def test_a_mark_that_there_is_not_is_told(
    two_meters: tuple[str, str], database: psycopg.Connection, database_url: str
) -> None:
    one, _ = two_meters
    database.execute(
        "INSERT INTO reading_mark (meter_id, ts, quality) SELECT meter_id, %s, 99 FROM meter WHERE code = %s",
        [JUNE, one],
    )
    assert told(database_url) == [
        f"DIFFERS      {one}, reading of 2026-06-01T00:00:00+08:00: kept as 99, which there is not, right good"
    ]

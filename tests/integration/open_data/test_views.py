"""The views of the schema `open`: what they say, who sees what of them, and that who reads them writes nothing."""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

import psycopg
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from benchmarks.history import fill
from services.api.access.reach import EVERYTHING, Reach
from services.api.open_data import readers
from services.cli import app
from services.core.calendar import SHANGHAI
from services.core.db.grants import bring_to, grants_here
from services.core.db.timescale import store_of
from tests.integration.core.test_grants import ATTACKS
from tests.integration.open_data.conftest import DAY, Login
from tests.integration.registered import DALAD, JUNGAR, ORDOS, Registered

pytestmark = pytest.mark.store

VIEWS = ("energy_hour", "energy_day", "energy_month", "place_energy_hour", "place_energy_day", "place_energy_month")
HELD_BACK = (*VIEWS, "enterprise", "unit", "meter", "account", "ledger")


def columns(connection: psycopg.Connection) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for view, name in connection.execute(
        "SELECT relname, attname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid"
        " WHERE relnamespace = 'open'::regnamespace AND attnum > 0 ORDER BY relname, attnum"
    ):
        found.setdefault(view, []).append(name)
    return found


def test_names_and_order_of_the_columns_are_those_that_were_promised(database: psycopg.Connection) -> None:
    """A column may be added at the end, with its line here. None is renamed, moved or taken away."""
    times = {"hour": "local_time", "day": "local_date", "month": "local_month"}
    meters = "meter unit enterprise area park carrier flow quantity quantity_unit measured_s period_s booked_slots"
    places = "place_kind place place_name carrier flow quantity quantity_unit measured_s booked_slots ledger_number"
    assert {view: " ".join(names) for view, names in columns(database).items()} == {
        "account": "account_number unit enterprise area park carrier flow quantity_unit",
        "ledger": "ledger_number place_kind place place_name carrier flow quantity_unit area",
        "area": "area name_zh name_en level parent",
        "carrier": "carrier name_zh name_en quantity_unit is_energy",
        "enterprise": "enterprise name_zh name_en trade area park member_since",
        "meter": "meter unit enterprise gateway name_zh name_en kind carrier flow reverse_flow unit_of_measure"
        " multiplier interval_s rated_per_hour valid_from valid_to meter_number",
        "manual_report": "time local_month unit enterprise area park carrier flow quantity quantity_unit source counts"
        " document version recorded_at report_number",
        "unit": "unit enterprise name_zh name_en process status commissioned_on",
        **{
            f"energy_{grain}": f"time {local} {meters} {'quality ' * (grain == 'hour')}meter_number account_number"
            + " changed_at" * (grain != "hour")
            for grain, local in times.items()
        },
        **{
            f"place_energy_{grain}": f"time {local} {places}" + " changed_at" * (grain != "hour")
            for grain, local in times.items()
        },
    }


def test_each_view_and_column_is_told_in_chinese_and_english(database: psycopg.Connection) -> None:
    told = database.execute(
        "SELECT relname, attname, col_description(pg_class.oid, attnum), obj_description(pg_class.oid)"
        " FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid"
        " WHERE relnamespace = 'open'::regnamespace AND attnum > 0"
    ).fetchall()
    in_both = re.compile(r"[^\x00-\x7f].* · .*[a-z]")
    assert len(told) > 100
    assert [row for row in told if not all(in_both.search(text or "") for text in row[2:])] == []


@pytest.mark.usefixtures("booked")
def test_energy_is_told_by_hour_day_and_month_in_its_unit_and_in_local_time(login: Login) -> None:
    league = login("league", [ORDOS])
    hour = league.execute(
        "SELECT local_time, meter, area, carrier, flow, quantity, quantity_unit, measured_s, period_s, booked_slots,"
        " quality FROM energy_hour WHERE time = %s ORDER BY meter",
        [DAY],
    ).fetchall()
    same = ("electricity", "input")
    assert hour == [
        ("2026-03-02 00:00", "M-D", "150621", *same, Decimal(8), "kWh", 3600, 3600, 4, 0),
        ("2026-03-02 00:00", "M-J", "150622", *same, Decimal(4), "kWh", 3600, 3600, 4, 0),
    ]
    assert league.execute("SELECT local_date, meter, quantity FROM energy_day ORDER BY time, meter").fetchall() == [
        (date(2026, 3, 2), "M-D", Decimal(192)),
        (date(2026, 3, 2), "M-J", Decimal(96)),
        (date(2026, 3, 3), "M-J", Decimal(96)),
    ]
    month = league.execute("SELECT local_month, quantity, period_s FROM energy_month WHERE meter = 'M-J'").fetchall()
    assert month == [("2026-03", Decimal(192), 31 * 86400)]
    assert league.execute(
        "SELECT place, place_name, quantity FROM place_energy_month WHERE place = '150600'"
    ).fetchall() == [("150600", "鄂尔多斯市", Decimal(384))]


@pytest.mark.usefixtures("booked")
def test_the_newest_of_manual_reports_is_told_marked_manual_to_those_of_its_area(
    login: Login, client: TestClient, registered: Registered, database: psycopg.Connection
) -> None:
    owner = registered.enterprise(area_code=JUNGAR)
    unit = registered.unit(owner)
    report = {
        "unit_code": unit,
        "carrier": "raw_coal",
        "month": "2026-03",
        "unit_of_measure": "万t",
        "document": "GB-1",
    }
    for value in (0.5, 0.25):
        assert client.post("/api/v1/manual-reports", json=report | {"value": value}).status_code == 200
    gone = client.post("/api/v1/manual-reports", json=report | {"month": "2026-02", "value": 7}).json()["data"][0]["id"]
    assert client.delete(f"/api/v1/manual-reports/{gone}", params={"reason": "of another unit"}).status_code == 204
    columns = "time, local_month, unit, area, quantity, quantity_unit, source, counts, document, version"
    asked = f"SELECT {columns} FROM manual_report".encode()
    month = datetime(2026, 3, 1, tzinfo=SHANGHAI)
    told = [(month, "2026-03", unit, JUNGAR, Decimal(2500), "t", "manual", True, "GB-1", 2)]
    assert login("banner", [JUNGAR]).execute(asked).fetchall() == told
    assert login("everything", None).execute(asked).fetchall() == told
    assert login("elsewhere", [DALAD]).execute(asked).fetchall() == []

    # Of a unit with a meter, before that stood there and after.
    metered = client.get("/api/v1/meters/M-D").json()
    registered.meter(
        owner,
        code="M-L",
        unit_code=unit,
        carrier="diesel",
        unit_of_measure="t",
        valid_from="2026-02-01",
    )
    for code, carrier in ((metered["unit_code"], "electricity"), (unit, "diesel")):
        for given in ("2015-01", "2026-01", "2026-02", "2026-03"):
            other = report | {"unit_code": code, "carrier": carrier, "month": given, "value": 1}
            other["unit_of_measure"] = "kWh" if carrier == "electricity" else "t"
            assert client.post("/api/v1/manual-reports", json=other).status_code == 200
    counted = database.execute("SELECT manual_report_id FROM manual_report_counted ORDER BY 1").fetchall()
    everything = login("whole", None)
    assert everything.execute("SELECT report_number FROM manual_report WHERE counts ORDER BY 1").fetchall() == counted
    assert everything.execute("SELECT count(*) FROM manual_report WHERE NOT counts").fetchone() != (0,)


@pytest.mark.usefixtures("booked")
def test_a_reader_sees_its_areas_alone(login: Login) -> None:
    banner, everything, nowhere = login("banner", [JUNGAR]), login("everything", None), login("nowhere", ["150100"])
    assert banner.execute("SELECT DISTINCT meter FROM energy_hour").fetchall() == [("M-J",)]
    assert banner.execute("SELECT meter FROM meter").fetchall() == [("M-J",)]
    assert banner.execute("SELECT DISTINCT place FROM place_energy_day").fetchall() == [(JUNGAR,)]
    counts = {
        view: [
            reader.execute(f"SELECT count(*) FROM {view}".encode()).fetchone()[0]  # type: ignore[index]
            for reader in (nowhere, banner, everything)
        ]
        for view in HELD_BACK
    }
    assert all(none == 0 < some < whole for none, some, whole in counts.values()), counts


@pytest.mark.usefixtures("booked")
def test_what_is_said_to_a_session_does_not_widen_what_it_sees(login: Login) -> None:
    """The settings by which the API tells its connections what their asker sees are anyone's to set."""
    banner = login("banner", [JUNGAR])
    banner.execute("SET enermon.reach = 'all'")
    banner.execute("SET enermon.areas = '150000'")
    assert banner.execute("SELECT DISTINCT meter FROM energy_hour").fetchall() == [("M-J",)]
    banner.execute("SET ROLE enermon_open")
    assert banner.execute("SELECT DISTINCT meter FROM energy_hour").fetchall() == [("M-J",)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        banner.execute("SET ROLE enermon_api")


@pytest.mark.usefixtures("booked")
def test_a_condition_of_the_reader_is_not_asked_of_rows_it_does_not_see(login: Login) -> None:
    """A function that cries out what it is given would tell the rows that the view holds back."""
    banner = login("banner", [JUNGAR])
    crying = "SELECT count(*) FROM energy_hour WHERE 1 / (CASE meter WHEN 'M-D' THEN 0 ELSE 1 END) = 1"
    assert banner.execute(crying.encode()).fetchone() == (48,)


def test_a_reader_writes_nothing_and_reads_nothing_else(login: Login, database: psycopg.Connection) -> None:
    bring_to(database, grants_here())  # rights on the database itself do not come with its template
    reader = login("anyone", None)
    reader.execute("SET default_transaction_read_only = off")
    reader.execute("SET search_path = open, public")
    tables = database.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')"
        " AND NOT relispartition AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')"
    ).fetchall()
    assert len(tables) > 70
    attacks = [f"SELECT FROM public.{name}" for (name,) in tables]
    attacks += [f"UPDATE {view} SET quantity = 0" for view in VIEWS] + [f"DELETE FROM {view}" for view in HELD_BACK]
    attacks += [*ATTACKS.values(), "CREATE TABLE mine (n integer)", "CREATE TEMPORARY TABLE mine (n integer)"]
    assert [attack for attack in attacks if not is_refused(reader, attack)] == []


def is_refused(reader: psycopg.Connection, attack: str) -> bool:
    try:
        reader.execute(attack.encode())
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectNotInPrerequisiteState):
        return True
    return False


def test_a_reader_runs_no_function_with_the_rights_of_the_owner_but_those_of_the_views(login: Login) -> None:
    reader = login("anyone", None)
    found = reader.execute(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef"
        " AND has_function_privilege(oid, 'execute')"
        " AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e') ORDER BY proname"
    ).fetchall()
    assert found == [("open_areas",), ("open_enterprise",), ("open_enterprises",), ("open_sees_all",)]


def test_a_reader_has_so_many_connections_and_so_long_for_a_query(login: Login, database: psycopg.Connection) -> None:
    one = login("short", None, connections=1, longest_s=1)
    assert one.execute("SHOW statement_timeout").fetchone() == ("1s",)
    with pytest.raises(psycopg.errors.QueryCanceled):
        one.execute("SELECT pg_sleep(3)")
    with pytest.raises(psycopg.OperationalError, match="too many connections"):
        psycopg.connect(database.info.dsn, user=one.info.user, password=one.info.password)


@pytest.fixture
def years(registered: Registered, database: psycopg.Connection, database_url: str, login: Login) -> psycopg.Connection:
    """A reader of a banner with three meters and a year of hours."""
    if store_of(database).timescale_version is None:
        pytest.skip("plain PostgreSQL has no chunks")
    owner = registered.enterprise()
    for number in range(3):
        registered.meter(owner, code=f"Y-{number}", kind="interval", interval_s=3600)
    ids = [number for (number,) in database.execute("SELECT meter_id FROM meter ORDER BY code")]
    for _ in fill(database_url, ids, start=DAY - timedelta(days=365), end=DAY):
        pass
    database.execute("ANALYZE")
    return login("banner", [JUNGAR])


@pytest.mark.parametrize(
    "condition",
    [
        "time >= '2026-02-01T00:00:00Z' AND time < '2026-02-02T00:00:00Z'",
        "time BETWEEN '2026-02-01T00:00:00Z' AND '2026-02-01T23:00:00Z' AND meter = 'Y-1'",
        "time >= timestamptz '2026-02-11T00:00:00Z' - interval '10 days' AND time < timestamptz '2026-02-11T00:00:00Z'"
        " AND area = '150622'",
    ],
)
def test_a_query_with_a_range_of_time_opens_the_chunks_of_the_range_alone(
    years: psycopg.Connection, database: psycopg.Connection, condition: str
) -> None:
    plan = "\n".join(
        line
        for (line,) in years.execute(
            f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) SELECT sum(quantity) FROM energy_hour WHERE {condition}".encode()
        )
    )
    opened = set(re.findall(r"_hyper_\d+_\d+_chunk", plan))
    chunks: dict[str, bool] = dict(
        database.execute(
            "SELECT chunk_name, range_start <= '2026-02-01T00:00:00Z' AND range_end > '2026-02-01T00:00:00Z'"
            " FROM timescaledb_information.chunks WHERE hypertable_name = 'energy_quarters'"
        ).fetchall()
    )
    assert len(chunks) > 4
    assert len(opened & chunks.keys()) == 1, plan
    assert all(chunks[each] for each in opened)


class TestTheCommand:
    """`enermon open-reader`."""

    @pytest.fixture
    def name(self, database: psycopg.Connection) -> Iterator[str]:
        name = f"grafana_{database.info.dbname[-8:]}"
        yield name
        if name in {reader.login for reader in readers.readers(database)}:
            readers.remove(database, name)

    @staticmethod
    def run(database_url: str, *arguments: str) -> tuple[int, str, str]:
        done = CliRunner().invoke(app, ["open-reader", *arguments], env={"ENERMON_DATABASE_URL": database_url})
        return done.exit_code, done.stdout.strip(), done.stderr.strip()

    def test_lets_a_login_in_by_its_password_and_takes_it_away(self, database_url: str, name: str) -> None:
        code, password, _ = self.run(database_url, "add", name, "--area", JUNGAR)
        assert code == 0
        with psycopg.connect(database_url, user=name, password=password) as reader:
            assert reader.execute("SELECT count(*) FROM area").fetchone() == (116,)
        assert self.run(database_url, "list")[1].startswith(f"{name}: sees 150622, 5 connections, since 2")
        assert self.run(database_url, "remove", name)[1] == f"{name} does not come in any more"
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(database_url, user=name, password=password)

    def test_says_what_is_wrong(self, database_url: str, name: str) -> None:
        assert self.run(database_url, "add", name, "--area", "999999")[2].startswith("no area has the code 999999")
        assert "no name of a reader" in self.run(database_url, "add", "enermon_api", "--everything")[2]
        assert "no reader is called" in self.run(database_url, "remove", "enermon_api")[2]
        assert self.run(database_url, "add", name)[0] == 2
        assert self.run(database_url, "add", name, "--everything")[0] == 0
        assert "already" in self.run(database_url, "add", name, "--everything")[2]


def test_reach_of_the_api_is_told_as_the_views_read_it() -> None:
    """open_sees_all and open_areas go by these words."""
    assert [each.kind for each in (EVERYTHING, Reach(areas=(JUNGAR,)), Reach(enterprise="x"))] == [
        "all",
        "areas",
        "enterprise",
    ]

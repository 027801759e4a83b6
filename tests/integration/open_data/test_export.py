"""Energy is handed on in pages: the rows of the views, and what was booked again since a page before."""

import csv
import io
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pyarrow.parquet
import pytest
from fastapi.testclient import TestClient

from services.api.open_data.views import OpenView
from tests.integration.line import QUARTER, Line
from tests.integration.open_data.conftest import DAY, Login
from tests.integration.registered import DALAD, JUNGAR, Registered

pytestmark = pytest.mark.store

Row = dict[str, Any]


class Copy:
    """A copy of a view that another program keeps: by what it was told last."""

    def __init__(self, client: TestClient, view: OpenView, **query: Any) -> None:
        self._client, self._view, self._query = client, view, query
        self.rows: dict[tuple[Any, ...], Row] = {}
        self._until: str | None = None

    def fetch(self, *, limit: int = 100_000) -> list[Row]:
        """Take in what is new, page by page; what was told."""
        told: list[Row] = []
        query = self._query | {"limit": limit} | ({"changed_since": self._until} if self._until else {})
        until = None
        while True:
            answer = self._client.get(f"/api/v1/export/{self._view}", params=query)
            assert answer.status_code == 200, answer.text
            page = json.loads(answer.text, parse_float=Decimal)
            assert until in (None, page["changed_until"])
            until = page["changed_until"]
            told += page["data"]
            if page["next"] is None:
                break
            query["cursor"] = page["next"]
        self._until = until
        for row in told:
            key = (row["time"], *(row[name] for name in self._view.key))
            self.rows.pop(key, None)
            if row["quantity"] is not None:
                self.rows[key] = row
        return told


def rows_of(database: psycopg.Connection, view: OpenView) -> list[Row]:
    """All rows of a view as the export writes them."""
    times = {"time": "SS", "changed_at": "SS.US"}
    columns = ", ".join(
        f"to_char({name} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:{times[name]}\"Z\"') AS {name}"
        if name in times
        else name
        for name in view.columns
    )
    order = ", ".join(["time", *view.key])
    found = database.execute(
        f"SELECT row_to_json(one)::text FROM (SELECT {columns} FROM open.{view} ORDER BY {order}) AS one".encode()
    )
    return [json.loads(text, parse_float=Decimal) for (text,) in found]


@pytest.fixture
def reader(login: Login) -> psycopg.Connection:
    """Sees everything."""
    return login("everything", None)


@pytest.mark.usefixtures("booked")
@pytest.mark.parametrize("limit", [50, 100_000])
def test_pages_have_the_rows_of_the_view_and_of_the_changes_those_that_were_booked_again(
    client: TestClient, reader: psycopg.Connection, line: Line, limit: int
) -> None:
    copies = {view: Copy(client, view) for view in OpenView}
    for view, copy in copies.items():
        assert copy.fetch(limit=limit) == rows_of(reader, view)
        assert next(iter(copy.rows.values())).keys() == {*view.columns}
        assert copy.fetch() == []
    # Late readings of Dalad on a day that has none.
    line.send("G-D", [("M-D", DAY + timedelta(days=1, hours=5) + i * QUARTER, 3.0) for i in range(4)])
    line.roll_up()
    for view, copy in copies.items():
        told = copy.fetch(limit=limit)
        assert sorted_rows(copy, view) == rows_of(reader, view)
        meters = {row["meter"] for row in told} if not view.is_of_places else {"M-D"}
        assert meters == {"M-D"}
        assert {row["time"] for row in told} == set(times_of_change(view))


def sorted_rows(copy: Copy, view: OpenView) -> list[Row]:
    return [copy.rows[key] for key in sorted(copy.rows)]


def times_of_change(view: OpenView) -> Iterator[str]:
    start = DAY + timedelta(days=1) if not view.endswith("month") else DAY.replace(day=1)
    for hour in range(24 if view.endswith("hour") else 1):
        yield (start + timedelta(hours=hour)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.usefixtures("booked")
def test_what_is_taken_back_is_told(
    client: TestClient, registered: Registered, reader: psycopg.Connection, line: Line
) -> None:
    """An enterprise belongs to another banner from the second day on: what was booked to the first is gone there."""
    copies = {view: Copy(client, view) for view in OpenView}
    for copy in copies.values():
        copy.fetch()
    owner = reader.execute("SELECT enterprise FROM open.meter WHERE meter = 'M-J'").fetchone()
    assert owner is not None
    moved = client.post(
        f"/api/v1/enterprises/{owner[0]}/memberships",
        json={"valid_from": "2026-03-03", "area_code": DALAD},
    )
    assert moved.status_code < 300, moved.text
    line.roll_up()
    for view, copy in copies.items():
        told = copy.fetch()
        assert any(row["quantity"] is None for row in told) == (not view.endswith("month")), view
        assert sorted_rows(copy, view) == rows_of(reader, view)


@contextmanager
def transaction(url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(url) as connection:
        yield connection


@pytest.mark.usefixtures("booked")
def test_a_change_that_is_committed_late_is_not_passed_over(
    client: TestClient, reader: psycopg.Connection, database_url: str
) -> None:
    """One that began before a page was read, and a later one that was over by then."""
    copy = Copy(client, OpenView.ENERGY_DAY)
    copy.fetch()
    change = "UPDATE energy_{} SET measured_s = measured_s - 1, booked_by = DEFAULT WHERE meter_id = %s"
    (slow, quick) = (number for (number,) in reader.execute("SELECT meter_number FROM open.meter ORDER BY meter"))
    with transaction(database_url) as late, transaction(database_url) as early:
        for table in ("day", "month"):
            late.execute(change.format(table).encode(), [slow])
        for table in ("day", "month"):
            early.execute(change.format(table).encode(), [quick])
        early.commit()
        assert {row["meter_number"] for row in copy.fetch()} == {quick}
        late.commit()
    told = {row["meter_number"] for row in copy.fetch()}
    assert slow in told
    assert copy.fetch() == []
    assert sorted_rows(copy, OpenView.ENERGY_DAY) == rows_of(reader, OpenView.ENERGY_DAY)


@pytest.mark.usefixtures("booked")
def test_csv_and_parquet_have_the_same_rows(client: TestClient, reader: psycopg.Connection) -> None:
    for view in (OpenView.ENERGY_HOUR, OpenView.PLACE_ENERGY_DAY):
        expected = rows_of(reader, view)
        answer = client.get(f"/api/v1/export/{view}", params={"format": "csv"})
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        lines = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert [{name: value or None for name, value in line.items()} for line in lines] == [
            {name: None if value is None else str(value) for name, value in row.items()} for row in expected
        ]
        parquet = client.get(f"/api/v1/export/{view}", params={"format": "parquet"})
        table = pyarrow.parquet.read_table(io.BytesIO(parquet.content))
        assert table.column_names == list(view.columns)
        assert str(table.schema.field("time").type) == "timestamp[us, tz=UTC]"
        for row, wanted in zip(table.to_pylist(), expected, strict=True):
            times = {n: datetime.fromisoformat(wanted[n]) for n in ("time", "changed_at") if n in wanted}
            assert row == wanted | {"quantity": Decimal(wanted["quantity"])} | times


@pytest.mark.usefixtures("booked")
def test_a_page_says_how_to_go_on_and_is_not_sent_twice(client: TestClient) -> None:
    first = client.get("/api/v1/export/energy_hour", params={"format": "csv", "limit": 10})
    assert first.headers["x-rows"] == "10"
    following = first.headers["link"].partition(">")[0].removeprefix("<")
    second = client.get(following)
    assert second.headers["x-rows"] == "10"
    assert second.headers["x-changed-until"] == first.headers["x-changed-until"]
    same = client.get(
        "/api/v1/export/energy_hour",
        params={"format": "csv", "limit": 10},
        headers={"If-None-Match": first.headers["etag"]},
    )
    assert (same.status_code, same.content) == (304, b"")
    assert client.get("/api/v1/export/energy_hour").headers["content-encoding"] == "gzip"


@pytest.mark.usefixtures("booked")
def test_rows_are_those_that_were_asked_for(client: TestClient) -> None:
    def told(view: str, **query: Any) -> list[Row]:
        answer = client.get(f"/api/v1/export/{view}", params=query)
        assert answer.status_code == 200, answer.text
        data: list[Row] = answer.json()["data"]
        return data

    day = {"start": "2026-03-03", "end": "2026-03-04"}
    assert {row["meter"] for row in told("energy_hour", area="150600")} == {"M-J", "M-D"}
    assert {row["meter"] for row in told("energy_hour", area=JUNGAR)} == {"M-J"}
    assert len(told("energy_hour", **day)) == 24
    assert [row["quantity"] for row in told("energy_day", **day)] == [96]
    assert told("energy_day", carrier="raw_coal") == []
    assert {row["place"] for row in told("place_energy_day", area=DALAD)} == {DALAD}


@pytest.mark.parametrize(
    ("view", "query", "status", "code"),
    [
        ("energy_week", {}, 422, "invalid_parameter"),
        ("energy_day", {"area": "999999"}, 404, "unknown_area"),
        ("energy_day", {"carrier": "hope"}, 404, "unknown_carrier"),
        ("energy_day", {"limit": "100001"}, 422, "invalid_parameter"),
        ("energy_day", {"cursor": "x"}, 400, "bad_cursor"),
        ("energy_day", {"start": "2026-03-02", "end": "2026-03-01"}, 422, "start_after_end"),
        ("place_energy_day", {"enterprise": "91150622MA0000001X"}, 422, "invalid_parameter"),
        ("energy_day", {"changed_since": "yesterday"}, 422, "invalid_parameter"),
        ("energy_day", {"changed_since": "1-00000001-1"}, 410, "begin_anew"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    client: TestClient, view: str, query: dict[str, str], status: int, code: str
) -> None:
    answer = client.get(f"/api/v1/export/{view}", params=query)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.usefixtures("booked")
def test_each_page_of_each_question_has_a_file_name_of_its_own(client: TestClient) -> None:
    def named(**query: str) -> tuple[str, str]:
        answer = client.get("/api/v1/export/energy_hour", params=query | {"format": "csv", "limit": "50"})
        return answer.headers["content-disposition"], answer.headers.get("x-next-cursor", "")

    asked = {"start": "2026-03-02", "end": "2026-03-03T12:30:00+08:00", "carrier": "electricity"}
    first, cursor = named(**asked)
    known = "energy_hour_from-2026-03-02_to-2026-03-03T123000_carrier-electricity"
    assert first == f'attachment; filename="{known}.csv"'
    second, _ = named(**asked, cursor=cursor)
    assert re.fullmatch(rf'attachment; filename="{known}_after-2026-03-\d\d(T\d{{6}})?-\d+-\d+\.csv"', second)

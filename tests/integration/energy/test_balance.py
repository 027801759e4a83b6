"""The energy balance of places and enterprises: traded energy counts once, and every year by its own coefficients."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.integration.line import Line, quarters
from tests.integration.registered import DALAD, JUNGAR, KANGBASHI, ORDOS, SAIHAN, Registered
from tests.integration.served import api

NEW_YEAR = datetime.fromisoformat("2026-01-01T00:00:00+08:00")
JANUARY = {"start": "2026-01-01", "end": "2026-02-01", "bucket": "total"}
UNIT_OF = {"electricity": "kWh", "heat": "GJ", "natural_gas": "m3", "water": "m3"}

# Round coefficients: a coal of 0.7143 kg, electricity whose equivalent value falls from year to year and is not known
# before 2025, and whose CO2 is known from 2025 on.
STANDARD_COAL = """\
code,carrier,basis,value,unit,low,high,area_code,valid_from,valid_to,source,place,verified
kgce.raw_coal,raw_coal,calorific,0.7143,kgce/kg,,,,2008-01-01,,test,test,yes
kgce.coke,coke,calorific,0.9714,kgce/kg,,,,2008-01-01,,test,test,yes
kgce.electricity,electricity,calorific,0.1229,kgce/kWh,,,,2008-01-01,,test,test,yes
kgce.electricity.2025,electricity,equivalent,305,gce/kWh,,,150000,2025-01-01,2026-01-01,test,test,yes
kgce.electricity.2026,electricity,equivalent,300,gce/kWh,,,150000,2026-01-01,2027-01-01,test,test,no
"""
CO2 = """\
code,carrier,value,unit,ncv,carbon,oxidation,area_code,valid_from,valid_to,source,place,verified
co2.raw_coal,raw_coal,1.9003,kgCO2/kg,,,,,2008-01-01,,test,test,yes
co2.coke,coke,2.8604,kgCO2/kg,,,,,2008-01-01,,test,test,yes
co2.electricity.2025,electricity,0.6,kgCO2/kWh,,,,150000,2025-01-01,2026-01-01,test,test,yes
"""


@pytest.fixture
def client(database_url: str, tmp_path: Path) -> Iterator[TestClient]:
    """The API with the coefficients above."""
    (tmp_path / "standard_coal.csv").write_text(STANDARD_COAL, "utf-8")
    (tmp_path / "co2.csv").write_text(CO2, "utf-8")
    with api(database_url=database_url, data=tmp_path) as client:
        yield client


class Works:
    """An enterprise with one unit, whose meters book what they are said to use, evenly from `start`."""

    def __init__(self, registered: Registered, line: Line, **given: Any) -> None:
        self._registered, self._line = registered, line
        self.code = registered.enterprise(**given)
        self.unit = registered.unit(self.code)
        self._gateway = registered.gateway(self.code)

    def meter(self, carrier: str, flow: str = "input", *, since: datetime = NEW_YEAR) -> str:
        """A meter that has given no reading yet, in use since that day."""
        return self._registered.meter(
            unit_code=self.unit,
            gateway_code=self._gateway,
            carrier=carrier,
            flow=flow,
            unit_of_measure=UNIT_OF.get(carrier, "t"),
            valid_from=since.date().isoformat(),
        )

    def uses(
        self, carrier: str, quantity: float, flow: str = "input", *, start: datetime = NEW_YEAR, slots: int = 4
    ) -> str:
        """A meter that measured `quantity` over so many quarters of an hour."""
        meter = self.meter(carrier, flow, since=min(start, NEW_YEAR))
        values = [quantity * i / slots for i in range(slots + 1)]
        self._line.send(self._gateway, quarters(meter, start, values))
        return meter


@pytest.fixture
def ask(client: TestClient) -> Any:
    """Asks for the balance and gives the whole answer."""

    def answered(**parameters: Any) -> dict[str, Any]:
        answer = client.get("/api/v1/energy/balance", params=parameters)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    return answered


def consumed(answer: dict[str, Any]) -> tuple[float, float]:
    """Calorific and equivalent consumption of the one row of an answer, in tce."""
    (row,) = answer["data"]
    return row["calorific"]["consumption_tce"], row["equivalent"]["consumption_tce"]


@pytest.mark.store
def test_coal_that_becomes_electricity_that_smelts_counts_once(line: Line, registered: Registered, ask: Any) -> None:
    mine, plant, smelter = (Works(registered, line) for _ in range(3))
    mine.uses("raw_coal", 120, "product")
    plant.uses("raw_coal", 100)
    plant.uses("electricity", 250_000, "output")
    smelter.uses("electricity", 250_000)
    line.roll_up()
    # the banner used the coal and nothing else: 100 t x 0.7143, on both bases
    assert consumed(ask(scope=f"area:{JUNGAR}", **JANUARY)) == (71.43, 71.43)
    # by heat the plant keeps what it lost: 71.43 - 250 000 x 0.1229 kg; the smelter uses 30.725, or 75 by 2026's value
    by_enterprise = ask(scope=f"area:{JUNGAR}", by="enterprise", **JANUARY)["data"]
    assert {row["enterprise"]: row["calorific"]["consumption_tce"] for row in by_enterprise} == {
        plant.code: 40.705,
        smelter.code: 30.725,
    }
    assert consumed(ask(scope=f"enterprise:{smelter.code}", **JANUARY)) == (30.725, 75.0)
    assert consumed(ask(scope=f"unit:{plant.unit}", **JANUARY)) == (40.705, -3.57)


def test_feedstock_and_renewable_electricity_are_told_apart(line: Line, registered: Registered, ask: Any) -> None:
    works = Works(registered, line)
    works.uses("raw_coal", 1_000)
    works.uses("raw_coal", 400, "feedstock")
    works.uses("electricity", 30_000)
    works.uses("electricity", 10_000, "renewable")
    works.uses("coke", 10, "output")
    line.roll_up()
    (row,) = ask(**JANUARY)["data"]
    assert row["equivalent"] == {
        "input_tce": 723.3,
        "renewable_tce": 3.0,
        "feedstock_tce": 285.72,
        "output_tce": 9.714,
        "consumption_tce": 1002.306,
        "without_feedstock_tce": 716.586,
    }
    assert row["calorific"]["renewable_tce"] == 1.229
    # coal 1000 + 400 t, less 10 t of coke, of it all; a quarter of the electricity is renewable
    assert row["shares"]["coal"] == pytest.approx((714.3 + 285.72 - 9.714) / 1002.306)
    assert row["shares"]["renewable_electricity"] == 0.25
    # burnt: 1000 t of coal; bought 30 000 kWh, by the factor of 2025 carried on; sold on 10 t of coke
    assert row["tco2"] == pytest.approx(1900.3 + 18 - 28.604)


def test_rows_used_are_named_with_what_is_said_of_them(line: Line, registered: Registered, ask: Any) -> None:
    Works(registered, line).uses("electricity", 1_000)
    line.roll_up()
    rows = {row["code"]: row for row in ask(**JANUARY)["rows"]}
    assert sorted(rows) == ["co2.electricity.2025", "kgce.electricity", "kgce.electricity.2026"]
    assert (rows["co2.electricity.2025"]["carried"], rows["kgce.electricity.2026"]["carried"]) == (True, False)
    assert rows["kgce.electricity.2026"] == {
        "code": "kgce.electricity.2026",
        "value": 300.0,
        "unit": "gce/kWh",
        "valid_from": "2026-01-01",
        "source": "test",
        "place": "test",
        "place_zh": None,
        "verified": False,
        "carried": False,
        "origin": "table",
    }


def test_consumption_moves_with_the_enterprise_in_the_middle_of_a_month(
    line: Line, registered: Registered, client: TestClient, ask: Any
) -> None:
    works = Works(registered, line)
    midnight = NEW_YEAR + timedelta(days=15)
    # 100 t in the last hour of the 15th, 300 t in the first three hours of the 16th
    works.uses("raw_coal", 400, start=midnight - timedelta(hours=1), slots=16)
    line.roll_up()
    move = {"area_code": DALAD, "valid_from": "2026-01-16"}
    assert client.post(f"/api/v1/enterprises/{works.code}/memberships", json=move).status_code == 201
    line.roll_up()
    for bucket in ("month", "total"):
        rows = ask(**JANUARY | {"bucket": bucket}, by="banner")["data"]
        assert [(row["area"], row["calorific"]["consumption_tce"]) for row in rows] == [
            (DALAD, 214.29),
            (JUNGAR, 71.43),
        ]
    assert consumed(ask(scope=f"enterprise:{works.code}", **JANUARY)) == (285.72, 285.72)
    assert consumed(ask(scope=f"area:{ORDOS}", **JANUARY)) == (285.72, 285.72)


@pytest.mark.store
def test_leagues_banners_and_enterprises_add_up(line: Line, registered: Registered, ask: Any) -> None:
    for number, area in enumerate((JUNGAR, JUNGAR, DALAD, KANGBASHI, SAIHAN)):
        works = Works(registered, line, area_code=area)
        works.uses("raw_coal", 10 + number)
        works.uses("electricity", 7_000 * number, "output")
        works.uses("electricity", 3_000, "feedstock" if number % 2 else "renewable")
    line.roll_up()
    league = ask(scope=f"area:{ORDOS}", **JANUARY)["data"][0]
    for by in ("banner", "area", "enterprise", "unit", "park", "league"):
        rows = ask(scope=f"area:{ORDOS}", by=by, **JANUARY)["data"]
        for basis in ("calorific", "equivalent"):
            for part, whole in league[basis].items():
                assert sum(row[basis][part] for row in rows) == pytest.approx(whole, rel=1e-12), (by, part)
        assert sum(row["tco2"] for row in rows) == pytest.approx(league["tco2"], rel=1e-12)
    region = ask(by="league", **JANUARY)["data"]
    assert [row["area"] for row in region] == ["150100", ORDOS]
    assert region[1] == league | {"area": ORDOS}


def test_each_year_of_a_range_counts_by_its_own_coefficient(line: Line, registered: Registered, ask: Any) -> None:
    works = Works(registered, line)
    # 3000 kWh in the last three hours of 2025, 1000 kWh in the first one of 2026
    meter = works.uses("electricity", 4_000, start=NEW_YEAR - timedelta(hours=3), slots=16)
    line.roll_up()
    both = {"start": "2025-12-01", "end": "2026-02-01"}
    scopes = [f"area:{JUNGAR}", "area:150000", f"enterprise:{works.code}", f"unit:{works.unit}"]
    for scope in scopes:
        assert consumed(ask(scope=scope, bucket="total", **both)) == (0.4916, 3 * 0.305 + 0.3)
        years = ask(scope=scope, bucket="year", **both)["data"]
        assert [row["equivalent"]["consumption_tce"] for row in years] == [0.915, 0.3]
    for scope in [*scopes, f"meter:{meter}"]:
        (row,) = line.ask(scope=scope, bucket="total", **both)
        assert (row["quantity"], row["tce_equivalent"]) == (4_000.0, 1.215)
    (edge,) = line.ask(bucket="total", start="2025-12-31T23:45:00+08:00", end="2026-01-01T00:15:00+08:00")
    assert (edge["tce_calorific"], edge["tce_equivalent"]) == (0.06145, 0.07625 + 0.075)


def test_year_without_coefficient_is_null_and_named(line: Line, registered: Registered, ask: Any) -> None:
    works = Works(registered, line, valid_from="2024-01-01")
    works.uses("electricity", 1_000, start=NEW_YEAR - timedelta(days=400))
    works.uses("raw_coal", 10, start=NEW_YEAR - timedelta(days=400))
    line.roll_up()
    answer = ask(start="2024-01-01", end="2026-01-01", bucket="year")
    row = answer["data"][0]
    assert row["equivalent"]["consumption_tce"] is None
    assert (row["equivalent"]["input_tce"], row["equivalent"]["output_tce"], row["tco2"]) == (None, 0.0, None)
    assert row["calorific"]["consumption_tce"] == pytest.approx(7.143 + 0.1229)
    assert row["shares"] == {"coal": None, "renewable_electricity": 0.0}
    assert answer["missing"] == [
        {"carrier": "electricity", "year": 2024, "basis": "co2"},
        {"carrier": "electricity", "year": 2024, "basis": "equivalent"},
    ]


def test_water_products_it_load_and_sub_meters_are_never_counted(line: Line, registered: Registered, ask: Any) -> None:
    works = Works(registered, line)
    works.uses("electricity", 1_000)
    for carrier, flow in [
        ("electricity", "sub"),
        ("electricity", "it_load"),
        ("water", "input"),
        ("coke", "product"),
        ("product", "product"),
    ]:
        works.uses(carrier, 500, flow)
    line.roll_up()
    assert consumed(ask(**JANUARY)) == (0.1229, 0.3)


def test_coverage_is_the_least_of_what_enters(line: Line, registered: Registered, ask: Any) -> None:
    works = Works(registered, line)
    works.uses("raw_coal", 10, slots=4)
    works.uses("electricity", 1_000, slots=2)
    works.meter("water")
    hour = {"start": NEW_YEAR.isoformat(), "end": (NEW_YEAR + timedelta(hours=1)).isoformat(), "bucket": "hour"}
    line.roll_up()
    (row,) = ask(**hour)["data"]
    assert (row["coverage"], row["silent"]) == (0.5, [])
    works.meter("coke", "output")
    line.roll_up()
    (row,) = ask(**hour)["data"]
    assert (row["coverage"], row["silent"]) == (0.0, [{"carrier": "coke", "flow": "output"}])


def test_where_nothing_came_the_balance_is_null_and_not_zero(line: Line, registered: Registered, ask: Any) -> None:
    Works(registered, line).meter("raw_coal")
    line.roll_up()
    (row,) = ask(**JANUARY)["data"]
    assert {*row["calorific"].values(), *row["equivalent"].values(), *row["shares"].values(), row["tco2"]} == {None}
    assert row["coverage"] == 0.0


def test_balances_come_in_pages(line: Line, registered: Registered, ask: Any) -> None:
    for area in (JUNGAR, DALAD, KANGBASHI):
        Works(registered, line, area_code=area).uses("raw_coal", 10)
    line.roll_up()
    whole = ask(by="banner", **JANUARY)
    first = ask(by="banner", limit=2, **JANUARY)
    second = ask(by="banner", limit=2, cursor=first["next"], **JANUARY)
    assert [*first["data"], *second["data"]] == whole["data"]
    assert (second["next"], whole["next"]) == (None, None)


@pytest.mark.parametrize(
    ("parameters", "status", "code"),
    [
        ({"scope": "area:999999"}, 404, "unknown_area"),
        ({"scope": "park:P-9"}, 404, "unknown_park"),
        ({"scope": "meter:M-9"}, 422, "invalid_scope"),
        ({"by": "meter"}, 422, "invalid_by"),
        ({"flow": "input"}, 422, "invalid_parameter"),
        ({"cursor": "x"}, 400, "bad_cursor"),
    ],
)
@pytest.mark.store
def test_balance_that_cannot_be_drawn_up_is_refused(
    client: TestClient, parameters: dict[str, str], status: int, code: str
) -> None:
    answer = client.get("/api/v1/energy/balance", params=parameters)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_row_of_energy_tells_its_own_standard_coal_and_co2(
    line: Line, registered: Registered, client: TestClient
) -> None:
    works = Works(registered, line)
    works.uses("electricity", 1_000, "output")
    works.uses("electricity", 1_000, "renewable")
    works.uses("water", 1_000)
    line.roll_up()
    rows = {(row["carrier"], row["flow"]): row for row in line.ask(by="flow", **JANUARY)}
    told = {key: (row["tce_calorific"], row["tce_equivalent"], row["tco2"]) for key, row in rows.items()}
    assert told == {
        ("electricity", "output"): (0.1229, 0.3, 0.6),
        ("electricity", "renewable"): (0.1229, 0.3, 0.0),
        ("water", "input"): (None, None, None),
    }
    answer = client.get("/api/v1/energy", params={**JANUARY, "flow": "output", "basis": "calorific"}).json()
    (row,) = answer["data"]
    assert (row["tce_calorific"], "tce_equivalent" in row) == (0.1229, False)
    assert [used["code"] for used in answer["rows"]] == ["co2.electricity.2025", "kgce.electricity"]


def test_energy_of_a_year_without_coefficient_is_null_and_named(
    line: Line, registered: Registered, client: TestClient
) -> None:
    Works(registered, line, valid_from="2024-01-01").uses("electricity", 1_000, start=NEW_YEAR - timedelta(days=400))
    line.roll_up()
    answer = client.get("/api/v1/energy", params={"start": "2024-01-01", "end": "2026-02-01", "bucket": "total"}).json()
    (row,) = answer["data"]
    assert (row["quantity"], row["tce_calorific"], row["tce_equivalent"], row["tco2"]) == (1_000.0, 0.1229, None, None)
    assert answer["missing"] == [
        {"carrier": "electricity", "year": 2024, "basis": "co2"},
        {"carrier": "electricity", "year": 2024, "basis": "equivalent"},
    ]

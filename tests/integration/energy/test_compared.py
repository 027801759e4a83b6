"""Sums beside those of another period, the whole beside its parts, and why a balance is what it is."""

from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.integration.clock import ask_at
from tests.integration.line import Line
from tests.integration.registered import DALAD, JUNGAR, ORDOS, Registered

pytestmark = pytest.mark.store

FEBRUARY = datetime.fromisoformat("2026-02-01T00:00:00+08:00")
DAYS = 58
NOW = FEBRUARY + timedelta(days=DAYS, hours=6)
"""31 March at 06:00: of March 30 days are over."""
MARCH = {"start": "2026-03-01", "end": "2026-04-01", "bucket": "total"}


class Works:
    """An enterprise whose hourly meters measure from February on."""

    def __init__(self, registered: Registered, line: Line, **given: Any) -> None:
        self._registered, self._line = registered, line
        self.code = registered.enterprise(**given)
        self.unit = registered.unit(self.code)
        self.gateway = registered.gateway(self.code)

    def measures(
        self,
        per_hour: float,
        *,
        carrier: str = "electricity",
        flow: str = "input",
        since: int = 0,
        days: int = DAYS,
    ) -> str:
        """A meter that is there from the day `since` on, and gives readings of so many days."""
        meter = self._registered.meter(
            unit_code=self.unit,
            gateway_code=self.gateway,
            carrier=carrier,
            flow=flow,
            unit_of_measure={"electricity": "kWh", "water": "m3"}.get(carrier, "t"),
            kind="interval",
            interval_s=3600,
            valid_from=(FEBRUARY + timedelta(days=since)).date().isoformat(),
        )
        hours = range(since * 24, (since + days) * 24 if days < DAYS else DAYS * 24)
        self._line.send(self.gateway, [(meter, FEBRUARY + timedelta(hours=hour), per_hour) for hour in hours])
        return meter


@pytest.fixture
def ask(client: TestClient) -> Any:
    ask_at(client, NOW)

    def answered(path: str, **parameters: Any) -> dict[str, Any]:
        answer = client.get(f"/api/v1/{path}", params=parameters)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    return answered


def test_a_month_at_hand_is_compared_as_far_as_it_is_over(line: Line, registered: Registered, ask: Any) -> None:
    Works(registered, line).measures(10.0)
    line.roll_up()
    (row,) = ask("energy", scope=f"area:{JUNGAR}", compare="previous", **MARCH)["data"]
    # of March 30 days are over, of which 28 stand against all of February; the meter has sent nothing on the 31st
    assert row["quantity"] == 30 * 240.0
    assert row["compared"] == {
        "start": "2026-02-01T00:00:00+08:00",
        "end": "2026-03-01T00:00:00+08:00",
        "until": "2026-03-29T00:00:00+08:00",
        "coverage": 1.0,
        "until_coverage": 1.0,
        "value": 28 * 240.0,
        "until_value": 28 * 240.0,
        "change_percent": 0.0,
        "reason": None,
    }
    (balanced,) = ask("energy/balance", scope=f"area:{JUNGAR}", compare="previous", **MARCH)["data"]
    assert balanced["compared"]["calorific"]["value"] == pytest.approx(28 * 240 * 0.1229 / 1000)
    assert [balanced["compared"][name]["change_percent"] for name in ("calorific", "equivalent", "tco2")] == [0.0] * 3


def test_days_stand_beside_the_days_of_the_month_before(line: Line, registered: Registered, ask: Any) -> None:
    works = Works(registered, line)
    works.measures(10.0, days=28)
    works.measures(12.0, since=28)
    line.roll_up()
    rows = ask("energy", scope=f"enterprise:{works.code}", start="2026-03-01", end="2026-04-01", compare="previous")[
        "data"
    ]
    by_day = {row["start"][8:10]: row["compared"] for row in rows}
    # the second meter came with March, and the first is silent since: half of what should be measured is
    assert by_day["05"]["start"] == "2026-02-05T00:00:00+08:00"
    assert (by_day["05"]["value"], by_day["05"]["change_percent"]) == (240.0, None)
    assert by_day["29"] is None
    assert by_day["05"]["reason"]["code"] == "low_coverage_now"


def test_more_meters_than_before_and_too_little_measured_let_no_change_be_told(
    line: Line, registered: Registered, ask: Any
) -> None:
    grown = Works(registered, line)
    grown.measures(10.0)
    grown.measures(10.0, since=28)
    gappy = Works(registered, line, area_code=DALAD)
    gappy.measures(10.0, days=20)
    line.roll_up()
    question = MARCH | {"scope": f"area:{ORDOS}", "by": "banner", "compare": "previous"}
    found = {row["area"]: row["compared"] for row in ask("energy", **question)["data"]}
    assert (found[JUNGAR]["change_percent"], found[JUNGAR]["reason"]["code"]) == (None, "other_meters")
    assert found[JUNGAR]["reason"]["of"] == "2.0 / 1.0"
    assert (found[DALAD]["change_percent"], found[DALAD]["reason"]["code"]) == (None, "no_value_now")
    told = ask("energy/balance", **question)["data"]
    assert {row["area"]: row["compared"]["tco2"]["reason"]["code"] for row in told} == {
        JUNGAR: "other_meters",
        DALAD: "no_value_now",
    }


def test_the_whole_stands_beside_its_parts_and_its_change_too(line: Line, registered: Registered, ask: Any) -> None:
    one, other = Works(registered, line), Works(registered, line, area_code=DALAD)
    one.measures(10.0)
    other.measures(3.0, flow="renewable")
    other.measures(0.5, carrier="raw_coal")
    line.roll_up()
    question = MARCH | {"scope": f"area:{ORDOS}", "compare": "previous", "total": True}
    answer = ask("energy", by="banner,flow", **question)
    parts = {(row["carrier"], row["flow"]): row for row in answer["data"]}
    total = {(row["carrier"], row["flow"]): row for row in answer["total"]}
    assert {key: row["quantity"] for key, row in total.items()} == {key: row["quantity"] for key, row in parts.items()}
    assert "area" not in answer["total"][0]
    assert {row["compared"]["change_percent"] for row in answer["total"]} == {0.0}
    assert answer["names"]["area"][DALAD] == {"zh": "达拉特旗", "en": "Dalad Banner"}
    balanced = ask("energy/balance", by="enterprise", **question)
    (whole,) = balanced["total"]
    assert whole["calorific"] == ask("energy/balance", **question)["data"][0]["calorific"]
    assert sum(row["calorific"]["consumption_tce"] for row in balanced["data"]) == pytest.approx(
        whole["calorific"]["consumption_tce"]
    )
    assert whole["compared"]["equivalent"]["change_percent"] == 0.0
    assert sum(row["of_total"]["calorific"] for row in balanced["data"]) == pytest.approx(1)
    assert "of_total" not in whole


def test_a_balance_by_carrier_adds_up_to_the_consumption(line: Line, registered: Registered, ask: Any) -> None:
    works = Works(registered, line)
    works.measures(2.0, carrier="raw_coal")
    works.measures(30.0)
    works.measures(50.0, flow="output")
    line.roll_up()
    answer = ask("energy/balance", scope=f"area:{JUNGAR}", by="carrier", total=True, compare="previous", **MARCH)
    rows = {row["carrier"]: row for row in answer["data"]}
    assert {code: (row["quantity"], row["quantity_unit"]) for code, row in rows.items()} == {
        "electricity": (-20 * 720.0, "kWh"),
        "raw_coal": (2 * 720.0, "t"),
    }
    (whole,) = answer["total"]
    for basis in ("calorific", "equivalent"):
        assert sum(row[basis]["consumption_tce"] for row in rows.values()) == pytest.approx(
            whole[basis]["consumption_tce"], rel=1e-15
        )
    assert rows["raw_coal"]["compared"]["calorific"]["change_percent"] == 0.0
    # more went out than came in: no percentage of that
    assert rows["electricity"]["compared"]["calorific"]["reason"]["code"] == "not_positive_then"
    assert rows["electricity"]["of_total"]["calorific"] is None
    assert answer["by"] == ["carrier"]


def test_a_balance_is_explained_by_terms_that_add_up(line: Line, registered: Registered, ask: Any) -> None:
    works = Works(registered, line)
    works.measures(2.0, carrier="raw_coal")
    works.measures(30.0)
    works.measures(5.0, flow="output")
    works.measures(7.0, flow="sub")
    works.measures(1.0, carrier="water")
    line.roll_up()
    answer = ask("energy/balance", scope=f"area:{JUNGAR}", explain=True, **MARCH)
    (row,) = answer["data"]
    why = row["explained"]
    for basis in ("calorific", "equivalent"):
        exact = sum(Fraction(term[basis]["exact"]) for term in why["terms"])
        assert (exact, float(exact)) == (Fraction(why[basis]["exact"]), row[basis]["consumption_tce"])
    assert float(sum(Fraction(term["co2"]["exact"]) for term in why["terms"])) == row["tco2"]
    by_flow = {(term["carrier"], term["flow"]): term for term in why["terms"]}
    bought = by_flow["electricity", "input"]
    assert (bought["quantity"], bought["quantity_unit"], bought["coverage"]) == (
        21600.0,
        "kWh",
        pytest.approx(720 / 726),
    )
    assert (bought["meters"], bought["sign"], by_flow["electricity", "output"]["sign"]) == (1.0, 1, -1)
    assert (bought["calorific"]["coefficient"], bought["calorific"]["coefficient_unit"]) == (0.1229, "kgce/kWh")
    rows = {used["code"] for used in answer["rows"]}
    assert {term[basis]["row"] for term in why["terms"] for basis in ("calorific", "equivalent", "co2")} == rows
    assert [(each["carrier"], each["flow"], each["reason"]["code"]) for each in why["left_out"]] == [
        ("electricity", "sub", "part_of_input"),
        ("water", "input", "no_energy"),
    ]


def test_a_question_that_cannot_be_compared_is_refused(client: TestClient) -> None:
    for path in ("energy", "energy/balance"):
        question = {"start": "2026-03-01", "end": "2026-05-01", "bucket": "month", "compare": "2025-03-15"}
        assert client.get(f"/api/v1/{path}", params=question).json()["code"] == "invalid_compare"
        assert client.get(f"/api/v1/{path}", params={"compare": "yesterday"}).json()["code"] == "invalid_parameter"

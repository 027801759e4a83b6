"""Several indicators at once, beside another period, beside the whole, and with the terms they are formed of."""

from collections.abc import Iterable
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.integration.asking import DAY, Asking, Site, data_centre, reasons
from tests.integration.clock import ask_at
from tests.integration.line import Line
from tests.integration.registered import DALAD, JUNGAR, ORDOS, Registered

NEXT = {"start": "2026-03-02", "end": "2026-03-03"}
DAYS = {"valid_to": "2026-03-03"}


@pytest.fixture
def values(client: TestClient) -> Any:
    def answered(slugs: str, **parameters: Any) -> dict[str, Any]:
        question = {"start": "2026-03-01", "end": "2026-03-02", "bucket": "day", "slugs": slugs} | parameters
        answer = client.get("/api/v1/indicators/values", params=question)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    return answered


def hall(
    registered: Registered, line: Line, total: Iterable[float | None], it: Iterable[float | None], **given: Any
) -> Site:
    """A data centre with meters of two days."""
    site = Site(registered, line, trade="data_centre", process="data_centre", **given)
    site.meter(total, "electricity", "input", "kWh", **DAYS)
    site.meter(it, "electricity", "it_load", "kWh", **DAYS)
    return site


def test_a_day_at_hand_is_compared_with_the_same_hours_of_the_day_before(
    client: TestClient, registered: Registered, line: Line, asking: Asking
) -> None:
    # 1.2 and then 1.5 in the first ten hours; the other hours of the first day would make it 2
    hall(registered, line, [120.0] * 10 + [200.0] * 14 + [150.0] * 10, [100.0] * 34)
    line.roll_up()
    ask_at(client, DAY + timedelta(hours=34, minutes=20))
    row = asking.row("pue", scope=f"area:{JUNGAR}", compare="previous", **NEXT)
    assert (row["value"], row["compared"]["value"], row["compared"]["until_value"]) == (1.5, 1.2, 1.5)
    assert (row["compared"]["change_percent"], row["compared"]["reason"]) == (pytest.approx(25.0), None)
    assert (row["compared"]["until"], row["compared"]["end"]) == (
        "2026-03-02T10:00:00+08:00",
        "2026-03-01T10:00:00+08:00",
    )
    by_unit = asking.row("pue", scope=f"area:{JUNGAR}", by="unit", compare="2026-03-01", **NEXT)
    assert by_unit["compared"]["change_percent"] == pytest.approx(25.0)


def test_a_period_in_which_too_little_was_measured_is_not_compared(
    registered: Registered, line: Line, asking: Asking
) -> None:
    hall(registered, line, [*[None] * 3, *[120.0] * 21, *[150.0] * 24], [100.0] * 48)
    line.roll_up()
    found = asking.row("pue", scope=f"area:{JUNGAR}", compare="previous", **NEXT)["compared"]
    assert (found["change_percent"], found["reason"]["code"], found["coverage"]) == (None, "low_coverage_then", 0.875)
    assert found["reason"]["of"] == "0.8750"
    earlier = asking.row("pue", scope=f"area:{JUNGAR}", compare="previous")["compared"]
    assert (earlier["change_percent"], earlier["reason"]["code"]) == (None, "no_value_then")


def test_the_whole_is_the_ratio_of_the_sums_beside_the_rows(registered: Registered, line: Line, asking: Asking) -> None:
    data_centre(registered, line, total=[120.0] * 24, it=[100.0] * 24)
    data_centre(registered, line, total=[30.0] * 24, it=[20.0] * 24, area_code=DALAD)
    line.roll_up()
    answer = asking.answer("pue", scope=f"area:{ORDOS}", by="banner", total=True)
    assert {row["group"]: row["value"] for row in answer["data"]} == {JUNGAR: 1.2, DALAD: 1.5}
    (whole,) = answer["total"]
    assert (whole["value"], whole["group"], whole["subjects"]) == (1.25, None, 2)
    assert asking.answer("pue", scope=f"area:{ORDOS}", by="banner")["total"] is None


def test_an_indicator_is_explained_by_terms_that_add_up_and_by_who_is_left_out(
    registered: Registered, line: Line, asking: Asking
) -> None:
    site = data_centre(registered, line, total=[120.0] * 24, it=[100.0] * 24)
    site.meter([0.001] * 24, "diesel", "input", "t")
    silent = data_centre(registered, line, total=[120.0] * 24, it=[None] * 24)
    line.roll_up()
    answer = asking.answer("pue", scope=f"area:{JUNGAR}", explain=True)
    (row,) = answer["data"]
    why = row["explained"]
    for name in ("numerator", "denominator"):
        exact = sum(Fraction(term["exact"]) for term in why[name]["terms"])
        assert (exact, float(exact)) == (Fraction(why[name]["exact"]), row[name]["value"])
    ratio = Fraction(why["numerator"]["exact"]) / Fraction(why["denominator"]["exact"]) * why["scale"]
    assert float(ratio) == row["value"]
    terms = {(term["carrier"], term["flow"]): term for term in why["numerator"]["terms"]}
    bought, diesel = terms["electricity", "input"], terms["diesel", "input"]
    assert (bought["quantity"], bought["row"], bought["value"], bought["meters"]) == (2880.0, None, 2880.0, 1.0)
    assert (diesel["quantity_unit"], diesel["coefficient_unit"]) == ("t", "kgce/t")
    assert diesel["row"] in {used["code"] for used in answer["rows"]}
    # kgce of 0.024 t, at its heat content, as kWh
    assert diesel["value"] == pytest.approx(0.024 * diesel["coefficient"] / 0.1229)
    (left_out,) = why["left_out"]
    assert (left_out["code"], left_out["reasons"][0]["code"]) == (silent.unit, "no_readings")
    assert answer["names"]["area"][JUNGAR]["zh"] == "准格尔旗"
    assert answer["names"]["unit"][silent.unit]["zh"] == "焦炉"


def test_reported_numbers_are_terms_too(registered: Registered, line: Line, asking: Asking) -> None:
    site = Site(registered, line, trade="coke", process="coking_top")
    site.meter([10.0] * 24, "washed_coal", "input", "t")
    line.roll_up()
    asking.report(f"unit:{site.unit}", "output", "2026-03", 100.0, "t")
    march = {"start": "2026-03-01", "end": "2026-04-01", "bucket": "month"}
    row = asking.row("unit_product_energy", scope=f"unit:{site.unit}", explain=True, **march)
    (output,) = row["explained"]["denominator"]["terms"]
    assert (output["statistic"], output["periods"], output["carrier"]) == ("output", ["2026-03 v1"], None)
    assert (output["value"], output["exact"], row["denominator"]["value"]) == (100.0, "100", 100.0)


def test_several_indicators_come_as_each_of_them_alone_with_each_row_once(
    registered: Registered, line: Line, asking: Asking, values: Any
) -> None:
    site = data_centre(registered, line, total=[120.0] * 24, it=[100.0] * 24)
    site.meter([5.0] * 24, "electricity", "renewable", "kWh")
    line.roll_up()
    slugs = ["coal_share", "pue", "renewable_electricity_share", "completeness"]
    question = {"scope": f"area:{JUNGAR}", "explain": True, "total": True, "compare": "previous"}
    answer = values(",".join(slugs), **question)
    assert [row["indicator"] for row in answer["data"]] == slugs
    alone = {slug: asking.answer(slug, **question) for slug in slugs}
    for row, whole in zip(answer["data"], answer["total"], strict=True):
        own = alone[row["indicator"]]
        named = {name: own[name] for name in ("indicator", "name_zh", "name_en")}
        assert row == named | own["data"][0]
        assert whole == named | own["total"][0]
    codes = [row["code"] for row in answer["rows"]]
    assert codes == sorted({row["code"] for own in alone.values() for row in own["rows"]})
    assert reasons(answer["data"][0]) == reasons(alone["coal_share"]["data"][0])


def test_several_indicators_are_refused_where_one_of_them_would_be(client: TestClient, registered: Registered) -> None:
    def refused(**question: Any) -> str:
        code: str = client.get("/api/v1/indicators/values", params=question).json()["code"]
        return code

    scope = f"enterprise:{registered.enterprise()}"
    assert refused(slugs="pue,happiness") == "unknown_indicator"
    assert refused(slugs="pue,carbon_intensity_gdp", scope=scope) == "invalid_scope"
    assert refused(slugs="pue,carbon_intensity_gdp", by="unit") == "invalid_by"
    assert refused(slugs=" , ") == "too_much"
    assert refused() == "invalid_parameter"
    assert refused(slugs="pue", compare="2026-02-30") == "invalid_compare"

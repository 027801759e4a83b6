"""An indicator from outside is its entry and nothing else: listed, formed of meters, grouped and judged by the API."""

import pytest
from fastapi.testclient import TestClient

from services.core.meter import Flow
from services.judging.indicators.judged_by import JudgedBy
from services.judging.indicators.kinds import Indicator, IndicatorLevel
from services.judging.indicators.listing import BY_SLUG
from services.judging.indicators.terms import Measured, Term
from tests.integration.asking import DAY, Asking, Site
from tests.integration.line import Line
from tests.integration.registered import JUNGAR, Registered


def _thirst(measured: Measured) -> tuple[Term, Term]:
    return measured.quantity(["water"], [Flow.INPUT]), measured.quantity(["electricity"], [Flow.INPUT])


THIRST = Indicator(
    slug="thirst",
    name_zh="每度电用水量",
    name_en="Water per kWh",
    unit="m3/kWh",
    numerator_unit="m3",
    denominator_unit="kWh",
    formula="water / electricity",
    formula_zh="用水量 ÷ 用电量",
    source="Enermon",
    level=IndicatorLevel.UNIT,
    parts=_thirst,
    judged_by=JudgedBy(),
)


def test_indicator_of_another_is_listed_and_formed_as_a_ratio_of_sums(
    client: TestClient, registered: Registered, line: Line, asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(BY_SLUG, "thirst", THIRST)
    listed = client.get("/api/v1/indicators").json()["data"]
    assert [each["name_zh"] for each in listed if each["slug"] == "thirst"] == ["每度电用水量"]
    sites = [Site(registered, line, trade="chemical", process=None) for _ in range(2)]
    for site, water in zip(sites, (1.0, 5.0), strict=True):
        site.meter([water] * 24, "water", "input", "m3")
        site.meter([10.0 * water * water] * 24, "electricity", "input", "kWh")
    line.roll_up()
    whole = asking.row("thirst", scope=f"area:{JUNGAR}")
    # 24 x 6 / 24 x 260, not the mean of 1/10 and 1/50
    assert (whole["value"], whole["numerator"], whole["denominator"]) == (
        pytest.approx(6 / 260),
        {"value": 144.0, "unit": "m3"},
        {"value": 6240.0, "unit": "kWh"},
    )
    assert (whole["verdict"], whole["start"]) == ("cannot_judge", DAY.isoformat())
    by_unit = {row["group"]: row["value"] for row in asking.rows("thirst", by="unit")}
    assert by_unit == {sites[0].unit: 0.1, sites[1].unit: 0.02}

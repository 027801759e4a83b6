"""The plans' targets are listed, narrowed, and shown with what does not fit in them."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from services.core.reason import REASONS, About
from tests.integration.served import api
from tests.unit.judging.data.test_plans import with_plan_15

ADDRESS = "/api/v1/targets"


pytestmark = pytest.mark.store


@pytest.fixture(scope="module")
def client(module_database_url: str) -> Iterator[TestClient]:
    """The API; of the database targets need no more than whose a request is."""
    with api(database_url=module_database_url) as client:
        yield client


def listed(client: TestClient, **parameters: Any) -> list[dict[str, Any]]:
    answer = client.get(ADDRESS, params=parameters)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"])


def codes(client: TestClient, **parameters: Any) -> list[str]:
    return [row["code"] for row in listed(client, **parameters)]


def one(client: TestClient, code: str) -> dict[str, Any]:
    (row,) = [row for row in listed(client, q=code) if row["code"] == code]
    return row


def test_every_row_of_every_plan_is_listed_page_by_page(client: TestClient) -> None:
    found: list[str] = []
    parameters: dict[str, Any] = {"limit": 100}
    while True:
        page = client.get(ADDRESS, params=parameters).json()
        found += [row["code"] for row in page["data"]]
        if page["next"] is None:
            break
        parameters["cursor"] = page["next"]
    assert found == sorted(set(found))
    assert len(found) == 118 + 178


def test_a_cursor_belongs_to_its_filters(client: TestClient) -> None:
    cursor = client.get(ADDRESS, params={"limit": 1}).json()["next"]
    answer = client.get(ADDRESS, params={"cursor": cursor, "plan": "14"})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_cursor")


def test_printed_and_computed_change_stand_side_by_side(client: TestClient) -> None:
    coke = one(client, "IA2-04")
    assert (coke["base_value"], coke["value"], coke["unit"], coke["op"]) == (143, 135, "kgce/t", "<=")
    # 135 - 143 = -8, of 143 that is -5.594 %; back from -5.7 %: 143 x 0.943
    assert coke["change"] == {
        "kind": "rate",
        "unit": "%",
        "printed": "[-5.7%]",
        "printed_value": -5.7,
        "computed": pytest.approx(-5.594, abs=0.001),
        "computed_as_printed": -5.6,
        "differs": True,
        "value_from_change": pytest.approx(134.849),
    }
    assert (coke["place"], coke["traps"], coke["verified"]) == ("000:L556", ["T02"], True)


def test_a_target_is_named_in_both_languages_with_its_document_and_section(client: TestClient) -> None:
    coal = one(client, "IM-30")
    assert (coal["area_name_en"], coal["indicator_en"]) == (
        "Inner Mongolia Autonomous Region",
        "Share of coal in energy consumption",
    )
    assert (coal["document"], coal["clause"]) == ("内政发〔2022〕17号", "三（八）")
    of_ordos = one(client, "OR-04")
    assert of_ordos["document"] == "《鄂尔多斯市“十四五”节能减排综合工作实施方案》"
    assert one(client, "P13-08")["clause"] is None


def test_the_operator_is_given_for_machines_and_as_printed(client: TestClient) -> None:
    row = one(client, "IM-31")
    assert (row["op"], row["op_printed"], row["better"], row["value_printed"]) == ("~", "达到 / 左右", "higher", "18%")


def test_zero_and_not_applicable_are_told_apart(client: TestClient) -> None:
    basic, incentive = listed(client, area="150602", indicator="energy_intensity_gdp_reduction")
    assert (basic["state"], basic["value"], basic["value_printed"]) == ("zero", 0, "0")
    assert (incentive["state"], incentive["value"], incentive["value_printed"]) == ("not_applicable", None, "/")


def test_two_contradicting_numbers_name_each_other(client: TestClient) -> None:
    text, summary = one(client, "OR-37a"), one(client, "OR-37b")
    assert (text["value"], summary["value"]) == (100, 80)
    assert text["conflicts"] == [
        {"code": "OR-37b", "op": ">=", "value": 80, "unit": "%", "value_printed": "80", "place": "001:L411-415"}
    ]
    assert [other["code"] for other in summary["conflicts"]] == ["OR-37a"]


def test_a_target_is_that_of_its_area_alone_unless_asked_otherwise(client: TestClient) -> None:
    intensity = {"indicator": "energy_intensity_gdp_reduction", "plan": "14"}
    assert codes(client, area="150000", **intensity) == ["IM-01"]
    assert (
        len(codes(client, area="150600", below=True, **intensity))
        == len(codes(client, area="150600", **intensity)) + 18
    )
    assert codes(client, area="150102") == []


def test_targets_are_narrowed_by_what_they_say(client: TestClient) -> None:
    assert codes(client, indicator="pue") == ["IA2-11", "IM-06", "OR-04"]
    assert codes(client, indicator="coal_share", plan="13") == ["P12-28", "P13-21"]
    assert codes(client, process="converter") == ["IA2-07", "OA2-07"]
    assert codes(client, year=2017) == ["P13-40", "P13-49"]
    assert codes(client, nature="binding", area="150600", kind="target", q="OR-3") == ["OR-32", "OR-33"]
    assert codes(client, kind="threshold", area="150000", q="两高") == ["IM-37"]
    assert codes(client, q="绿色防控率") == ["OR-26"]


def test_choices_of_kind_and_nature_say_how_many_targets_each_would_leave(client: TestClient) -> None:
    asked = {"area": "150600", "kind": "target,threshold", "nature": "binding"}
    answer = client.get(ADDRESS, params=asked).json()
    assert {row["nature"] for row in answer["data"]} == {"binding"}
    assert answer["facets"]["kind"]["target"] == len(codes(client, area="150600", kind="target", nature="binding"))
    without = client.get(ADDRESS, params={"area": "150600", "kind": "target,threshold"}).json()["data"]
    assert answer["facets"]["nature"] == dict(sorted(Counter(row["nature"] for row in without).items()))


@pytest.mark.parametrize(
    ("parameters", "field", "known"),
    [
        ({"area": "150999"}, "area", "150600"),
        ({"plan": "12"}, "plan", "known: 13, 14"),
        ({"indicator": "puee"}, "indicator", "pue"),
        ({"process": "bakery"}, "process", "cement_clinker"),
        ({"below": "true"}, "below", "together with area"),
        ({"kind": "wish"}, "kind", "threshold"),
        ({"colour": "red"}, "colour", "not known here"),
    ],
)
def test_what_names_nothing_is_refused_with_what_is_known(
    client: TestClient, parameters: dict[str, str], field: str, known: str
) -> None:
    answer = client.get(ADDRESS, params=parameters)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_parameter")
    first = answer.json()["errors"][0]
    assert first["field"] == field
    assert known in first["reason"]


def test_a_fifteenth_plan_of_the_operator_is_listed(module_database_url: str, tmp_path: Path) -> None:
    with api(database_url=module_database_url, data=with_plan_15(tmp_path)) as client:
        assert codes(client, plan="15") == ["X15-1"]


def test_beside_a_target_stands_what_was_measured_of_it(client: TestClient) -> None:
    rows = {row["code"]: row for row in listed(client, area="150000", actual=True, limit=1000)}
    # Nothing is registered: it cannot be told, and says why.
    coal = rows["IM-30"]["actual"]
    assert (coal["value"], coal["met"], coal["unit"]) == (None, None, "%")
    assert coal["reasons"][0]["code"] in REASONS[About.VERDICT]
    # Of single units, or not measured at all.
    assert (rows["IM-06"]["actual"], rows["IM-19"]["actual"]) == (None, None)
    assert all(row["actual"] is None for row in listed(client, area="150000"))


def test_what_was_measured_is_asked_of_one_area(client: TestClient) -> None:
    answer = client.get(ADDRESS, params={"actual": True})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "only_with")

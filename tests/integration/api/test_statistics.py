"""Reported numbers: each posting adds a version, nothing is overwritten, and what cannot be is refused whole."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from tests.integration.registered import DALAD, HOHHOT, JUNGAR, ORDOS, Registered
from tests.integration.reporting import ADDRESS, listed, versions
from tests.signed_in import ADMINISTRATOR, ADMINISTRATOR_KEY, SECOND, SECOND_KEY, bearer


def number(**given: Any) -> dict[str, Any]:
    return {
        "owner": f"area:{ORDOS}",
        "kind": "energy_consumption",
        "period": "2025",
        "value": 1000.5,
        "unit": "tce",
    } | given


def gdp(**given: Any) -> dict[str, Any]:
    return number(kind="gdp", unit="10k CNY", price_base=2020) | given


def posted(client: TestClient, *entries: dict[str, Any], key: str = ADMINISTRATOR_KEY) -> Any:
    answer = client.post(ADDRESS, json=list(entries), headers=bearer(key))
    assert answer.status_code == 200, answer.text
    return answer.json()


def faults(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return [(error["field"], error["code"]) for error in answer.json()["errors"]]


def stored(database: psycopg.Connection) -> int:
    row = database.execute("SELECT count(*) FROM statistic").fetchone()
    assert row is not None
    return int(row[0])


def test_number_is_answered_with_names_unit_and_version(client: TestClient) -> None:
    answer = client.post(ADDRESS, json=gdp(value=45123456.7, note="初步核算"))
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["created"], body["unchanged"]) == (1, 0)
    recorded_at = body["data"][0].pop("recorded_at")
    assert body["data"] == [
        {
            "owner": "area:150600",
            "owner_name_zh": "鄂尔多斯市",
            "owner_name_en": "Ordos City",
            "kind": "gdp",
            "kind_name_zh": "地区生产总值",
            "kind_name_en": "Gross domestic product",
            "period": "2025",
            "value": 45123456.7,
            "unit": "10k CNY",
            "price_base": 2020,
            "version": 1,
            "reported_by": ADMINISTRATOR,
            "note": "初步核算",
            "created": True,
        }
    ]
    without_created = {name: value for name, value in body["data"][0].items() if name != "created"}
    assert listed(client) == [without_created | {"recorded_at": recorded_at}]


def test_correction_is_a_further_version_and_the_first_stays(client: TestClient) -> None:
    posted(client, number(value=1000.5))
    corrected = posted(client, number(value=990, note="年报"))["data"][0]
    assert (corrected["version"], corrected["value"], corrected["created"]) == (2, 990.0, True)
    assert [(row["version"], row["value"], row["note"]) for row in listed(client)] == [(2, 990.0, "年报")]
    assert versions(client) == [(1, 1000.5), (2, 990.0)]


@pytest.mark.store
def test_same_value_again_is_no_new_version(client: TestClient) -> None:
    posted(client, number(value=0.1))
    again = posted(client, number(value=0.1), number(period="2024", value=7), key=SECOND_KEY)
    assert (again["created"], again["unchanged"]) == (1, 1)
    assert [(row["created"], row["version"], row["reported_by"]) for row in again["data"]] == [
        (False, 1, ADMINISTRATOR),
        (True, 1, SECOND),
    ]
    assert versions(client, period="2025") == [(1, 0.1)]


def test_value_of_an_earlier_version_is_a_new_one(client: TestClient) -> None:
    for value in (1, 2, 1):
        posted(client, number(value=value))
    assert versions(client) == [(1, 1.0), (2, 2.0), (3, 1.0)]


def test_a_number_in_a_unit_of_the_field_is_kept_in_that_of_its_kind(
    client: TestClient, registered: Registered
) -> None:
    given = [number(value=12.5, unit="万tce"), gdp(value=3.2, unit="亿元")]
    answer = client.post(ADDRESS, json=given)
    assert answer.status_code == 200, answer.text
    assert [(row["value"], row["unit"]) for row in answer.json()["data"]] == [(125_000.0, "tce"), (32_000.0, "10k CNY")]
    again = client.post(ADDRESS, json=number(value=125_000, unit="tce"))
    assert again.json()["unchanged"] == 1
    unit = registered.unit(registered.enterprise(trade="thermal_power"), process="coal_power")
    output = number(owner=f"unit:{unit}", kind="output", value=3.0, unit="亿kWh")
    assert posted(client, output)["data"][0]["value"] == 3e8


@pytest.mark.store
def test_other_price_base_is_another_number(client: TestClient) -> None:
    posted(client, gdp(value=100), gdp(value=80, price_base=2015))
    assert [(row["price_base"], row["version"], row["value"]) for row in listed(client)] == [
        (2015, 1, 80.0),
        (2020, 1, 100.0),
    ]
    assert [row["value"] for row in listed(client, price_base=2015)] == [80.0]


def test_one_fault_keeps_all_out(client: TestClient, database: psycopg.Connection) -> None:
    answer = client.post(ADDRESS, json=[number(), number(period="2024", unit="tce_calorific"), gdp(price_base=None)])
    assert faults(answer) == [("1.unit", "wrong_unit"), ("2.price_base", "price_base_missing")]
    assert answer.json()["errors"][0]["reason"] == (
        "energy_consumption is given in tce: 'tce_calorific' cannot be brought to tce; known: tce, kgce,"
        " with 万, 百万 or 亿 before it"
    )
    assert stored(database) == 0


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"kind": "gdb"}, "kind", "literal_error"),
        ({"owner": "area:159999"}, "owner", "unknown"),
        ({"owner": "150600"}, "owner", "bad_owner"),
        ({"owner": "meter:M-1"}, "owner", "bad_owner"),
        ({"owner": "enterprise:91150622MA0N0000XX"}, "owner", "credit_code_check"),
        ({"owner": "park:P-1"}, "owner", "not_of_owner"),
        ({"kind": "head_count", "unit": "person"}, "owner", "not_of_owner"),
        ({"period": "2025-13"}, "period", "bad_period"),
        ({"period": "1950"}, "period", "bad_period"),
        ({"period": "2099"}, "period", "period_not_begun"),
        ({"kind": "gdp_growth_plan", "unit": "%", "period": "2025-Q1"}, "period", "not_for_period"),
        ({"price_base": 2020}, "price_base", "price_base_unfit"),
        ({"price_base": 20.5}, "price_base", "int_type"),
        ({"value": -1}, "value", "greater_than_equal"),
        ({"value": 1.1e15}, "value", "less_than_equal"),
        ({"value": -1.1e15}, "value", "greater_than_equal"),
        ({"value": 9.9e-7}, "value", "bad_magnitude"),
        ({"value": -1e-320}, "value", "bad_magnitude"),
        ({"value": "12"}, "value", "float_type"),
        ({"value": True}, "value", "float_type"),
        ({"kind": "gdp_growth_plan", "unit": "%", "value": 100.1}, "value", "less_than_equal"),
        ({"reported_by": "another office"}, "reported_by", "extra_forbidden"),
        ({"reporter": "x"}, "reporter", "extra_forbidden"),
    ],
)
def test_number_that_cannot_be_is_refused_with_its_reason(
    client: TestClient, given: dict[str, Any], field: str, code: str
) -> None:
    found = dict(faults(client.post(ADDRESS, json=number(**given))))
    assert found[field] == code


def test_no_number_is_infinite(client: TestClient) -> None:
    for text in ("NaN", "Infinity", "1e400"):
        body = '{"owner": "area:150600", "kind": "energy_consumption", "period": "2025", "value": %s, "unit": "tce"}'
        content = body % text
        answer = client.post(ADDRESS, content=content, headers={"Content-Type": "application/json"})
        assert faults(answer) == [("value", "finite_number")]


@pytest.mark.store
def test_number_too_small_to_be_told_its_bounds_and_never_answered_with_a_failure(client: TestClient) -> None:
    energy = number(value=1000)
    answer = client.post(ADDRESS, json=[energy, gdp(value=1e-320)])
    assert faults(answer) == [("1.value", "bad_magnitude")]
    reason = answer.json()["errors"][0]
    assert reason["reason"] == "must be 0, or of a magnitude from 1e-6 to 1e15"
    assert reason["reason_zh"] == "必须为 0，或绝对值在 1e-6 至 1e15 之间"
    posted(client, energy, gdp(value=1e-6), gdp(period="2024", value=0), gdp(period="2023", value=1e15))
    for address in ("progress?year=2025", f"progress?area={ORDOS}&year=2025"):
        assert client.get(f"/api/v1/{address}").status_code == 200
    question = f"indicators/energy_intensity_gdp?scope=area:{ORDOS}&start=2023-01-01&end=2026-01-01&bucket=year"
    assert client.get(f"/api/v1/{question}").status_code == 200


def test_fault_of_a_list_is_named_by_entry_and_of_one_number_by_field(client: TestClient) -> None:
    wrong = number(value=-1, unit="t")
    assert faults(client.post(ADDRESS, json=wrong)) == [("unit", "wrong_unit"), ("value", "greater_than_equal")]
    assert faults(client.post(ADDRESS, json=[wrong])) == [("0.unit", "wrong_unit"), ("0.value", "greater_than_equal")]
    assert faults(client.post(ADDRESS, json={})) == [
        (field, "missing") for field in ("owner", "kind", "period", "value", "unit")
    ]


def test_same_number_twice_in_one_posting_is_refused(client: TestClient, database: psycopg.Connection) -> None:
    answer = client.post(ADDRESS, json=[number(value=1), gdp(), number(value=2)])
    assert faults(answer) == [("2.owner", "repeated_in_list")]
    reason = "owner, kind, period and price_base together (area:150600 energy_consumption 2025) stand in entry 0 too"
    assert answer.json()["errors"][0]["reason"] == reason
    answer = client.post(ADDRESS, json=[gdp(), gdp(value=1)])
    assert "(area:150600 gdp 2025 2020) stand in entry 0 too" in answer.json()["detail"]
    assert stored(database) == 0


def test_posting_holds_some_thousand_numbers_and_not_more(client: TestClient) -> None:
    many = [
        number(owner=f"area:{owner}", period=f"{year}-{month:02}", value=year + month)
        for owner in (ORDOS, HOHHOT, JUNGAR, DALAD)
        for year in range(1992, 2026)
        for month in range(1, 13)
    ]
    assert posted(client, *many)["created"] == 4 * 34 * 12
    assert faults(client.post(ADDRESS, json=[number()] * 5001)) == [("body", "too_long")]
    assert faults(client.post(ADDRESS, json=[])) == [("body", "too_short")]
    assert faults(client.post(ADDRESS, json="x")) == [("body", "list_type")]


def test_growth_may_be_negative_and_plans_lie_ahead(client: TestClient) -> None:
    plan = number(kind="gdp_growth_plan", unit="%", value=-1.5, period="2030")
    assert posted(client, plan)["data"][0]["value"] == -1.5


def test_numbers_of_enterprises_and_units(client: TestClient, registered: Registered) -> None:
    enterprise = registered.enterprise(trade="public_institution")
    unit = registered.unit(enterprise, name_en="Ovens")
    posted(
        client,
        number(owner=f"enterprise:{enterprise}", kind="floor_area", unit="m2", value=50_000),
        number(owner=f"unit:{unit}", kind="output", unit="t", period="2025-03", value=12.5),
    )
    assert [(row["owner"], row["owner_name_zh"], row["owner_name_en"], row["unit"]) for row in listed(client)] == [
        (f"enterprise:{enterprise}", "焦化厂", None, "m2"),
        (f"unit:{unit}", "焦炉", "Ovens", "t"),
    ]


def test_output_is_given_in_the_unit_of_the_product(client: TestClient, registered: Registered) -> None:
    unit = registered.unit(registered.enterprise(trade="thermal_power"), process="coal_power")
    output = number(owner=f"unit:{unit}", kind="output", value=2.5e9)
    answer = client.post(ADDRESS, json=output | {"unit": "t"})
    assert faults(answer) == [("unit", "wrong_unit")]
    assert answer.json()["errors"][0]["reason"].startswith("output is given in kWh: ")
    assert posted(client, output | {"unit": "kWh"})["data"][0]["unit"] == "kWh"
    assert [(row["value"], row["unit"]) for row in listed(client)] == [(2.5e9, "kWh")]


def test_two_postings_at_once_both_get_a_version(client: TestClient) -> None:
    def post(value: int) -> tuple[int, float]:
        row = posted(client, number(value=value), number(period="2024", value=value))["data"][0]
        return row["version"], row["value"]

    with ThreadPoolExecutor(8) as pool:
        answered = sorted(pool.map(post, range(16)))
    assert [version for version, _ in answered] == list(range(1, 17))
    assert versions(client, period="2025") == answered


@pytest.mark.store
def test_filters_narrow_the_list(client: TestClient) -> None:
    posted(
        client,
        number(value=1),
        number(value=2, period="2024"),
        gdp(value=3),
        number(value=4, owner=f"area:{HOHHOT}"),
        number(value=5, owner=f"area:{JUNGAR}"),
    )
    assert [row["value"] for row in listed(client, owner=f"area:{ORDOS}", kind="energy_consumption")] == [2.0, 1.0]
    assert [row["value"] for row in listed(client, period="2024")] == [2.0]
    assert [row["value"] for row in listed(client, kind="gdp")] == [3.0]
    assert [row["value"] for row in listed(client, area=ORDOS)] == [2.0, 1.0, 3.0, 5.0]
    assert [row["value"] for row in listed(client, area=JUNGAR)] == [5.0]
    assert len(listed(client, area="150000")) == 5


def test_area_includes_parks_enterprises_and_units_that_lie_there(client: TestClient, registered: Registered) -> None:
    enterprise = registered.enterprise(area_code=JUNGAR)
    unit = registered.unit(enterprise)
    posted(
        client,
        number(owner=f"enterprise:{enterprise}", kind="head_count", unit="person", value=10),
        number(owner=f"unit:{unit}", kind="output", unit="t", value=20),
    )
    for area, values in ((JUNGAR, [10.0, 20.0]), (ORDOS, [10.0, 20.0]), (DALAD, [])):
        assert [row["value"] for row in listed(client, area=area)] == values


@pytest.mark.parametrize(
    ("filters", "field", "code"),
    [
        ({"area": "159999"}, "area", "unknown"),
        ({"owner": "unit:U-9"}, "owner", "unknown"),
        ({"kind": "gdb"}, "kind", "literal_error"),
        ({"period": "2025-3"}, "period", "bad_period"),
        ({"year": "2025"}, "year", "unknown_parameter"),
    ],
)
def test_filter_that_names_nothing_is_refused(
    client: TestClient, filters: dict[str, str], field: str, code: str
) -> None:
    assert faults(client.get(ADDRESS, params=filters)) == [(field, code)]


@pytest.mark.parametrize("all_versions", [False, True])
@pytest.mark.store
def test_pages_follow_each_other_without_gap_or_repetition(client: TestClient, all_versions: bool) -> None:
    for value in (1, 2):
        posted(client, *(number(period=str(year), value=value) for year in range(2015, 2026)), gdp(value=value))
    whole = listed(client, versions=all_versions)
    assert len(whole) == (24 if all_versions else 12)
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        parameters = {"versions": all_versions, "limit": 5} | ({"cursor": cursor} if cursor else {})
        page = client.get(ADDRESS, params=parameters).json()
        found += page["data"]
        cursor = page["next"]
    assert found == whole


def test_cursor_of_another_filter_is_refused(client: TestClient) -> None:
    posted(client, *(number(period=str(year)) for year in range(2020, 2026)))
    cursor = client.get(ADDRESS, params={"limit": 2}).json()["next"]
    answer = client.get(ADDRESS, params={"limit": 2, "cursor": cursor, "kind": "gdp"})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_cursor")


def test_no_number_can_be_deleted_or_changed(client: TestClient) -> None:
    for method in ("DELETE", "PUT", "PATCH"):
        answer = client.request(method, ADDRESS)
        assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


def test_what_numbers_were_reported_for_stays_registered(client: TestClient, registered: Registered) -> None:
    enterprise = registered.enterprise()
    unit = registered.unit(enterprise)
    posted(client, number(owner=f"unit:{unit}", kind="output", unit="t"))
    answer = client.delete(f"/api/v1/units/{unit}")
    assert (answer.status_code, answer.json()["code"]) == (409, "in_use")
    assert answer.json()["detail"] == f"numbers were reported for unit {unit}, and these stay"
    posted(client, number(owner=f"enterprise:{enterprise}", kind="head_count", unit="person"))
    assert client.delete(f"/api/v1/enterprises/{enterprise}").json()["code"] == "in_use"


@pytest.mark.store
def test_kinds_say_whose_they_are_and_in_which_unit(client: TestClient) -> None:
    kinds = {kind["code"]: kind for kind in client.get("/api/v1/statistic-kinds").json()["data"]}
    energies = [carrier["code"] for carrier in client.get("/api/v1/carriers").json()["data"] if carrier["is_energy"]]
    reported = {code for code in kinds if code.startswith("reported_")}
    assert reported == {f"reported_{code}" for code in energies}
    assert (len(reported), len(kinds.keys() - reported)) == (38, 20)
    assert (kinds["reported_raw_coal"]["unit"], kinds["reported_raw_coal"]["periods"]) == ("t", ["month"])
    assert kinds["industrial_value_added"]["owners"] == ["area", "enterprise"]
    assert kinds["gdp"]["periods"] == ["year", "quarter"]
    assert (kinds["gdp"]["unit"], kinds["gdp"]["nature"], kinds["gdp"]["needs_price_base"]) == ("10k CNY", "flow", True)
    assert (kinds["gdp"]["most"], kinds["gdp_growth_plan"]["most"]) == (None, 100.0)

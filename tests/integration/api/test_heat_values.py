"""Heat values as they are given, corrected, withdrawn and imported."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.integration.clock import ask_at
from tests.integration.registered import Registered

PATH = "/api/v1/heat-values"
Post = Callable[..., Any]


@pytest.fixture(autouse=True)
def _in_summer(client: TestClient) -> None:
    ask_at(client, datetime.fromisoformat("2026-07-01T12:00:00+08:00"))


@pytest.fixture
def post(client: TestClient, registered: Registered) -> Post:
    """Posts a heat value of one enterprise, changed as given, and gives the answer."""
    enterprise = registered.enterprise()

    def posted(**given: Any) -> Any:
        entry = {
            "enterprise": enterprise,
            "carrier": "lignite",
            "month": "2026-03",
            "ncv_mj_per_kg": 14.0,
            "laboratory": "lab",
            "report": "R-1",
        } | given
        return client.post(PATH, json={name: value for name, value in entry.items() if value is not None})

    return posted


def faults(answer: Any) -> dict[str, str]:
    assert answer.status_code == 422, answer.text
    return {fault["field"]: fault["code"] for fault in answer.json()["errors"]}


def test_what_is_given_is_listed_with_its_coefficient(client: TestClient, post: Post) -> None:
    posted = post(ncv_mj_per_kg=14.6538, carbon_tc_per_tj=27.7).json()
    assert (posted["created"], posted["unchanged"]) == (1, 0)
    (row,) = client.get(PATH).json()["data"]
    assert (row["month"], row["ncv_mj_per_kg"], row["kgce"], row["carbon_tc_per_tj"]) == ("2026-03", 14.6538, 0.5, 27.7)
    names = client.get(PATH).json()["names"]
    assert client.get(f"{PATH}/{row['id']}").json() == row | {"names": names}
    assert post(ncv_mj_per_kg=14.6538, carbon_tc_per_tj=27.7).json()["unchanged"] == 1


def test_a_correction_is_a_further_version_and_the_first_stays_to_be_read(client: TestClient, post: Post) -> None:
    number = post().json()["data"][0]["id"]
    corrected = client.patch(f"{PATH}/{number}", json={"ncv_mj_per_kg": 14.4, "reason": "digits swapped"})
    assert corrected.status_code == 200, corrected.text
    assert (corrected.json()["version"], corrected.json()["report"]) == (2, "R-1")
    assert client.get(f"{PATH}/{number}").json()["ncv_mj_per_kg"] == 14.0
    again = client.patch(f"{PATH}/{number}", json={"ncv_mj_per_kg": 15.0})
    assert (again.status_code, again.json()["code"]) == (404, "unknown_heat_value")
    assert client.get(PATH, params={"versions": True, "total": True}).json()["total"] == 2


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ({"carrier": "electricity"}, {"carrier": "not_a_fuel"}),
        ({"carrier": "heat"}, {"carrier": "not_a_fuel"}),
        ({"ncv_mj_per_kg": None, "ncv_mj_per_m3": 14.0}, {"ncv_mj_per_kg": "heat_value_unit"}),
        ({"carrier": "natural_gas"}, {"ncv_mj_per_m3": "heat_value_unit"}),
        ({"carbon_tc_per_tj": 27.0, "carbon_tc_per_t": 0.4}, {"carbon_tc_per_t": "given_twice"}),
        ({"month": "2026-13"}, {"month": "bad_month"}),
        ({"month": "2026-08"}, {"month": "in_future"}),
        ({"ncv_mj_per_kg": 14286.0}, {"ncv_mj_per_kg": "less_than_equal"}),
        ({"ncv_mj_per_kg": 25.0}, {"reason": "heat_value_outside"}),
        ({"laboratory": None}, {"laboratory": "missing"}),
    ],
)
def test_what_cannot_be_is_refused_by_field(post: Post, given: dict[str, Any], refused: dict[str, str]) -> None:
    assert faults(post(**given)) == refused


def test_a_step_of_more_than_a_tenth_needs_a_reason_and_the_refusal_says_range_and_last_value(post: Post) -> None:
    assert post(month="2026-02", ncv_mj_per_kg=12.0).status_code == 200
    refused = post(ncv_mj_per_kg=13.5)
    assert faults(refused) == {"reason": "heat_value_step"}
    (fault,) = refused.json()["errors"]
    assert "12 (2026-02)" in fault["reason"]
    assert "5.5..21.6 MJ/kg" in fault["reason"]
    assert post(ncv_mj_per_kg=13.2).status_code == 200
    assert post(month="2026-04", ncv_mj_per_kg=20.0, reason="coal of another mine").status_code == 200


def test_an_own_default_has_no_month_before_it(post: Post) -> None:
    assert post(ncv_mj_per_kg=12.0).status_code == 200
    assert post(month=None, ncv_mj_per_kg=16.0).json()["data"][0]["month"] is None


def test_a_list_is_written_whole_or_not_at_all(client: TestClient, registered: Registered) -> None:
    enterprise = registered.enterprise()
    entry = {"enterprise": enterprise, "carrier": "lignite", "laboratory": "lab", "report": "1"}
    months = [entry | {"month": f"2026-0{n}", "ncv_mj_per_kg": 12.0 + 2 * (n == 3)} for n in (1, 2, 3)]
    assert faults(client.post(PATH, json=months)) == {"2.reason": "heat_value_step"}
    assert client.get(PATH).json()["data"] == []
    assert client.post(PATH, json=months[:2]).json()["created"] == 2


def test_an_unknown_enterprise_is_named(post: Post) -> None:
    assert faults(post(enterprise="91150622MA0N0000XF")) == {"enterprise": "unknown"}


def test_a_file_is_imported_as_others_are(client: TestClient, registered: Registered) -> None:
    enterprise = registered.enterprise()
    text = (
        "enterprise,carrier,month,ncv_mj_per_kg,laboratory,report\n"
        f"{enterprise},lignite,2026-01,12.5,lab,1\n"
        f"{enterprise},lignite,,13,lab,2\n"
    )
    imported = client.post("/api/v1/import/heat-values", content=text.encode(), headers={"Content-Type": "text/csv"})
    assert (imported.status_code, imported.json()["created"]) == (200, 2), imported.text
    months = [row["month"] for row in client.get(PATH, params={"enterprise": enterprise}).json()["data"]]
    assert months == ["2026-01", None]
    template = client.get("/api/v1/import/heat-values/template")
    assert template.text.splitlines()[0].lstrip("\ufeff").startswith("enterprise,carrier,month,ncv_mj_per_kg")


def test_pages_follow_each_other(client: TestClient, registered: Registered) -> None:
    enterprise = registered.enterprise()
    for month in ("2026-01", "2026-02", "2026-03"):
        registered.heat_value(enterprise, "lignite", 12.0, month)
    first = client.get(PATH, params={"limit": 2, "order": "-period"}).json()
    second = client.get(PATH, params={"limit": 2, "order": "-period", "cursor": first["next"]}).json()
    assert [row["month"] for row in [*first["data"], *second["data"]]] == ["2026-03", "2026-02", "2026-01"]

"""The efficiency list as a list: narrowed, paged, counted, refused, and what waits beside it."""

import pytest
from fastapi.testclient import TestClient

from tests.integration.judged import Plant, asked, refused
from tests.integration.judging.fleet import LIST, MONTH, Fleet, listed
from tests.integration.line import Line
from tests.integration.registered import DALAD, HOHHOT, JUNGAR, ORDOS, SAIHAN, Registered


def test_list_is_narrowed_by_place_and_process(client: TestClient, fleet: Fleet, registered: Registered) -> None:
    kiln = fleet.clinker(110)
    fleet.data_centre(1.3, code="DC", area_code=SAIHAN)
    fleet.plant({"process": "coal_mining", "code": "MINE"}, {("electricity", "input"): 1.0})
    fleet.roll_up()
    assert list(listed(client)) == ["DC", "K110"]
    assert list(listed(client, area=ORDOS)) == list(listed(client, enterprise=kiln.enterprise)) == ["K110"]
    assert list(listed(client, area=HOHHOT)) == list(listed(client, process="data_centre")) == ["DC"]
    assert listed(client, area=DALAD) == {}


def test_list_is_paged_by_code_or_by_value(client: TestClient, fleet: Fleet) -> None:
    for value in (101, 102, 103):
        fleet.clinker(value)
    fleet.roll_up()
    first = asked(client, LIST, **MONTH, limit=2)
    second = asked(client, LIST, **MONTH, limit=2, cursor=first["next"])
    assert [row["unit"] for page in (first, second) for row in page["data"]] == ["K101", "K102", "K103"]
    assert second["next"] is None
    worst = asked(client, LIST, **MONTH, limit=2, order="-value", total=True)
    rest = asked(client, LIST, **MONTH, limit=2, order="-value", cursor=worst["next"])
    assert [row["unit"] for page in (worst, rest) for row in page["data"]] == ["K103", "K102", "K101"]
    assert (worst["total"], rest["total"], rest["next"]) == (3, None, None)
    assert first["counts"]["between"] == second["counts"]["between"] == 3


def test_questions_that_make_no_sense_are_refused(client: TestClient) -> None:
    assert refused(client, LIST, start="2026-03-02", end="2026-04-01") == (422, "not_whole_months")
    assert refused(client, LIST, start="2026-04-01", end="2026-03-01") == (422, "start_after_end")
    assert refused(client, LIST, start="2010-01-01", end="2026-01-01") == (422, "range_too_long")
    assert refused(client, LIST, area="999999") == (404, "unknown_area")
    assert refused(client, LIST, park="P-NONE") == (404, "unknown_park")
    assert refused(client, LIST, placing="best") == (422, "invalid_parameter")
    for unknown in ("nope", "coal_mining"):
        answer = client.get(f"/api/v1/{LIST}", params={"process": unknown})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_parameter")
        (fault,) = answer.json()["errors"]
        assert (fault["field"], fault["code"]) == ("process", "not_among")
        assert "cement_clinker" in fault["reason"]
        assert "data_centre" in fault["reason"]
    assert refused(client, LIST, cursor="nonsense") == (400, "bad_cursor")
    assert asked(client, LIST)["data"] == []


@pytest.mark.store
def test_the_list_says_what_each_choice_would_give_and_what_all_come_to(client: TestClient, fleet: Fleet) -> None:
    for value in (99, 110, 120):
        fleet.clinker(value)
    fleet.clinker(130, retrofit_listed_on="2023-01-01", retrofit_due_on="2025-12-31")
    hall = fleet.data_centre(1.25, code="HALL", area_code=DALAD)
    fleet.roll_up()
    answer = asked(client, LIST, **MONTH, placing="below_baseline", order="-gap_to_baseline", total=True)
    assert [row["unit"] for row in answer["data"]] == ["K130", "K120"]
    assert answer["facets"]["placing"]["below_baseline"] == 2
    assert answer["facets"]["verdict"] == {"breach": 2}
    assert answer["facets"]["trade"] == {"cement": 2}
    assert answer["facets"]["due"]["overdue"] == 1
    assert answer["facets"]["area"] == {ORDOS: 2, JUNGAR: 2}
    # 31 days of 1000 t: 120 + 130 kgce/t, of which 3 + 13 above 117.
    assert answer["totals"] == {
        "units": 2,
        "judged": 2,
        "breach": 2,
        "overdue": 1,
        "numerators": [{"value": pytest.approx(31 * 1000 * 250), "unit": "kgce"}],
        "above_baseline": [{"value": pytest.approx(31 * 1000 * 16), "unit": "kgce"}],
    }
    assert (answer["total"], answer["metered"]) == (2, 1.0)
    assert answer["names"]["area"][JUNGAR] == {"zh": "准格尔旗", "en": "Jungar Banner"}
    assert answer["names"]["process"]["cement_clinker"]["zh"] == answer["data"][0]["process_name_zh"]

    assert set(listed(client, trade="cement,data_centre", q="hall")) == {hall.unit}
    assert set(listed(client, process="data_centre,cement_clinker", verdict="ok")) == {"K99", "K110", "HALL"}
    assert set(listed(client, area=f"{DALAD},{HOHHOT}")) == {"HALL"}
    assert set(listed(client, due="overdue")) == {"K130"}


@pytest.mark.store
def test_a_list_over_more_than_was_metered_says_what_share_that_is(
    client: TestClient, registered: Registered, line: Line
) -> None:
    plant = Plant(registered, line, unit={"process": "cement_clinker"}, trade="cement", meters_since="2026-03-01")
    plant.uses("2026-03-01", "2026-04-01", {("raw_coal", "input"): 154.0, ("product", "product"): 1000.0})
    line.roll_up()
    answer = asked(client, LIST, start="2026-01-01", end="2026-04-01")
    (row,) = answer["data"]
    assert answer["metered"] == row["metered"] == pytest.approx(31 / 90)


@pytest.mark.store
def test_what_waits_for_the_roll_up_is_told_beside_lists_and_verdicts(client: TestClient, fleet: Fleet) -> None:
    plant = fleet.clinker(110)
    asking: tuple[tuple[str, dict[str, str]], ...] = (
        (LIST, MONTH),
        ("two-high", {}),
        ("tariff", {"year": "2026"}),
        ("progress", {"year": "2026"}),
        ("progress", {"year": "2026", "area": "150000"}),
    )
    for path, parameters in asking:
        waiting = asked(client, path, **parameters)["pending"]
        assert (waiting["meters"], waiting["since"]) == (2, "2026-03-01T00:00:00+08:00"), path
    assert asked(client, LIST, **MONTH, enterprise=plant.enterprise)["pending"]["meters"] == 2
    assert asked(client, LIST, **MONTH, area=SAIHAN)["pending"] is None
    assert asked(client, "progress", year="2026", area=HOHHOT)["pending"] is None
    fleet.roll_up()
    for path, parameters in asking:
        assert asked(client, path, **parameters)["pending"] is None, path

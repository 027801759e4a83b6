"""What units give of themselves, and that their mandatory limit goes by it."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from psycopg import Connection

from tests.integration.api.test_registry_changes import revision
from tests.integration.asking import Asking, reasons
from tests.integration.judged import Plant, asked, midnight
from tests.integration.line import Line
from tests.integration.observing import connected, rule, seen
from tests.integration.registered import Registered

GRADE = {"input": "feed_grade", "value": 61.5, "valid_from": "2026-01-01", "source": "化验单"}
MONTHLY = rule(indicator="unit_product_energy", period="month", compare={"limit_grade": 3})
LONG_AGO = {"valid_from": "2020-01-01"}


def give(client: TestClient, unit: str, **entry: object) -> Any:
    return client.post(f"/api/v1/units/{unit}/inputs", json=GRADE | entry)


def test_an_input_is_given_from_a_day_on_and_taken_back(
    client: TestClient, registered: Registered, database: Connection
) -> None:
    unit = registered.unit(registered.enterprise())
    before = revision(database)
    assert give(client, unit).status_code == 201
    assert give(client, unit, input="wet_quenching", value=True).status_code == 201
    assert give(client, unit, input="coal_power_class", value="subcritical_300_mw").status_code == 201
    again = give(client, unit, value=60)
    assert (again.status_code, again.json()["code"]) == (409, "already_exists")
    found = asked(client, f"units/{unit}/inputs")["data"]
    assert [(each["input"], each["value"], each["unit"]) for each in found] == [
        ("coal_power_class", "subcritical_300_mw", None),
        ("feed_grade", 61.5, "%"),
        ("wet_quenching", True, None),
    ]
    assert (found[1]["name_zh"], found[1]["source"], found[1]["valid_from"]) == ("入炉原料品位", "化验单", "2026-01-01")
    address = f"/api/v1/units/{unit}/inputs/feed_grade/2026-01-01"
    assert client.delete(address).status_code == 204
    # three given, one taken back
    assert revision(database) == before + 4
    assert client.delete(address).json()["code"] == "unknown_unit_input"
    assert client.get("/api/v1/units/U-NONE/inputs").json()["code"] == "unknown_unit"


@pytest.mark.parametrize(
    ("entry", "field", "code"),
    [
        ({"input": "feed_degree"}, "input", "not_among"),
        ({"value": 101}, "value", "less_than_equal"),
        ({"value": -1}, "value", "greater_than_equal"),
        ({"value": "much"}, "value", "float_type"),
        ({"value": True}, "value", "float_type"),
        ({"input": "wet_quenching", "value": 1}, "value", "bool_type"),
        ({"input": "coal_power_class", "value": "nuclear"}, "value", "not_among"),
        ({"valid_from": "2026-13-01"}, "valid_from", "bad_day"),
    ],
)
def test_what_cannot_be_given_is_refused(
    client: TestClient, registered: Registered, entry: dict[str, object], field: str, code: str
) -> None:
    answer = give(client, registered.unit(registered.enterprise()), **entry)
    assert answer.status_code == 422, answer.text
    assert [(each["field"], each["code"]) for each in answer.json()["errors"]] == [(field, code)]


def furnace(registered: Registered, line: Line, kgce_per_t: float) -> Plant:
    """100 t of hot metal a day from September 2026 on, its energy as heat of 34.12 kgce/GJ."""
    given = {"process": "blast_furnace", "commissioned_on": "2012-01-01"}
    plant = Plant(registered, line, unit=given, trade="steel", meters_since="2026-09-01")
    plant.uses("2026-09-01", "2026-10-01", {("heat", "input"): 100 * kgce_per_t / 34.12, ("product", "product"): 100.0})
    return plant


@pytest.mark.store
def test_a_furnace_is_judged_by_its_limit_corrected_by_what_it_gave(
    client: TestClient, registered: Registered, line: Line, asking: Asking, database_url: str
) -> None:
    plants = {kind: furnace(registered, line, 424.0) for kind in ("silent", "good_ore", "poor_ore")}
    line.roll_up()
    for kind, grade in (("good_ore", 61), ("poor_ore", 58)):
        for name, value in (("rare_earth_ore", 0), ("vanadium_titanium_magnetite", 0), ("laterite_nickel_ore", 0)):
            assert give(client, plants[kind].unit, input=name, value=value, **LONG_AGO).status_code == 201
        assert give(client, plants[kind].unit, value=grade, **LONG_AGO).status_code == 201
    month = {"start": "2026-09-01", "end": "2026-10-01"}
    rows = {each["unit"]: each for each in asked(client, "efficiency-list", **month)["data"]}
    told = {kind: (rows[plant.unit]["verdict"], rows[plant.unit]["grade"]) for kind, plant in plants.items()}
    assert told == {"silent": ("cannot_judge", None), "good_ore": ("breach", None), "poor_ore": ("ok", 3)}
    limit = rows[plants["poor_ore"].unit]["mandatory_limit"]
    assert (limit["printed"], limit["corrected"], limit["most"], limit["wanted"]) == (415.0, 429.44, 429.44, [])
    (grade,) = (each for each in limit["corrections"] if each["input"] == "feed_grade")
    assert (grade["given"], grade["rows"]) == ([58.0], ["correction.gb21256_2025.blast_furnace.energy.feed_grade"])
    silent = rows[plants["silent"].unit]["mandatory_limit"]
    assert (silent["verdict"], silent["most"], silent["wanted"][-1]) == ("cannot_judge", 558.05, "feed_grade")
    for kind, first in (("silent", "correction_unknown"), ("good_ore", "above_mandatory_limit")):
        answer = asking.answer("unit_product_energy", scope=f"unit:{plants[kind].unit}", bucket="month", **month)
        (row,) = answer["data"]
        assert reasons(row)[0][0] == first
        assert (row["verdict"], row["mandatory_limit"]["standard"]) == (told[kind][0], "GB 21256-2025")
    assert "correction.gb21256_2025.blast_furnace.energy.feed_grade" in {each["code"] for each in answer["rows"]}
    with connected(database_url) as connection:
        assert _alerted(connection, plants) == {
            "silent": ("cannot_judge", 415.0),
            "good_ore": ("breach", 418.61),
            "poor_ore": ("ok", 429.44),
        }


def _alerted(connection: Connection, plants: dict[str, Plant]) -> dict[str, tuple[str, float | None]]:
    found = seen(connection, MONTHLY, midnight("2026-10-02"))
    return {kind: (str(found[plant.unit].verdict), found[plant.unit].limit) for kind, plant in plants.items()}

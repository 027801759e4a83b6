"""The sums that a regulator sees are right, whatever came, in which order, and whatever the registry learnt later."""

import random
from datetime import datetime, timedelta

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.core.calendar import to_us
from services.core.meter import PICO
from services.energy.booking.booking import book
from services.energy.rollup import booked
from tests.integration.energy.plant import BOTH, FEBRUARY, JANUARY, START, Plant
from tests.integration.line import QUARTER, Line, quarters, rolling_up
from tests.integration.registered import ALWAYS, DALAD, JUNGAR, ORDOS, Registered
from tests.unit.energy.booking.counter_story import counter_rule

pytestmark = pytest.mark.store


def test_energy_adds_up_by_every_scope(line: Line, plant: Plant) -> None:
    meter = plant.meter(multiplier=100)
    line.send(plant.gateway, quarters(meter, START, [10.0, 11.5, 12.0]))
    line.roll_up()
    scopes = [f"meter:{meter}", f"unit:{plant.unit}", f"enterprise:{plant.enterprise}", f"park:{plant.park}"]
    scopes += [f"area:{code}" for code in (JUNGAR, ORDOS, "150000")]
    assert [line.total(scope=scope, **JANUARY) for scope in scopes] == [200.0] * 7
    assert line.total(scope=f"area:{DALAD}", **JANUARY) is None


def test_day_and_month_end_at_midnight_in_shanghai(line: Line, plant: Plant) -> None:
    meter = plant.meter()
    line.send(plant.gateway, quarters(meter, START + timedelta(hours=1), range(0, 90, 10)))
    line.roll_up()
    by_month = line.ask(bucket="month", **BOTH)
    assert [(row["start"], row["quantity"]) for row in by_month] == [
        ("2026-01-01T00:00:00+08:00", 40.0),
        ("2026-02-01T00:00:00+08:00", 40.0),
    ]


def test_late_reading_corrects_its_hour_and_all_above(line: Line, plant: Plant) -> None:
    meter = plant.meter()
    line.send(plant.gateway, [(meter, START, 0.0), (meter, START + 8 * QUARTER, 80.0)])
    line.roll_up()
    hours = {"scope": "area:150000", "bucket": "hour", "start": START.isoformat(), "end": "2026-02-01"}
    assert [(row["quantity"], row["coverage"]) for row in line.ask(**hours)] == [(40.0, 0.0), (40.0, 0.0)]
    line.send(plant.gateway, quarters(meter, START + QUARTER, [1.0, 2.0, 3.0, 4.0, 20.0, 40.0, 60.0]))
    line.roll_up()
    assert [(row["quantity"], row["coverage"]) for row in line.ask(**hours)] == [(4.0, 1.0), (76.0, 1.0)]
    assert line.total(**JANUARY) == 80.0


def test_readings_older_than_the_first_are_taken_in(line: Line, plant: Plant) -> None:
    meter = plant.meter()
    line.send(plant.gateway, quarters(meter, START, [50.0, 60.0]))
    line.roll_up()
    line.send(plant.gateway, quarters(meter, START - 2 * QUARTER, [10.0, 40.0]))
    line.roll_up()
    assert line.total(**JANUARY) == 50.0


def test_repeated_reading_is_a_duplicate_and_another_value_a_conflict(line: Line, plant: Plant) -> None:
    meter = plant.meter()
    readings = quarters(meter, START, [10.0, 20.0])
    assert line.send(plant.gateway, readings) == {"seq": 1, "stored": 2, "duplicate": 0, "rejected": []}
    assert line.send(plant.gateway, readings) == {"seq": 1, "stored": 0, "duplicate": 2, "rejected": []}
    answer = line.send(plant.gateway, [*quarters(meter, START, [10.0, 25.0, 30.0]), (meter, START, 11.0)])
    assert (answer["stored"], answer["duplicate"]) == (1, 1)
    assert sorted(r["detail"] for r in answer["rejected"]) == [
        "10.0 is stored for this time and stays; 11.0 is not taken",
        "20.0 is stored for this time and stays; 25.0 is not taken",
    ]
    line.roll_up()
    assert line.total(**JANUARY) == 20.0


def test_same_reading_twice_in_one_message_is_stored_once(line: Line, plant: Plant) -> None:
    meter = plant.meter()
    answer = line.send(plant.gateway, [(meter, START, 10.0), (meter, START, 10.0), (meter, START, 12.0)])
    assert (answer["stored"], answer["duplicate"], [r["code"] for r in answer["rejected"]]) == (1, 1, ["conflict"])


def test_energy_moves_with_the_enterprise_from_the_day_on(
    line: Line, plant: Plant, registered: Registered, client: TestClient
) -> None:
    meter = plant.meter()
    line.send(plant.gateway, quarters(meter, START + timedelta(hours=1), range(0, 90, 10)))
    line.roll_up()
    other = registered.park(area_code=DALAD)
    move = {"area_code": DALAD, "park_code": other, "valid_from": "2026-02-01"}
    assert client.post(f"/api/v1/enterprises/{plant.enterprise}/memberships", json=move).status_code == 201
    line.roll_up()
    of = [f"area:{JUNGAR}", f"park:{plant.park}", f"area:{DALAD}", f"park:{other}", f"area:{ORDOS}"]
    assert [line.total(scope=scope, **JANUARY) for scope in of] == [40.0, 40.0, None, None, 40.0]
    assert [line.total(scope=scope, **FEBRUARY) for scope in of] == [None, None, 40.0, 40.0, 40.0]
    assert client.delete(f"/api/v1/enterprises/{plant.enterprise}/memberships/2026-02-01").status_code == 204
    line.roll_up()
    assert [line.total(scope=scope, **BOTH) for scope in of] == [80.0, 80.0, None, None, 80.0]


def test_corrected_multiplier_flow_and_carrier_count_from_the_first_reading(
    line: Line, plant: Plant, client: TestClient
) -> None:
    meter = plant.meter(multiplier=10)
    line.send(plant.gateway, quarters(meter, START, [0.0, 1.0, 2.0]))
    line.roll_up()
    change = {"multiplier": 20, "flow": "sub", "carrier": "heat", "unit_of_measure": "GJ"} | ALWAYS
    assert client.patch(f"/api/v1/meters/{meter}", json=change).status_code == 200
    line.roll_up()
    (row,) = line.ask(bucket="total", by="flow", **JANUARY)
    assert (row["carrier"], row["flow"], row["quantity"], row["quantity_unit"]) == ("heat", "sub", 40.0, "GJ")


def test_replacement_recorded_later_takes_the_place_of_a_reset(line: Line, plant: Plant, client: TestClient) -> None:
    meter = plant.meter()
    line.send(plant.gateway, quarters(meter, START, [1000.0, 1010.0, 3.0, 8.0]))
    line.roll_up()
    assert (line.total(**JANUARY), line.marks(meter)[2]) == (18.0, "reset")
    swap = {"ts": (START + QUARTER + timedelta(minutes=5)).isoformat(), "final_value": 1015.0, "first_value": 1.0}
    assert client.post(f"/api/v1/meters/{meter}/replacements", json=swap).status_code == 201
    line.roll_up()
    assert (line.total(**JANUARY), line.marks(meter)[2]) == (10.0 + 5.0 + 2.0 + 5.0, "replacement")


def test_suspect_rise_is_booked_once_a_person_accepts_it(line: Line, plant: Plant, client: TestClient) -> None:
    meter = plant.meter(rated_per_hour=400)
    line.send(plant.gateway, quarters(meter, START, [100.0, 5_000.0, 5_003.0]))
    line.roll_up()
    assert (line.total(**JANUARY), line.marks(meter)) == (3.0, ["good", "suspect", "good"])
    accepted = {"ts": (START + QUARTER).isoformat(), "reason": "seen on site"}
    assert client.post(f"/api/v1/meters/{meter}/acceptances", json=accepted).status_code == 201
    line.roll_up()
    assert (line.total(**JANUARY), line.marks(meter)) == (4_903.0, ["good", "good", "good"])


def test_acceptance_that_could_never_be_booked_is_refused_and_the_reading_stays_suspect(
    line: Line, plant: Plant, client: TestClient
) -> None:
    meter = plant.meter(kind="interval", rated_per_hour=400, multiplier=1000)
    line.send(plant.gateway, quarters(meter, START, [2_000.0, 2_000.001]))
    line.roll_up()
    assert (line.total(**JANUARY), line.marks(meter)) == (None, ["suspect", "suspect"])
    most, above = ((START + i * QUARTER).isoformat() for i in range(2))
    entry = {"ts": above, "reason": "seen on site"}
    refused = client.post(f"/api/v1/meters/{meter}/acceptances", json=entry)
    assert (refused.status_code, refused.json()["code"]) == (409, "cannot_be_booked")
    assert "more than 2000000 kWh in a quarter of an hour" in refused.json()["detail"]
    assert client.post(f"/api/v1/meters/{meter}/acceptances", json=entry | {"ts": most}).status_code == 201
    line.roll_up()
    assert (line.total(**JANUARY), line.marks(meter)) == (2_000_000.0, ["good", "suspect"])


def test_accepted_rise_of_a_counter_that_no_slot_may_hold_is_good_and_has_no_energy(
    line: Line, plant: Plant, client: TestClient
) -> None:
    meter = plant.meter()
    line.send(plant.gateway, quarters(meter, START, [1.0, 2_000_002.0, 2_000_005.0]))
    entry = {"ts": (START + QUARTER).isoformat(), "reason": "seen on site"}
    assert client.post(f"/api/v1/meters/{meter}/acceptances", json=entry).status_code == 201
    line.roll_up()
    assert (line.total(**JANUARY), line.marks(meter)) == (3.0, ["good", "good", "good"])


def test_every_mark_is_shown_with_its_reading(line: Line, plant: Plant) -> None:
    meter = plant.meter(register_size=10_000, rated_per_hour=100)
    values = [9_980.0, 9_990.0, 5.0, 12.0, 0.0, 20.0, 22.0, 19.9, *(30.0 + 10 * i for i in range(13)), 3.0]
    line.send(plant.gateway, quarters(meter, START, values))
    swapped = plant.meter(rated_per_hour=100)
    values = [start + 5 * i for start in (5_000.0, 9_000.0, 8_000.0) for i in range(7)]
    line.send(plant.gateway, quarters(swapped, START, values))
    line.roll_up()
    assert line.marks(meter) == ["good"] * 2 + ["rollover", "good", "glitch", "good", "good", "dip"] + ["good"] * 13 + [
        "pending"
    ]
    good = ["good"] * 6
    assert line.marks(swapped) == ["good", *good, "suspect", *good, "swap", *good]


def test_a_register_that_goes_on_in_another_unit_is_counted_on_and_shown(line: Line, plant: Plant) -> None:
    meter = plant.meter(rated_per_hour=100)
    true = [20_000.0 + 5 * i for i in range(60)]
    line.send(plant.gateway, quarters(meter, START, true[:40]))
    line.roll_up()
    line.send(plant.gateway, quarters(meter, START + 40 * QUARTER, [value / 1000 for value in true[40:50]]))
    line.roll_up()
    assert line.marks(meter)[40] == "larger_unit"
    # The next ones come alone, and are counted in the unit that the register has come to.
    for i in range(50, 60):
        line.send(plant.gateway, quarters(meter, START + i * QUARTER, [true[i] / 1000]))
        line.roll_up()
    (row,) = line.ask(bucket="total", by="meter", **BOTH)
    assert row["quantity"] == 295.0


def test_readings_that_turn_out_to_be_in_another_unit_later_are_booked_anew(line: Line, plant: Plant) -> None:
    meter = plant.meter(rated_per_hour=100)
    true = [20_000.0 + 5 * i for i in range(120)]
    shown = [*true[:30], *(value / 1000 for value in true[30:])]
    readings = quarters(meter, START, shown)
    # What shows the change of the unit comes last: until then the rest is taken as it stands.
    line.send(plant.gateway, readings[30:])
    line.roll_up()
    line.send(plant.gateway, readings[:30])
    line.roll_up()
    (row,) = line.ask(bucket="total", by="meter", **BOTH)
    assert row["quantity"] == 595.0


@pytest.mark.parametrize("seed", range(4))
def test_shuffled_repeated_late_and_faulty_readings_equal_the_batch_truth(
    line: Line, plant: Plant, database: psycopg.Connection, seed: int
) -> None:
    draw = random.Random(seed)
    truth: dict[str, int] = {}
    readings: list[tuple[str, datetime, float]] = []
    for _ in range(4):
        meter = plant.meter(rated_per_hour=2_000, register_size=10_000)
        values, at = [], 9_000.0
        for _ in range(300):
            at = (at + draw.randint(0, 60)) % 10_000 if draw.random() > 0.01 else 0.0
            values.append(draw.choice([0.0, at * 0.95, 9_999.0]) if draw.random() < 0.05 else at)
        kept = [r for r in quarters(meter, START - timedelta(days=60), values) if draw.random() > 0.1]
        times = [to_us(at) for _, at, _ in kept]
        booking = book(times, [v for *_, v in kept], counter_rule(rated_per_hour=2_000, register_size=10_000))
        truth[meter] = sum(slot.quantity_pico for slot in booking.slots.values())
        readings += kept
    readings += draw.sample(readings, 60)
    draw.shuffle(readings)
    while readings:
        size = draw.randint(1, 200)
        line.send(plant.gateway, readings[:size])
        readings = readings[size:]
        if draw.random() < 0.5:
            line.roll_up()
    line.roll_up()
    rows = database.execute(
        "SELECT code, sum(quantity_pico)::numeric FROM energy_slot JOIN meter USING (meter_id) GROUP BY code"
    ).fetchall()
    assert {code: int(pico) for code, pico in rows} == truth
    assert line.total(start="2025-11-01", end="2026-03-01") == sum(truth.values()) / PICO


def test_interrupted_roll_up_leaves_nothing_half_done(
    line: Line, plant: Plant, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    meter = plant.meter()
    line.send(plant.gateway, quarters(meter, START, [0.0, 10.0, 20.0]))
    with rolling_up(database_url) as rollup:
        with monkeypatch.context() as killing:
            killing.setattr(booked, "write_sums_of_places", lambda *_: (_ for _ in ()).throw(RuntimeError("killed")))
            with pytest.raises(RuntimeError, match="killed"):
                rollup.once()
        assert line.total(**JANUARY) is None
        while rollup.once():
            pass
    assert line.total(**JANUARY) == 20.0

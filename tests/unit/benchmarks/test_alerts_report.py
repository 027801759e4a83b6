"""Figures of the alerts: what counts as reached, and what is shown of a run."""

import json
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.alerts import Alerting, Cycled
from benchmarks.alerts_report import section, sheets, write_json
from benchmarks.alerts_told import Told, breach
from benchmarks.alerts_watched import coke_plant, data_centre, registry
from benchmarks.machine import Machine
from benchmarks.sheet import Sheet

AT = datetime(2026, 11, 21, 22, 40, 12, tzinfo=UTC)
MACHINE = Machine("A processor", 2, 23.5, "Debian", "3.11", "0.3.0", "0.165.0", "0.54.0")


def told(*told_ms: float, beside_per_s: float = 0.0, never: int = 0) -> Told:
    return Told(beside_per_s, list(told_ms), [each / 4 for each in told_ms], never, 0)


def cycled(seconds: float, *, name: str = "following", instances: int = 10_000, fired: int = 0) -> Cycled:
    return Cycled(name, instances, fired, 3 if fired else 0, seconds, seconds / 2, seconds / 4)


def alerting(*told: Told, cycles: tuple[Cycled, ...] = (), storm: tuple[Cycled, ...] = ()) -> Alerting:
    return Alerting(AT, MACHINE, "PostgreSQL 15.18", 0.4, 0.02, list(told), list(cycles), list(storm))


def sheet(run: Alerting, title: str) -> Sheet:
    return next(each for each in sheets(run) if each.title == title)


def goals(run: Alerting) -> list[tuple[str, str]]:
    """What was measured for each goal, and the verdict."""
    return [(row[1], row[3]) for row in sheet(run, "Goals").rows]


def test_webhook_is_in_time_where_99_of_100_came_within_5_s() -> None:
    quick = [1000.0] * 98
    assert goals(alerting(told(*quick, 4999.0, 9000.0))) == [("4,999 ms", "reached")]
    assert goals(alerting(told(*quick, 5000.0, 9000.0))) == [("5,000 ms", "not reached")]


def test_goal_is_not_reached_where_a_webhook_never_came() -> None:
    assert goals(alerting(told(900.0, never=1))) == [("never came", "not reached")]
    assert goals(alerting(told(never=2))) == [("never came", "not reached")]


def test_slowest_cycle_decides_and_only_over_all_instances() -> None:
    assert goals(alerting(cycles=(cycled(2.0), cycled(4.99)))) == [("4.99 s", "reached")]
    assert goals(alerting(cycles=(cycled(5.0), cycled(0.5)))) == [("5.00 s", "not reached")]
    assert goals(alerting(cycles=(cycled(0.1, instances=2_000),))) == [("0.10 s", "")]


def test_runs_alone_and_beside_readings_are_told_apart() -> None:
    run = alerting(told(800.0, 1200.0), told(900.0, beside_per_s=1003.6))
    assert sheet(run, "From the reading to the webhook").rows == [
        ("alone, 2 data centres", "800", "1,200", "1,200", "1,200", "200", "300", "300", "300", "0"),
        ("beside 1,004 readings/s, 1 data centres", "900", "900", "900", "900", "225", "225", "225", "225", "0"),
    ]


def test_first_cycle_the_slowest_after_it_and_the_storm_are_shown() -> None:
    storm = (cycled(1.2, name="all fire", instances=5_000, fired=5_000), cycled(0.4, name="the next", instances=5_000))
    run = alerting(cycles=(cycled(0.8, name="first"), cycled(0.4), cycled(0.6)), storm=storm)
    assert sheet(run, "A cycle by itself").rows == [
        ("nothing fires, the first", "10,000", "0", "0", "0.80", "0.40", "0.20"),
        ("nothing fires, slowest of the following", "10,000", "0", "0", "0.60", "0.30", "0.15"),
        ("storm, all fire", "5,000", "5,000", "3", "1.20", "0.60", "0.30"),
        ("storm, the next", "5,000", "0", "0", "0.40", "0.20", "0.10"),
    ]


def test_section_says_when_and_on_what_and_leaves_out_steps_that_were_not_made() -> None:
    text = "\n".join(section(alerting(told(800.0))))
    assert "- Date: 2026-11-21 22:40 UTC" in text
    assert "meanwhile other programs kept 0.02 of 2 cores busy" in text
    assert "**Goals**" in text
    assert "A cycle by itself" not in text


def test_every_measured_time_stands_in_the_file(tmp_path: Path) -> None:
    file = write_json(alerting(told(800.0, 1200.0), cycles=(cycled(0.5),)), tmp_path)
    assert file.name == "alerts-20261121T224012.json"
    held = json.loads(file.read_text("utf-8"))
    assert held["told"][0]["told_ms"] == [800.0, 1200.0]
    assert held["cycles"][0]["own_cpu_s"] == 0.25
    assert [each["title"] for each in held["tables"]] == [
        "Goals",
        "From the reading to the webhook",
        "A cycle by itself",
    ]


def test_breach_fills_the_last_complete_hour_with_a_pue_of_142_percent() -> None:
    centre = data_centre(3)
    readings = breach(centre, AT)
    assert [(at.hour, at.minute) for meter, at, _ in readings if meter == centre.meter("input")] == [
        (21, 0),
        (21, 15),
        (21, 30),
        (21, 45),
    ]
    used = {flow: sum(value for meter, _, value in readings if meter == centre.meter(flow)) for flow in centre.flows}
    assert used == {"input": 568.0, "it_load": 400.0}


def test_plants_are_of_ten_banners_and_each_meter_belongs_to_its_own() -> None:
    made = registry([*(data_centre(number) for number in range(10)), coke_plant(10)])
    assert len({each.area_code for each in made.enterprises}) == 10
    assert len({each.credit_code for each in made.enterprises}) == 11
    assert [each.code for each in made.meters if each.unit_code == "BENCH-A-00002"] == [
        "BENCH-A-00002-input",
        "BENCH-A-00002-it_load",
    ]
    assert made.meters[-1].unit_code == "BENCH-A-00010"
    assert [each.process for each in made.units][-2:] == ["data_centre", ""]

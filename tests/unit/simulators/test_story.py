"""The story of the demonstration: what it names is there, its times are moments of the run, nothing is told twice."""

from datetime import date, datetime
from pathlib import Path

import numpy as np
import pytest

from simulators.fleet.region import Particular, Region, build_region
from simulators.options import SHANGHAI
from simulators.story.kept import Kept
from simulators.story.script import LEAST_DAYS, Moment, load_script, months_before

FIRST_DAY = date(2026, 11, 30)
ORDER = ("acknowledge", "explain", "plan", "verify", "close")
STATUSES = ("acknowledged", "explained", "planned", "verified", "closed")


@pytest.fixture(scope="module")
def region() -> Region:
    flows = {each.meter: (each.ratio, each.season) for each in load_script().flow}
    first_days = {code: day.isoformat() for code, day in load_script().first_days(FIRST_DAY).items()}
    return build_region(
        seed=1, enterprises=74, valid_from="2026-09-01", particular=Particular(flows=flows, first_days=first_days)
    )


def test_the_meters_gateways_and_units_of_the_script_are_those_of_the_region(region: Region) -> None:
    script = load_script()
    meters = {each.code for each in region.registry.meters}
    gateways = {each.code for each in region.registry.gateways}
    units = {f"unit:{each.code}" for each in region.registry.units}
    named = {
        *(each.meter for each in script.flow),
        *(each.meter for each in script.fault),
        *(each.meter for each in script.correction),
        *(each.meter for each in script.refused),
    }
    assert named <= meters
    assert {
        *(each.gateway for each in script.quiet),
        *(each.gateway for each in script.outage),
        *(each.gateway for each in script.longer),
        *(each.gateway for each in script.refused),
    } <= gateways
    assert {each.subject for each in script.handled if each.subject.startswith("unit:")} <= units


def test_the_hall_of_the_story_is_a_little_above_the_target(region: Region) -> None:
    meters = {each.meter.code: each for each in region.meters_by_gateway["GW-150627-0002"]}
    month = np.array([int(datetime(2026, 10, day, tzinfo=SHANGHAI).timestamp() * 1000) for day in (1, 31)])
    used = {code[-3:]: float(np.diff(each.amount(month))[0]) for code, each in meters.items()}
    assert (used["E01"] + used["R01"]) / (used["T01"] + used["T02"]) == pytest.approx(1.34, abs=0.005)
    assert {each.meter.valid_from for each in meters.values()} == {"2025-10-01"}


def test_moments_count_from_the_first_day_or_lie_in_the_last_whole_month() -> None:
    assert Moment(at="13:40", days_ago=1).on(FIRST_DAY) == datetime(2026, 11, 29, 13, 40, tzinfo=SHANGHAI)
    assert Moment(at="10:40", last_month=11).on(FIRST_DAY) == datetime(2026, 10, 11, 10, 40, tzinfo=SHANGHAI)
    assert months_before(date(2026, 1, 31), 2) == date(2025, 11, 1)


def test_all_that_happens_lies_within_the_least_history_and_before_today() -> None:
    script = load_script()
    for first_day in (FIRST_DAY, date(2026, 3, 1), date(2026, 12, 31)):
        moments = [
            *(each.begins for each in script.fault),
            *(each.begins for each in script.quiet),
            *(each.begins for each in script.outage),
            *(at for each in script.judged for at in each.at),
        ]
        ages = [(first_day - moment.on(first_day).date()).days for moment in moments]
        assert min(ages) >= 1
        assert max(ages) <= LEAST_DAYS


def test_alerts_come_to_every_status_of_handling_and_each_step_follows_the_one_before() -> None:
    handled = load_script().handled
    steps = [tuple(step.action for step in each.steps) for each in handled]
    assert all(each == ORDER[: len(each)] for each in steps)
    assert {STATUSES[len(each) - 1] for each in steps} == set(STATUSES)


def test_what_was_done_and_the_first_day_are_kept(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="enermon-sim fleet --story"):
        Kept(tmp_path).first_day()
    assert Kept(tmp_path).begin(FIRST_DAY) == FIRST_DAY
    Kept(tmp_path).add("SB-150000")
    again = Kept(tmp_path)
    assert again.begin(date(2026, 12, 24)) == FIRST_DAY
    assert again.is_done("SB-150000")
    assert not again.is_done("SB-150600")

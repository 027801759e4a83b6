"""An area whose energy is measured in coal of unknown heat is judged where that leaves no doubt."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

from services.judging.dual_control.facts import HEAT_VALUE_UNKNOWN, YearFacts
from services.judging.dual_control.warning import WarningLevel
from tests.unit.judging.dual_control.dual_story import judged, measured, year


def banded(number: int, energy: int, *, percent: int, **more: Any) -> YearFacts:
    """A year whose energy may be so many per cent less or more."""
    known = measured(energy)
    band = Fraction(energy) * (100 - percent) / 100, Fraction(energy) * (100 + percent) / 100
    return year(number, replace(known, band=band), **more)


def test_a_fall_far_beyond_the_range_of_the_coal_is_judged() -> None:
    facts = {2020: year(2020, measured(100)), 2021: banded(2021, 80, percent=5)}
    found = judged(facts, 2021)
    assert found.finding.verdict == "ok"
    assert found.intensity_light.level is WarningLevel.III


def test_a_fall_that_the_range_of_the_coal_could_make_a_rise_is_not() -> None:
    facts = {2020: year(2020, measured(100)), 2021: banded(2021, 95, percent=10)}
    assert judged({**facts, 2021: year(2021, measured(95))}, 2021).finding.verdict == "ok"
    found = judged(facts, 2021)
    assert (found.finding.verdict, found.finding.reason) == ("cannot_judge", HEAT_VALUE_UNKNOWN)
    assert (found.intensity_light.level, found.total_light.level) == (None, None)
    assert [(each.reason, each.year) for each in found.obstacles] == [(HEAT_VALUE_UNKNOWN, 2021)]


def test_coal_of_the_base_year_may_be_another_than_that_of_the_year() -> None:
    facts = {2020: banded(2020, 100, percent=10), 2021: year(2021, measured(95))}
    assert judged(facts, 2021).finding.reason == HEAT_VALUE_UNKNOWN

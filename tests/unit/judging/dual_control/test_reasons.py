"""Every reason of dual control can be said in both languages."""

import pytest

from services.judging.dual_control import facts
from services.judging.dual_control.evaluate import AreaStanding
from services.judging.dual_control.facts import Obstacle
from services.judging.dual_control.reason import NAMES, obstacle_text, standing_text
from services.judging.dual_control.reported import KINDS
from services.judging.dual_control.total import WaiverReason


@pytest.mark.parametrize("code", [*AreaStanding, *WaiverReason])
def test_every_standing_and_waiver_has_its_words(code: str) -> None:
    assert all(standing_text(code))


@pytest.mark.parametrize(
    "code",
    [
        facts.NUMBER_MISSING,
        facts.LOW_COVERAGE,
        facts.COEFFICIENT_MISSING,
        facts.SOURCES_DIFFER,
        facts.PRICE_BASE_CHANGES,
        facts.GDP_NOT_POSITIVE,
        facts.ENERGY_NOT_POSITIVE,
    ],
)
def test_every_obstacle_names_year_and_number(code: str) -> None:
    english, chinese = obstacle_text(Obstacle(code, 2023, facts.GDP))
    assert "GDP of 2023" in english
    assert "2023年" in chinese
    assert "地区生产总值" in chinese


def test_every_number_has_a_name() -> None:
    # the share is metered alone, and nobody reports it
    assert set(NAMES) == {*KINDS, facts.NON_FOSSIL}
    assert all(english and chinese for english, chinese in NAMES.values())

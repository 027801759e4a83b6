"""Who hears of an alert."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.alerts.routing.routing import Body, Notice, Recipient, Routing, SilenceWindow, silenced_by
from services.alerts.rules.rule import Severity
from services.core.area_tree import AreaTree

TREE = AreaTree(
    level={"150000": "region", "150600": "league", "150622": "banner", "150621": "banner", "150700": "league"},
    parent={"150000": None, "150600": "150000", "150622": "150600", "150621": "150600", "150700": "150000"},
)
BODIES = [Body("B-BANNER", "150622"), Body("B-LEAGUE", "150600"), Body("B-REGION", "150000"), Body("B-OTHER", "150700")]
CREDIT_CODE = "91150622MA0N00001X"
BANNER = Recipient(subscription_id=1, body_code="B-BANNER")
LEAGUE = Recipient(subscription_id=2, body_code="B-LEAGUE")
REGION = Recipient(subscription_id=3, body_code="B-REGION")
OTHER = Recipient(subscription_id=4, body_code="B-OTHER")
OWN = Recipient(subscription_id=5, enterprise_code=CREDIT_CODE)
ALL = [BANNER, LEAGUE, REGION, OTHER, OWN]
WARNING = Notice(
    subject_kind="unit",
    alert_id=1,
    rule="pue_new",
    severity=Severity.WARNING,
    subject_code="U1",
    area_code="150622",
    enterprise_code=CREDIT_CODE,
)
SEVERE = replace(WARNING, severity=Severity.SEVERE)
NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)


def told(notice: Notice, *subscriptions: Recipient, bodies: list[Body] | None = None) -> list[int]:
    routing = Routing.of(BODIES if bodies is None else bodies, subscriptions or ALL, TREE)
    return [each.subscription_id for each in routing.subscriptions(notice)]


def test_an_alert_goes_to_the_body_of_its_banner_and_to_its_enterprise() -> None:
    assert told(WARNING) == [1, 5]


def test_a_severe_alert_goes_to_league_and_region_too() -> None:
    assert told(SEVERE) == [1, 2, 3, 5]


def test_each_level_has_its_own_threshold() -> None:
    thresholds = {"league": Severity.WARNING}
    routing = Routing.of(BODIES, ALL, TREE, thresholds)
    assert [each.subscription_id for each in routing.subscriptions(WARNING)] == [1, 2, 5]
    assert [each.subscription_id for each in routing.subscriptions(SEVERE)] == [1, 2, 5]


def test_an_alert_of_a_league_goes_to_its_own_body_whatever_its_severity() -> None:
    of_league = replace(WARNING, area_code="150600", enterprise_code=None)
    assert told(of_league) == [2]
    assert told(replace(of_league, severity=Severity.SEVERE)) == [2, 3]


def test_where_a_banner_has_no_body_the_league_answers_for_it() -> None:
    assert told(replace(WARNING, area_code="150621")) == [2, 5]
    assert told(WARNING, bodies=[BODIES[2]]) == [3, 5]


def test_what_has_no_area_goes_to_the_region() -> None:
    assert told(replace(WARNING, area_code=None, enterprise_code=None)) == [3]


@pytest.mark.parametrize(
    ("subscription", "heard"),
    [
        (replace(BANNER, enabled=False), []),
        (replace(BANNER, least_severity=Severity.WARNING), [1]),
        (replace(BANNER, least_severity=Severity.SEVERE), []),
        (replace(BANNER, rules=frozenset({"pue_new"})), [1]),
        (replace(BANNER, rules=frozenset({"coal_share"})), []),
        (replace(OWN, least_severity=Severity.SEVERE), []),
        (replace(OWN, enterprise_code="91150622MA0N00002X"), []),
        (replace(BANNER, body_code="B-GONE"), []),
    ],
)
def test_filters_of_a_subscription(subscription: Recipient, heard: list[int]) -> None:
    assert told(WARNING, subscription) == heard


def test_an_escalation_goes_to_the_level_named_past_its_threshold() -> None:
    assert escalated("league") == ("league", [2])
    assert escalated("region") == ("region", [3])


def escalated(level: str, *, bodies: Sequence[Body] = BODIES, deaf: int = 0) -> tuple[str | None, list[int]]:
    """The level that is told in place of `level`, and its subscriptions; `deaf`: one that wants other rules."""
    heard = [replace(each, rules=frozenset({"other"})) if each.subscription_id == deaf else each for each in ALL]
    told, found = Routing.of(bodies, heard, TREE).escalated(WARNING, level)
    return told, [each.subscription_id for each in found]


def test_an_escalation_goes_on_up_to_the_next_level_where_somebody_wants_it() -> None:
    without_league = [body for body in BODIES if body.area_code != "150600"]
    assert escalated("league", bodies=without_league) == ("region", [3])
    assert escalated("league", deaf=2) == ("region", [3])
    assert escalated("region", deaf=3) == (None, [])


SILENCE = SilenceWindow(silence_id=1, starts_at=NOW, ends_at=NOW + timedelta(hours=1))


@pytest.mark.parametrize(
    ("silence", "holds"),
    [
        (SILENCE, True),
        (replace(SILENCE, rule="pue_new"), True),
        (replace(SILENCE, rule="coal_share"), False),
        (replace(SILENCE, area_code="150622"), True),
        (replace(SILENCE, area_code="150600"), True),
        (replace(SILENCE, area_code="150621"), False),
        (replace(SILENCE, subject_kind="unit", subject_code=WARNING.subject_code), True),
        (replace(SILENCE, subject_kind="gateway", subject_code=WARNING.subject_code), False),
        (replace(SILENCE, enterprise_code=CREDIT_CODE), True),
        (replace(SILENCE, enterprise_code="91150622MA0N00002X"), False),
        (replace(SILENCE, subject_code="U1"), True),
        (replace(SILENCE, subject_code="U2"), False),
        (replace(SILENCE, rule="pue_new", subject_code="U2"), False),
        (replace(SILENCE, starts_at=NOW + timedelta(seconds=1)), False),
        (replace(SILENCE, starts_at=NOW - timedelta(hours=1), ends_at=NOW), False),
    ],
)
def test_a_silence_holds_what_it_names_while_it_lasts(silence: SilenceWindow, holds: bool) -> None:
    assert silence.holds(WARNING, TREE, NOW) is holds
    assert silenced_by(WARNING, [silence], TREE, NOW) == (silence if holds else None)


def test_a_silence_of_an_area_does_not_hold_what_has_no_area() -> None:
    assert not replace(SILENCE, area_code="150000").holds(replace(WARNING, area_code=None), TREE, NOW)

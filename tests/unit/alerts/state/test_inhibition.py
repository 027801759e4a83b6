"""An alert whose own ground is out of order is shown and not told, and told when that is over."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from services.alerts.rules.compatibility import INHIBITING, missing_of, stands_on_readings
from services.alerts.state.inhibition import (
    Dependent,
    Inhibition,
    hold_event,
    silence_mark,
)
from services.alerts.state.observation import SubjectKind

COMPLETENESS, GATEWAY_SILENCE = "completeness", "gateway_silence_s"
T0 = datetime(2026, 3, 1, tzinfo=UTC)
A, B = "91150622MA0N00001X", "91150622MA0N00002X"
UNITS = {"GW1": frozenset({"U1", "U2"}), "GW9": frozenset({"U9"})}


def alert(number: int, indicator: str, kind: SubjectKind, code: str, *, enterprise_code: str | None = A) -> Dependent:
    return Dependent(
        alert_id=number,
        missing=missing_of(indicator),
        stands_on_readings=stands_on_readings(indicator),
        subject_kind=kind,
        subject_code=code,
        enterprise_code=enterprise_code,
        inhibits=indicator in INHIBITING,
    )


def pue(code: str, *, enterprise_code: str = A) -> Dependent:
    return alert(100, "pue", "unit", code, enterprise_code=enterprise_code)


OF_ENTERPRISE = alert(101, "coal_share", "enterprise", A)
OF_AREA = alert(102, "coal_share", "area", "150622", enterprise_code=None)
OF_PARK = alert(103, "park_renewable_share", "park", "P1", enterprise_code=None)
SILENT = alert(1, GATEWAY_SILENCE, "gateway", "GW1")


def test_a_silent_gateway_holds_its_units_and_their_enterprise_and_nobody_else() -> None:
    inhibition = Inhibition.of([SILENT], UNITS)
    assert inhibition.by(pue("U1")) == "alert:1"
    assert inhibition.by(OF_ENTERPRISE) == "alert:1"
    assert inhibition.by(pue("U3")) is None
    assert inhibition.by(pue("U9", enterprise_code=B)) is None
    assert inhibition.by(OF_AREA) is None
    assert inhibition.by(OF_PARK) is None


def test_a_silent_gateway_holds_the_low_completeness_it_causes() -> None:
    inhibition = Inhibition.of([SILENT], UNITS)
    assert inhibition.by(alert(2, COMPLETENESS, "unit", "U1")) == "alert:1"
    assert inhibition.by(SILENT) is None


def test_a_rule_that_does_not_inhibit_holds_nothing_back() -> None:
    own = [replace(SILENT, inhibits=False), replace(alert(5, COMPLETENESS, "unit", "U1"), inhibits=False)]
    assert Inhibition.of(own, UNITS).by(pue("U1")) is None
    assert Inhibition.of([*own, SILENT], UNITS).by(pue("U1")) == "alert:1"


def test_what_is_judged_without_readings_is_never_held() -> None:
    inhibition = Inhibition.of([SILENT, alert(2, COMPLETENESS, "enterprise", A)], UNITS)
    assert inhibition.by(alert(3, "calibration_days_left", "meter", "M1")) is None
    assert inhibition.by(alert(4, "retrofit_days_left", "unit", "U1")) is None


def test_an_incomplete_unit_holds_itself_and_its_enterprise_not_its_neighbours() -> None:
    inhibition = Inhibition.of([alert(5, COMPLETENESS, "unit", "U1")], {})
    assert inhibition.by(pue("U1")) == "alert:5"
    assert inhibition.by(OF_ENTERPRISE) == "alert:5"
    assert inhibition.by(pue("U2")) is None
    assert inhibition.by(alert(6, COMPLETENESS, "enterprise", A)) is None


def test_an_incomplete_enterprise_holds_its_units() -> None:
    inhibition = Inhibition.of([alert(6, COMPLETENESS, "enterprise", A)], {})
    assert inhibition.by(pue("U2")) == "alert:6"
    assert inhibition.by(OF_ENTERPRISE) == "alert:6"
    assert inhibition.by(pue("U9", enterprise_code=B)) is None


def test_an_area_does_not_hide_its_enterprises() -> None:
    inhibition = Inhibition.of([alert(7, COMPLETENESS, "area", "150622", enterprise_code=None)], {})
    assert inhibition.by(OF_AREA) == "alert:7"
    assert inhibition.by(OF_ENTERPRISE) is None
    assert inhibition.by(pue("U1")) is None


def test_of_several_the_first_alert_is_named_whatever_their_order() -> None:
    both = [alert(9, GATEWAY_SILENCE, "gateway", "GW1"), alert(4, GATEWAY_SILENCE, "gateway", "GW1")]
    assert Inhibition.of(both, UNITS).by(pue("U1")) == "alert:4"
    assert Inhibition.of(both[::-1], UNITS).by(pue("U1")) == "alert:4"


def test_what_says_that_readings_are_missing_can_inhibit_and_nothing_else() -> None:
    assert INHIBITING == (COMPLETENESS, GATEWAY_SILENCE)


@pytest.mark.parametrize(
    ("before", "now", "event"),
    [
        (None, None, None),
        (None, "alert:1", "inhibited"),
        ("alert:1", "alert:2", None),
        ("alert:1", silence_mark(3), None),
        ("alert:1", None, "released"),
    ],
)
def test_being_held_is_recorded_once(before: str | None, now: str | None, event: str | None) -> None:
    assert hold_event(before, now) == event

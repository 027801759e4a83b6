"""Who was told that an alert fires is told once that it ended; who was not told hears nothing of its end."""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.alerts.routing.recipients import news_of, recipients
from services.alerts.routing.routing import MessageKind, Recipient
from services.alerts.state.observation import Observation
from services.alerts.state.state import ChangeKind, Instance, ResolutionCause, State, Timing, step, withdraw
from services.core.verdict import Verdict

T0 = datetime(2026, 3, 1, tzinfo=UTC)
FIRED, REOPENED, REPEATED, RESOLVED = (
    ChangeKind.FIRED,
    ChangeKind.REOPENED,
    ChangeKind.REPEATED,
    ChangeKind.RESOLVED,
)
ONE, TWO, DAILY = (
    Recipient(subscription_id=1),
    Recipient(subscription_id=2),
    Recipient(subscription_id=3, mode="daily"),
)
ALL = (ONE, TWO, DAILY)


@pytest.mark.parametrize(
    ("changes", "standing", "kinds"),
    [
        ({FIRED}, {"firing": True}, ("fired",)),
        ({FIRED}, {"firing": True, "held": True}, ()),
        ({REOPENED}, {"firing": True}, ("fired",)),
        (set(), {"firing": True, "released": True}, ("fired",)),
        ({ChangeKind.RULE_CHANGED}, {"firing": True}, ()),
        ({ChangeKind.RULE_CHANGED}, {"firing": True, "graver": True}, ("fired",)),
        ({ChangeKind.RULE_CHANGED}, {"firing": True, "graver": True, "held": True}, ()),
        ({REPEATED}, {"firing": True}, ("fired", "repeat")),
        ({REPEATED}, {"firing": True, "held": True}, ()),
        ({ChangeKind.CANNOT_JUDGE}, {"firing": True}, ()),
        ({RESOLVED}, {"firing": False}, ()),
        ({RESOLVED}, {"firing": False, "owed": True}, ("resolved",)),
        ({RESOLVED}, {"firing": False, "owed": True, "held": True}, ()),
        (set(), {"firing": False, "owed": True}, ("resolved",)),
    ],
)
def test_each_evaluation_makes_its_messages(
    changes: set[ChangeKind], standing: dict[str, bool], kinds: tuple[MessageKind, ...]
) -> None:
    assert news_of(changes, **{"held": False} | standing) == kinds


@pytest.mark.parametrize(
    ("kind", "routed", "told", "numbers"),
    [
        ("fired", ALL, set(), [1, 2]),
        ("fired", ALL, {1}, [2]),
        ("repeat", ALL, {1}, [1]),
        ("repeat", (TWO,), {1}, []),
        ("resolved", ALL, {1}, [1]),
        ("resolved", (TWO,), {1}, [1]),
        ("resolved", ALL, {9}, []),
        ("resolved", ALL, {3}, []),
    ],
)
def test_a_beginning_goes_to_those_not_told_and_an_end_to_those_told(
    kind: MessageKind, routed: tuple[Recipient, ...], told: set[int], numbers: list[int]
) -> None:
    found = recipients(kind, routed=routed, everyone=ALL, told=told)
    assert [each.subscription_id for each in found] == numbers


@dataclass
class Told:
    """One alert service with one rule, one subject and the messages that it wrote."""

    timing: Timing
    instance: Instance | None = None
    off: bool = False
    silenced: bool = False
    was_held: bool = False
    now: datetime = T0
    alerts: int = 0
    told: dict[int, frozenset[int]] = field(default_factory=dict)
    """By alert those that were told that it fires, and not yet that it ended."""
    heard: list[tuple[int, int, MessageKind, bool]] = field(default_factory=list)
    """Subscription, alert, kind of the message, and whether it was held back meanwhile."""

    def evaluate(self, what: str, routed: tuple[Recipient, ...]) -> None:
        """As a cycle does; `what` is seen unless the rule is off."""
        if self.off:
            if self.instance is None:
                return
            after, changes = withdraw(self.instance, self.timing, self.now, because=ResolutionCause.RULE_OFF)
        else:
            after, changes = step(self.instance, SEEN[what], self.timing, self.now)
        if any(change.kind is FIRED for change in changes):
            self.alerts += 1
            after = replace(after, alert_id=self.alerts)
        self.instance = after
        firing = after.state is State.FIRING
        held, released = self.silenced, firing and self.was_held and not self.silenced
        self.was_held = firing and held
        happened = {change.kind for change in changes}
        for alert in sorted({self.alerts, *self.told}):
            of_now = alert == after.alert_id
            self.tell(
                alert,
                news_of(
                    happened if of_now else (),
                    firing=firing and of_now,
                    held=held,
                    released=released and of_now,
                    owed=alert in self.told,
                ),
                routed,
            )

    def tell(self, alert: int, kinds: tuple[MessageKind, ...], routed: tuple[Recipient, ...]) -> None:
        before = self.told.get(alert, frozenset())
        for kind in kinds:
            to = recipients(kind, routed=routed, everyone=ALL, told=before)
            self.heard += [(each.subscription_id, alert, kind, self.silenced) for each in to]
            if kind == "resolved":
                del self.told[alert]
            elif to:
                self.told[alert] = self.told.get(alert, frozenset()) | {each.subscription_id for each in to}

    def of(self, subscription: int) -> dict[int, list[MessageKind]]:
        """By alert what a subscription heard of it."""
        found: defaultdict[int, list[MessageKind]] = defaultdict(list)
        for whom, alert, kind, _ in self.heard:
            if whom == subscription:
                found[alert].append(kind)
        return found


SEEN = MappingProxyType(
    {
        "breach": Observation(subject_kind="unit", subject_code="U1", verdict=Verdict.BREACH),
        "cleared": Observation(subject_kind="unit", subject_code="U1", verdict=Verdict.OK, cleared=True),
        "near": Observation(subject_kind="unit", subject_code="U1", verdict=Verdict.OK),
        "cannot": Observation(subject_kind="unit", subject_code="U1", verdict=Verdict.CANNOT_JUDGE),
    }
)
happenings = st.sampled_from(
    ["breach", "breach", "breach", "cleared", "cleared", "near", "cannot", "off", "on", "silence", "speak"]
)
stories = st.lists(
    st.tuples(st.integers(min_value=0, max_value=120), happenings, st.sampled_from([ALL, (ONE,), (TWO, DAILY), ()])),
    min_size=1,
    max_size=60,
)
timings = st.builds(
    Timing,
    hold_s=st.sampled_from([0, 50, 100]),
    reopen_window_s=st.sampled_from([0, 100, 500]),
    repeat_s=st.sampled_from([0, 30, 200]),
)


def play(story: list[tuple[int, str, tuple[Recipient, ...]]], timing: Timing) -> Told:
    """What was told over the story: the rule goes off and on, silences begin and end, and whom it concerns changes."""
    service, seen = Told(timing), "cleared"
    for gap, what, routed in story:
        service.now += timedelta(seconds=gap)
        service.off = what == "off" or (service.off and what != "on")
        service.silenced = what == "silence" or (service.silenced and what != "speak")
        seen = what if what in SEEN else seen
        service.evaluate(seen, routed)
    return service


@given(stories, timings)
@settings(max_examples=600)
def test_beginning_and_end_take_turns_for_everyone_and_nothing_is_told_while_held(
    story: list[tuple[int, str, tuple[Recipient, ...]]], timing: Timing
) -> None:
    service = play(story, timing)
    assert not any(held for *_, held in service.heard)
    for subscription in (1, 2):
        for kinds in service.of(subscription).values():
            thinks_it_fires = False
            for kind in kinds:
                assert thinks_it_fires is (kind != "fired")
                thinks_it_fires = kind != "resolved"
    assert not service.of(3)


@given(stories, timings, st.booleans())
@settings(max_examples=600)
def test_in_the_end_whoever_was_told_that_it_fires_knows_that_it_ended(
    story: list[tuple[int, str, tuple[Recipient, ...]]], timing: Timing, switched_off: bool
) -> None:
    ending = [(1, "on", ALL), (1, "cleared", ALL), (1, "off" if switched_off else "cleared", ALL), (1, "speak", ALL)]
    service = play([*story, *ending], timing)
    assert service.told == {}
    for subscription in (1, 2):
        for kinds in service.of(subscription).values():
            assert kinds.count("fired") == kinds.count("resolved")
            assert kinds[-1] == "resolved"

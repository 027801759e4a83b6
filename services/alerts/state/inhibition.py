"""What holds the messages of an alert back: an alert of a rule that inhibits says that its ground is out of order, or a
person silenced it. Pure.

What is held back is shown, is not told, and is told when released if it still fires.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from services.alerts.rules.compatibility import MissingReadings
from services.alerts.state.observation import SubjectKind

SILENCE_MARK = "silence:"
ALERT_MARK = "alert:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependent:
    """What inhibition needs to know of an alert: what its rule says of readings, of whom, and whether it holds others
    back.
    """

    alert_id: int
    missing: MissingReadings | None = None
    """Which readings are missing while it fires."""
    stands_on_readings: bool = True
    """What is judged without the readings of meters is held back by nothing."""
    subject_kind: SubjectKind
    subject_code: str
    enterprise_code: str | None = None
    inhibits: bool = False


@dataclass(frozen=True, slots=True)
class Inhibition:
    """Alerts that hold others back, by the subjects they hold; build it once a cycle."""

    silent: Mapping[tuple[str, str], int]
    incomplete: Mapping[tuple[str, str], int]

    @classmethod
    def of(cls, firing: Iterable[Dependent], units_of_gateway: Mapping[str, frozenset[str]]) -> "Inhibition":
        """The inhibition by the alerts that fire now. `units_of_gateway`: the units with a meter behind a gateway.

        Only alerts of rules that say `inhibits` hold others back.
        A silent gateway holds its units and their enterprise; an incomplete unit itself and its enterprise; an
        incomplete enterprise its units too. An area or a park holds only itself, and is held by no single enterprise:
        neither hides what is below it, nor is hidden by one of many.
        """
        silent: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        incomplete: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        for each in firing:
            if not each.inhibits:
                continue
            if each.missing is MissingReadings.OF_GATEWAY:
                for unit in units_of_gateway.get(each.subject_code, ()):
                    silent["unit", unit].append(each.alert_id)
                if each.enterprise_code is not None:
                    silent["enterprise", each.enterprise_code].append(each.alert_id)
            elif each.missing is MissingReadings.OF_SUBJECT:
                incomplete[each.subject_kind, each.subject_code].append(each.alert_id)
                if each.subject_kind == "unit" and each.enterprise_code is not None:
                    incomplete["enterprise", each.enterprise_code].append(each.alert_id)
                if each.subject_kind == "enterprise":
                    incomplete["units of", each.subject_code].append(each.alert_id)
        return cls(_oldest(silent), _oldest(incomplete))

    def by(self, alert: Dependent) -> str | None:
        """The alert that holds this one back, as in alert.inhibited_by (`alert:41`); None: nothing does."""
        if not alert.stands_on_readings:
            return None
        held = self.silent.get((alert.subject_kind, alert.subject_code))
        if held is None and alert.missing is not MissingReadings.OF_SUBJECT:
            held = self.incomplete.get((alert.subject_kind, alert.subject_code))
            if held is None and alert.subject_kind == "unit" and alert.enterprise_code is not None:
                held = self.incomplete.get(("units of", alert.enterprise_code))
        return None if held is None else f"{ALERT_MARK}{held}"


def _oldest(found: Mapping[tuple[str, str], list[int]]) -> dict[tuple[str, str], int]:
    """The first alert of each: the answer must not change with the order in which they are read."""
    return {subject: min(alert_ids) for subject, alert_ids in found.items()}


def silence_mark(silence_id: int) -> str:
    """What stands in alert.inhibited_by of a silenced alert."""
    return f"{SILENCE_MARK}{silence_id}"


def hold_event(held_before: str | None, held_now: str | None) -> Literal["inhibited", "released"] | None:
    """What happened to a firing alert between two evaluations; held back by another thing is no news."""
    if (held_before is None) is (held_now is None):
        return None
    return "released" if held_now is None else "inhibited"

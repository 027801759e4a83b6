"""Who is told of an alert, and how much in one message. Pure; `now` is given.

An alert goes to the body of its own area, from a severity on also to the levels above, and to its enterprise.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from types import MappingProxyType
from typing import Any, Literal

from services.alerts.rules.rule import Severity
from services.core.area_tree import AreaTree

MessageKind = Literal["fired", "resolved", "repeat", "digest", "escalated", "handled", "test"]
Mode = Literal["at_once", "daily", "weekly"]

MOST_LISTED = 20
"""Alerts listed in one message; the others are counted."""
RANK: Mapping[str, int] = MappingProxyType({severity.value: rank for rank, severity in enumerate(Severity)})
THRESHOLDS: Mapping[str, Severity] = MappingProxyType({"league": Severity.SEVERE, "region": Severity.SEVERE})
"""The least severity that a level hears of from the areas below it; of its own area a body hears everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What telling needs to know of an alert."""

    alert_id: int
    rule: str
    severity: Severity
    subject_code: str
    subject_kind: str | None = None
    area_code: str | None = None
    enterprise_code: str | None = None


@dataclass(frozen=True, slots=True)
class Body:
    """A supervision body and the area it answers for."""

    code: str
    area_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Where a body or an enterprise is told, and of what."""

    subscription_id: int
    body_code: str | None = None
    enterprise_code: str | None = None
    least_severity: Severity = Severity.NOTICE
    rules: frozenset[str] | None = None
    """None: all rules."""
    mode: Mode = "at_once"
    quiet_from: time | None = None
    quiet_to: time | None = None
    enabled: bool = True

    def wants(self, notice: Notice) -> bool:
        """Whether its filters let the alert through."""
        grave = RANK[notice.severity] >= RANK[self.least_severity]
        return self.enabled and grave and (self.rules is None or notice.rule in self.rules)


@dataclass(frozen=True, slots=True)
class Routing:
    """Which subscriptions an alert goes to; build it once for many alerts."""

    tree: AreaTree
    thresholds: Mapping[str, Severity]
    areas_with_body: frozenset[str]
    of_area: Mapping[str, tuple[Recipient, ...]]
    of_enterprise: Mapping[str, tuple[Recipient, ...]]

    @classmethod
    def of(
        cls,
        bodies: Iterable[Body],
        subscriptions: Iterable[Recipient],
        tree: AreaTree,
        thresholds: Mapping[str, Severity] = THRESHOLDS,
    ) -> "Routing":
        """The routing of these bodies and subscriptions."""
        area_of_body = {body.code: body.area_code for body in bodies}
        of_area: defaultdict[str, list[Recipient]] = defaultdict(list)
        of_enterprise: defaultdict[str, list[Recipient]] = defaultdict(list)
        for each in subscriptions:
            if each.enterprise_code is not None:
                of_enterprise[each.enterprise_code].append(each)
            elif each.body_code in area_of_body:
                of_area[area_of_body[each.body_code]].append(each)
        return cls(
            tree,
            thresholds,
            frozenset(area_of_body.values()),
            {code: tuple(found) for code, found in of_area.items()},
            {code: tuple(found) for code, found in of_enterprise.items()},
        )

    def subscriptions(self, notice: Notice) -> tuple[Recipient, ...]:
        """Those told of the alert, at once or in a digest.

        Where an area has no body, the nearest one above answers for it; what has no area goes to the region.
        """
        areas = self._upwards(notice.area_code)
        own = next((code for code in areas if code in self.areas_with_body), None)
        found = [
            each
            for code in areas
            if code == own or self._reaches(self.tree.level[code], notice.severity)
            for each in self.of_area.get(code, ())
        ]
        if notice.enterprise_code is not None:
            found += self.of_enterprise.get(notice.enterprise_code, ())
        return tuple(each for each in found if each.wants(notice))

    def escalated(self, notice: Notice, level: str) -> tuple[str | None, tuple[Recipient, ...]]:
        """The level told that a step is late, and its subscriptions: `level`, or the next one up that has any.

        None where nobody is subscribed up to the region.
        """
        areas = self._upwards(notice.area_code)
        reached = next((n for n, code in enumerate(areas) if self.tree.level[code] == level), len(areas))
        for code in areas[reached:]:
            found = tuple(each for each in self.of_area.get(code, ()) if each.wants(notice))
            if found:
                return self.tree.level[code], found
        return None, ()

    def _upwards(self, code: str | None) -> list[str]:
        if code is None:
            return [root for root, parent in self.tree.parent.items() if parent is None]
        areas = []
        while code is not None:
            areas.append(code)
            code = self.tree.parent[code]
        return areas

    def _reaches(self, level: str, severity: Severity) -> bool:
        least = self.thresholds.get(level)
        return least is not None and RANK[severity] >= RANK[least]


def bound(
    alerts: Iterable[Mapping[str, Any]],
    earlier: Mapping[str, Any] | None = None,
    earlier_ids: Collection[int] = (),
) -> dict[str, Any]:
    """`alerts`, `count` and `counts` of a message's content: at most MOST_LISTED listed, the gravest first.

    Of a message that is joined, `earlier` is its content and `earlier_ids` the alerts it counts already; what is told
    anew of one of them takes the place of what was listed.
    """
    listed: dict[int, Mapping[str, Any]] = {each["alert_id"]: each for each in (earlier or {}).get("alerts", ())}
    count = (earlier or {}).get("count", 0)
    counts = {severity.value: 0 for severity in reversed(Severity)} | (earlier or {}).get("counts", {})
    known = set(earlier_ids)
    for each in alerts:
        number = each["alert_id"]
        listed[number] = each
        if number not in known:
            known.add(number)
            count += 1
            counts[str(each["severity"])] += 1
    ordered = sorted(listed.values(), key=lambda each: (-RANK[each["severity"]], each["alert_id"]))
    return {"alerts": ordered[:MOST_LISTED], "count": count, "counts": counts}


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceWindow:
    """What is not to be told from `starts_at` until `ends_at`; what is None matches all."""

    silence_id: int
    starts_at: datetime
    ends_at: datetime
    rule: str | None = None
    area_code: str | None = None
    enterprise_code: str | None = None
    subject_kind: str | None = None
    """Of subject_code; None: any kind with that code."""
    subject_code: str | None = None

    def holds(self, notice: Notice, tree: AreaTree, now: datetime) -> bool:
        """Whether the alert is silenced `now`; an area holds those below it too."""
        return (
            self.starts_at <= now < self.ends_at
            and self.rule in (None, notice.rule)
            and self.enterprise_code in (None, notice.enterprise_code)
            and self.subject_code in (None, notice.subject_code)
            and self.subject_kind in (None, notice.subject_kind)
            and (self.area_code is None or tree.above(notice.area_code, self.area_code))
        )


def silenced_by(
    notice: Notice, silences: Iterable[SilenceWindow], tree: AreaTree, now: datetime
) -> SilenceWindow | None:
    """The first silence that holds the alert; None: it may be told."""
    return next((silence for silence in silences if silence.holds(notice, tree, now)), None)

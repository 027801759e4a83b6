"""A rule of alerts, and how it is read from data: strictly, so that a mistyped word is told and never overlooked. Pure.

What a rule may say, field by field: docs/alerts.md.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from services.alerts.rules.compatibility import (
    INHIBITING,
    SOURCES,
    Compared,
    MissingReadings,
    check_fits,
    missing_of,
    stands_on_readings,
)
from services.alerts.rules.fields import Fields, RuleError
from services.alerts.rules.words import Words, read_words
from services.judging.dual_control.warning import WarningLevel as LightLevel
from services.judging.indicators.listing import BY_SLUG
from services.judging.levels import BenchmarkLevel, ProjectKind

__all__ = ["Rule", "RuleError", "body_of", "parse"]

LONGEST_S = 366 * 86_400
WEEK_S = 7 * 86_400
GRADES = (1, 2, 3)
MOST_CHARACTERS = {"title": 200, "text": 2000, "source": 300, "place": 500}


class RulePeriod(enum.StrEnum):
    """Over what a rule judges: the last complete one, or the running one."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"
    ROLLING_YEAR = "rolling_12_months"
    YEAR = "year"
    NOW = "now"
    """No period: how something stands at the moment."""


class RuleSubject(enum.StrEnum):
    """Of whom a rule speaks, one by one."""

    UNIT = "unit"
    ENTERPRISE = "enterprise"
    BANNER = "banner"
    LEAGUE = "league"
    REGION = "region"
    AREA = "area"
    """Every banner, every league and the region."""
    PARK = "park"
    GATEWAY = "gateway"
    METER = "meter"


class Severity(enum.StrEnum):
    """How grave a breach is, the least first."""

    NOTICE = "notice"
    WARNING = "warning"
    SEVERE = "severe"


class Op(enum.StrEnum):
    """How a value in BREACH stands to the number: `> 1.3` fires above 1.3."""

    ABOVE = ">"
    AT_LEAST = ">="
    BELOW = "<"
    AT_MOST = "<="
    RANGE = "range"
    """From `number` to `high`, both included."""


PARK_KINDS = ("ordinary", "low_carbon", "zero_carbon")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeFilter:
    """Which subjects a rule speaks of; what is empty matches all."""

    areas: frozenset[str] = frozenset()
    """Codes of areas of any level: what lies in one of them."""
    park_kinds: frozenset[str] = frozenset()
    trades: frozenset[str] = frozenset()
    processes: frozenset[str] = frozenset()
    unit_status: frozenset[ProjectKind] = frozenset()
    """An existing unit commissioned after its levels came into force is new."""
    least_racks: int | None = None
    """Of data centres: standard racks from which on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare:
    """What a value is held against: exactly one of these."""

    kind: Compared
    op: Op | None = None
    number: Fraction | None = None
    high: Fraction | None = None
    benchmark: BenchmarkLevel | None = None
    limit_grade: int | None = None
    levels: frozenset[LightLevel] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Clear:
    """From where on a value counts as in order again; one of these. Keeps an alert from flapping at the limit."""

    number: Fraction | None = None
    margin: Fraction | None = None
    """Distance from the limit, in the unit of the value."""
    margin_percent: Fraction | None = None
    """The same in percent of the limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule of alerts. Times are in seconds."""

    slug: str
    indicator: str
    period: RulePeriod
    running: bool = False
    """The period at hand instead of the last complete one."""
    subject: RuleSubject
    scope: ScopeFilter = ScopeFilter()
    compare: Compare
    hold_s: int = 0
    """How long a breach must last before it fires."""
    clear: Clear | None = None
    coverage_least: float | None = None
    """Below it nothing is judged, 0 to 1; only more than the platform's own least says anything."""
    severity: Severity
    title: Words
    text: Words
    source: str
    place: str
    reopen_window_s: int = 86_400
    """A breach within this time after an alert was resolved continues the same alert."""
    repeat_s: int | None = None
    """While it fires it is told again after this time; None: never."""
    inhibits: bool = False
    """While it fires it holds back the alerts that depend on the readings it misses."""

    @property
    def is_of_indicator(self) -> bool:
        """Whether it speaks of an indicator of docs/indicators.md, and not of a further source."""
        return self.indicator in BY_SLUG

    @property
    def missing(self) -> MissingReadings | None:
        """Which readings are missing while it fires; None: it says nothing of that."""
        return missing_of(self.indicator)

    @property
    def stands_on_readings(self) -> bool:
        """Whether missing readings can be why it fires."""
        return stands_on_readings(self.indicator)


def parse(body: Mapping[str, Any]) -> Rule:
    """The rule of a body read from TOML or JSON. Raises RuleError at the first field that is wrong."""
    fields = Fields(body)
    indicator = fields.one_of("indicator", [*BY_SLUG, *SOURCES])
    compare = _compare(fields.table("compare"))
    rule = Rule(
        slug=fields.slug("slug"),
        indicator=indicator,
        period=RulePeriod(fields.one_of("period", [*RulePeriod])),
        running=fields.truth("running", default=False),
        subject=RuleSubject(fields.one_of("subject", [*RuleSubject])),
        scope=_scope(fields.table("scope")) if fields.has("scope") else ScopeFilter(),
        compare=compare,
        hold_s=fields.whole("hold_s", default=0, most=LONGEST_S),
        clear=_clear(fields.table("clear"), compare) if fields.has("clear") else None,
        coverage_least=fields.share("coverage_least"),
        severity=Severity(fields.one_of("severity", [*Severity])),
        title=read_words(fields, "title", most_characters=MOST_CHARACTERS["title"]),
        text=read_words(fields, "text", most_characters=MOST_CHARACTERS["text"]),
        source=fields.text("source", most_characters=MOST_CHARACTERS["source"]),
        place=fields.text("place", most_characters=MOST_CHARACTERS["place"]),
        reopen_window_s=fields.whole("reopen_window_s", default=86_400, most=LONGEST_S),
        repeat_s=fields.whole("repeat_s", least=60, most=LONGEST_S) if fields.has("repeat_s") else None,
        inhibits=_inhibits(fields, indicator),
    )
    fields.refuse_others()
    check_fits(
        rule.indicator,
        period=rule.period,
        running=rule.running,
        subject=rule.subject,
        compared=compare.kind,
        processes=rule.scope.processes,
        filters=_filters(rule.scope),
    )
    return rule


def _inhibits(fields: Fields, indicator: str) -> bool:
    given = fields.truth("inhibits", default=False)
    if given and indicator not in INHIBITING:
        raise RuleError(
            fields.path_of("inhibits"),
            f"only rules of {' and '.join(INHIBITING)} can hold others back",
            f"只有 {'、'.join(INHIBITING)} 的规则能抑制其他预警",
        )
    return given


def _filters(scope: ScopeFilter) -> frozenset[str]:
    return frozenset(name for name in scope.__slots__ if getattr(scope, name))


def _scope(fields: Fields) -> ScopeFilter:
    racks = fields.whole("least_racks", least=1, most=10_000_000) if fields.has("least_racks") else None
    found = ScopeFilter(
        areas=fields.texts(
            "areas", pattern="[0-9]{6}", written="a GB/T 2260 code of 6 digits", written_zh="六位 GB/T 2260 代码"
        ),
        park_kinds=fields.some_of("park_kinds", PARK_KINDS),
        trades=fields.texts("trades", pattern="[a-z0-9_]{1,64}", written="the code of a trade", written_zh="行业代码"),
        processes=fields.texts(
            "processes", pattern="[a-z0-9_]{1,64}", written="the code of a process", written_zh="工序代码"
        ),
        unit_status=frozenset(ProjectKind(kind) for kind in fields.some_of("unit_status", [*ProjectKind])),
        least_racks=racks,
    )
    fields.refuse_others()
    return found


def _compare(fields: Fields) -> Compare:
    kind = Compared(fields.exactly_one([str(kind) for kind in Compared]))
    if kind is Compared.NUMBER:
        op, number, high = Op(fields.one_of("op", [*Op])), fields.number("number"), None
        if op is Op.RANGE:
            high = fields.number("high")
            if high <= number:
                raise RuleError(fields.path_of("high"), "must be greater than number", "必须大于 number")
        found = Compare(kind=kind, op=op, number=number, high=high)
    elif kind is Compared.BENCHMARK:
        found = Compare(kind=kind, benchmark=BenchmarkLevel(fields.one_of("benchmark", [*BenchmarkLevel])))
    elif kind is Compared.LIMIT_GRADE:
        found = Compare(kind=kind, limit_grade=fields.whole("limit_grade", least=GRADES[0], most=GRADES[-1]))
    elif kind is Compared.TARGET:
        if not fields.truth("target"):
            raise RuleError(fields.path_of("target"), "must be true", "必须是 true")
        found = Compare(kind=kind)
    else:
        levels = frozenset(LightLevel(level) for level in fields.some_of("level", [*LightLevel]))
        if not levels:
            raise RuleError(fields.path_of("level"), "names no level", "未填写任何等级")
        found = Compare(kind=kind, levels=levels)
    fields.refuse_others()
    return found


def _clear(fields: Fields, compare: Compare) -> Clear:
    if compare.kind is Compared.LEVEL or compare.op is Op.RANGE:
        raise RuleError(
            fields.path_of(""), "a level or a range has no hysteresis: leave it out", "等级和区间没有回差，请不填此项"
        )
    kind = fields.exactly_one(["number", "margin", "margin_percent"])
    value = fields.number(kind)
    fields.refuse_others()
    if kind == "number":
        if compare.number is None:
            raise RuleError(
                fields.path_of("number"),
                "goes with a comparison with a number; use margin_percent",
                "仅用于与数值比较的规则；请改用 margin_percent",
            )
        upward = compare.op in (Op.ABOVE, Op.AT_LEAST)
        if (value > compare.number) if upward else (value < compare.number):
            raise RuleError(fields.path_of("number"), "lies on the side of the breach", "位于违规一侧")
        return Clear(number=value)
    if value < 0:
        raise RuleError(fields.path_of(kind), "must not be below zero", "不能小于零")
    return Clear(margin=value) if kind == "margin" else Clear(margin_percent=value)


def body_of(rule: Rule) -> dict[str, Any]:
    """The body that `parse` makes this rule of, as JSON can hold it; equal rules have equal bodies."""
    compare, clear, scope = rule.compare, rule.clear, rule.scope
    body: dict[str, Any] = {
        "slug": rule.slug,
        "indicator": rule.indicator,
        "period": str(rule.period),
        "running": rule.running,
        "subject": str(rule.subject),
        "scope": {name: _written(getattr(scope, name)) for name in scope.__slots__ if getattr(scope, name)},
        "compare": _compare_body(compare),
        "hold_s": rule.hold_s,
        "severity": str(rule.severity),
        "title": {"zh": rule.title.zh, "en": rule.title.en},
        "text": {"zh": rule.text.zh, "en": rule.text.en},
        "source": rule.source,
        "place": rule.place,
        "reopen_window_s": rule.reopen_window_s,
        "inhibits": rule.inhibits,
    }
    if clear is not None:
        body["clear"] = {name: float(given) for name in clear.__slots__ if (given := getattr(clear, name)) is not None}
    if rule.coverage_least is not None:
        body["coverage_least"] = rule.coverage_least
    if rule.repeat_s is not None:
        body["repeat_s"] = rule.repeat_s
    return body


def _compare_body(compare: Compare) -> dict[str, Any]:
    if compare.kind is Compared.NUMBER:
        numbers = {"number": compare.number, "high": compare.high}
        return {"op": str(compare.op), **{name: float(n) for name, n in numbers.items() if n is not None}}
    if compare.kind is Compared.BENCHMARK:
        return {"benchmark": str(compare.benchmark)}
    if compare.kind is Compared.LIMIT_GRADE:
        return {"limit_grade": compare.limit_grade}
    return {"target": True} if compare.kind is Compared.TARGET else {"level": sorted(compare.levels)}


def _written(given: frozenset[str] | int) -> list[str] | int:
    return given if isinstance(given, int) else sorted(str(each) for each in given)

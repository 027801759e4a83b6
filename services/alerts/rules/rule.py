"""A rule of alerts: what it may say, field by field, stands in docs/alerts.md. Pure."""

import enum
from dataclasses import dataclass
from fractions import Fraction

from services.alerts.rules.compatibility import Compared, MissingReadings, missing_of, stands_on_readings
from services.alerts.rules.words import Words
from services.judging.dual_control.warning import WarningLevel as LightLevel
from services.judging.indicators.listing import BY_SLUG
from services.judging.levels import BenchmarkLevel, ProjectKind

REOPEN_WINDOW_S = 86_400


class RulePeriod(enum.StrEnum):
    """Over what a rule judges: the last complete one, or the running one."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"
    ROLLING_YEAR = "rolling_12_months"
    YEAR = "year"
    NOW = "now"
    """No period: how something stands at the moment."""


_LEAST_LENGTH_S = {RulePeriod.HOUR: 3_600, RulePeriod.DAY: 86_400, RulePeriod.MONTH: 28 * 86_400}


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeFilter:
    """Which subjects a rule speaks of; what is empty matches all."""

    areas: frozenset[str] = frozenset()
    """Codes of areas of any level: what lies in one of them."""
    park_kinds: frozenset[str] = frozenset()
    trades: frozenset[str] = frozenset()
    processes: frozenset[str] = frozenset()
    unit_status: frozenset[ProjectKind] = frozenset()
    """An existing unit commissioned since the first edition of its levels is new, a data centre since the plan."""
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
    reopen_window_s: int = REOPEN_WINDOW_S
    """A breach within this time after an alert was resolved continues the same alert."""
    repeat_s: int | None = None
    """While it fires it is told again after this time; None: never."""
    settle_s: int | None = None
    """How long what it says must stand before it is told, but for what is severe and begins; None: by its period."""
    inhibits: bool = False
    """While it fires it holds back the alerts that depend on the readings it misses."""

    @property
    def is_of_indicator(self) -> bool:
        """Whether it speaks of an indicator of docs/indicators.md, and not of a further source."""
        return self.indicator in BY_SLUG

    @property
    def holds_for_periods(self) -> bool:
        """Whether its hold time is of whole periods, which count as what they are whenever their readings came."""
        length_s = _LEAST_LENGTH_S.get(self.period)
        return self.is_of_indicator and not self.running and length_s is not None and self.hold_s >= length_s

    @property
    def missing(self) -> MissingReadings | None:
        """Which readings are missing while it fires; None: it says nothing of that."""
        return missing_of(self.indicator)

    @property
    def stands_on_readings(self) -> bool:
        """Whether missing readings can be why it fires."""
        return stands_on_readings(self.indicator)

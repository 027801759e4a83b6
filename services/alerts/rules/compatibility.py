"""Of what a rule can speak: which subjects, periods and comparisons go with an indicator or a further source. Pure."""

import enum
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from services.alerts.rules.fault import RuleError
from services.judging.indicators.kinds import Indicator, IndicatorLevel
from services.judging.indicators.listing import BY_SLUG
from services.quality.checks.kinds import CHECKS, alerted_checks


class Compared(enum.StrEnum):
    """With what a value is compared, named by the field that says so."""

    NUMBER = "number"
    BENCHMARK = "benchmark"
    LIMIT_GRADE = "limit_grade"
    TARGET = "target"
    LEVEL = "level"


class MissingReadings(enum.StrEnum):
    """Of what readings are missing while an alert fires, by which it can hold others back."""

    OF_GATEWAY = "of_gateway"
    """Those of every meter behind the gateway."""
    OF_SUBJECT = "of_subject"
    """Some of those of its subject."""


@dataclass(frozen=True, slots=True)
class RuleSource:
    """Something besides the indicators that a rule can speak of."""

    subjects: tuple[str, ...]
    period: str
    running: bool
    compared: Compared
    unit: str
    filters: frozenset[str]
    missing: MissingReadings | None = None
    stands_on_readings: bool = True
    """Whether missing readings can be why it fires; not where the registry or the silence itself is judged."""


AREAS = ("banner", "league", "region", "area")
_OF_UNITS = frozenset({"areas", "park_kinds", "trades", "processes", "unit_status", "least_racks"})
_OF_ENTERPRISES = frozenset({"areas", "park_kinds", "trades"})
_OF_PARKS = frozenset({"areas", "park_kinds"})
_OF_AREAS = frozenset({"areas"})
FILTERS: Mapping[str, frozenset[str]] = {
    "unit": _OF_UNITS,
    "enterprise": _OF_ENTERPRISES,
    "park": _OF_PARKS,
    "gateway": _OF_ENTERPRISES,
    "meter": _OF_ENTERPRISES,
    **dict.fromkeys(AREAS, _OF_AREAS),
}

CHECK_PREFIX = "check_"
"""Before the slug of a check of data quality."""
_OF_LISTED = frozenset({"areas", "park_kinds", "trades", "processes"})
SOURCES: Mapping[str, RuleSource] = {
    "retrofit_days_left": RuleSource(
        ("unit",), "rolling_12_months", False, Compared.NUMBER, "d", _OF_LISTED, stands_on_readings=False
    ),
    "energy_above_approved": RuleSource(("unit",), "rolling_12_months", False, Compared.NUMBER, "tce", _OF_LISTED),
    "dual_control_intensity": RuleSource(AREAS, "year", False, Compared.LEVEL, "%", _OF_AREAS),
    "dual_control_total": RuleSource(AREAS, "year", False, Compared.LEVEL, "tce", _OF_AREAS),
    "month_energy_budget": RuleSource(("unit", "enterprise", *AREAS), "month", True, Compared.NUMBER, "%", _OF_LISTED),
    "gateway_silence_s": RuleSource(
        ("gateway",),
        "now",
        False,
        Compared.NUMBER,
        "s",
        _OF_ENTERPRISES,
        missing=MissingReadings.OF_GATEWAY,
        stands_on_readings=False,
    ),
    "emission_of_limit": RuleSource(
        ("gateway",), "now", False, Compared.NUMBER, "%", _OF_ENTERPRISES, stands_on_readings=False
    ),
    "monitor_silence_s": RuleSource(
        ("gateway",), "now", False, Compared.NUMBER, "s", _OF_ENTERPRISES, stands_on_readings=False
    ),
    "emission_stuck_h": RuleSource(
        ("gateway",), "now", False, Compared.NUMBER, "h", _OF_ENTERPRISES, stands_on_readings=False
    ),
    "emission_zero_h": RuleSource(
        ("gateway",), "now", False, Compared.NUMBER, "h", _OF_ENTERPRISES, stands_on_readings=False
    ),
    "calibration_days_left": RuleSource(
        ("meter",), "now", False, Compared.NUMBER, "d", _OF_ENTERPRISES, stands_on_readings=False
    ),
    **{
        f"{CHECK_PREFIX}{slug}": RuleSource(
            AREAS if CHECKS[slug].subject == "area" else (CHECKS[slug].subject,),
            CHECKS[slug].period,
            False,
            Compared.NUMBER,
            CHECKS[slug].unit,
            _OF_AREAS if CHECKS[slug].subject == "area" else _OF_ENTERPRISES,
        )
        for slug in alerted_checks()
    },
}
"""Besides the indicators: what stands in other judgements and in the registry."""


def missing_of(slug: str) -> MissingReadings | None:
    """Which readings an alert on this indicator or source says are missing."""
    if slug in SOURCES:
        return SOURCES[slug].missing
    return MissingReadings.OF_SUBJECT if BY_SLUG[slug].tells_missing else None


def stands_on_readings(slug: str) -> bool:
    """Whether missing readings can be why an alert on this indicator or source fires."""
    return slug not in SOURCES or SOURCES[slug].stands_on_readings


INHIBITING = tuple(slug for slug in (*BY_SLUG, *SOURCES) if missing_of(slug) is not None)
"""What can hold other alerts back: all say that readings are missing on which the others stand."""
EITHER_YEAR = frozenset({"dual_control_intensity", "dual_control_total"})
"""Sources that can speak of the last complete year, and of the forecast of the running one."""

SUBJECTS: Mapping[IndicatorLevel, tuple[str, ...]] = {
    IndicatorLevel.UNIT: ("unit", "enterprise", *AREAS, "park"),
    IndicatorLevel.ENTERPRISE: ("enterprise", *AREAS, "park"),
    IndicatorLevel.PLACE: ("unit", "enterprise", *AREAS, "park"),
    IndicatorLevel.AREA: AREAS,
    IndicatorLevel.PARK: ("park",),
}
_YEARS = ("year", "rolling_12_months")


def check_fits(
    slug: str,
    *,
    period: str,
    running: bool,
    subject: str,
    compared: Compared,
    processes: Collection[str],
    filters: frozenset[str],
) -> None:
    """Raise RuleError where the parts of a rule do not go together."""
    if slug in SOURCES:
        _check_source(slug, SOURCES[slug], period=period, running=running, subject=subject, compared=compared)
        allowed = SOURCES[slug].filters & FILTERS[subject]
    else:
        indicator = BY_SLUG[slug]
        _check_indicator(indicator, period=period, running=running, subject=subject, compared=compared)
        allowed = _filters_of(indicator, subject)
        if indicator.by_process and subject != "unit" and len(processes) != 1:
            raise RuleError("scope.processes", "one_process", slug=slug, subject=subject)
    for name in sorted(filters - allowed):
        known = ", ".join(sorted(allowed))
        raise RuleError(f"scope.{name}", "does_not_narrow", slug=slug, subject=subject, known=known)


def _filters_of(indicator: Indicator, subject: str) -> frozenset[str]:
    if indicator.level is IndicatorLevel.UNIT and subject == "region":
        return _OF_UNITS
    return FILTERS[subject] | {"processes"} if indicator.by_process else FILTERS[subject]


def _check_source(
    slug: str, source: RuleSource, *, period: str, running: bool, subject: str, compared: Compared
) -> None:
    if subject not in source.subjects:
        raise RuleError("subject", "source_subject", slug=slug, known=", ".join(source.subjects), subject=subject)
    if period != source.period:
        raise RuleError("period", "source_period", slug=slug, known=source.period)
    if running != source.running and slug not in EITHER_YEAR:
        raise RuleError("running", "source_running", slug=slug, known=str(source.running).lower())
    if compared is not source.compared:
        raise RuleError("compare", "source_compare", slug=slug, known=source.compared)


def _check_indicator(indicator: Indicator, *, period: str, running: bool, subject: str, compared: Compared) -> None:
    slug, subjects = indicator.slug, SUBJECTS[indicator.level]
    if subject not in subjects:
        raise RuleError("subject", "indicator_subject", slug=slug, known=", ".join(subjects), subject=subject)
    if period == "now":
        raise RuleError("period", "formed_over_time", slug=slug)
    if running and period == "rolling_12_months":
        raise RuleError("running", "twelve_complete_months")
    if compared is Compared.LEVEL:
        raise RuleError("compare.level", "no_warning_levels", slug=slug)
    if compared in (Compared.BENCHMARK, Compared.LIMIT_GRADE) and (
        indicator.level is not IndicatorLevel.UNIT or subject != "unit"
    ):
        raise RuleError(f"compare.{compared}", "only_of_units")
    if compared is not Compared.NUMBER and period == "hour":
        raise RuleError("period", "not_of_hours")
    if indicator.yearly and compared is Compared.TARGET and (period not in _YEARS or running):
        raise RuleError("period", "only_of_years", slug=slug)

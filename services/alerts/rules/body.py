"""The body of a rule of alerts, as rules.toml and the API give it: read strictly, so that a mistyped word is told and
never overlooked; and written. Pure.

What a rule may say, field by field: docs/alerts.md.
"""

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    PlainValidator,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_core import ErrorDetails

from services.alerts.rules import fields
from services.alerts.rules.compatibility import INHIBITING, SOURCES, Compared, check_fits
from services.alerts.rules.fault import RuleError
from services.alerts.rules.fields import Distance, Filled, Number, OnlyTrue, Share, Slug, Truth, fault, one_of, whole
from services.alerts.rules.rule import (
    REOPEN_WINDOW_S,
    Clear,
    Compare,
    Op,
    Rule,
    RulePeriod,
    RuleSubject,
    ScopeFilter,
    Severity,
)
from services.alerts.rules.words import Words
from services.core.reason import InBoth
from services.judging.dual_control.warning import WarningLevel
from services.judging.indicators.judged_by import ParkKind
from services.judging.indicators.listing import BY_SLUG
from services.judging.levels import BenchmarkLevel, ProjectKind

LONGEST_S = 366 * 86_400
LONGEST_SETTLE_S = 3_600


class _Table(BaseModel):
    """Some fields; null counts as left out, and what is not known is refused after all that is known was read."""

    model_config = ConfigDict(extra="allow", frozen=True)

    @classmethod
    def known(cls) -> set[str]:
        """The fields that may be given here."""
        return set(cls.model_fields)

    @model_validator(mode="before")
    @classmethod
    def _without_null(cls, given: object) -> dict[str, Any]:
        return {name: value for name, value in _table(given).items() if value is not None or name not in cls.known()}

    @model_validator(mode="after")
    def _refuse_others(self) -> Self:
        for name in self.model_extra or ():
            raise fault("not_known", at=name or '""', known=", ".join(sorted(self.known())))
        return self


def _table(given: object) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise fault("not_a_table")
    return given


def _fields(table: _Table) -> dict[str, Any]:
    return {name: getattr(table, name) for name in type(table).model_fields}


def _made(make: Callable[..., Any], of: type[_Table]) -> PlainValidator:
    """What is made of the fields of a table."""
    return PlainValidator(lambda given: make(**_fields(of.model_validate(given))))


def _only_one(given: object, names: Iterable[str]) -> str:
    """Which of these fields a table has."""
    known = [str(name) for name in names]
    found = [name for name in known if _table(given).get(name) is not None]
    if len(found) != 1:
        raise fault("not_exactly_one", known=", ".join(known))
    return found[0]


class _Title(_Table):
    zh: Annotated[Filled, fields.at_most(200), fields.WITH_PLACES]
    en: Annotated[Filled, fields.at_most(200), fields.WITH_PLACES]


class _Text(_Table):
    zh: Annotated[Filled, fields.at_most(2000), fields.WITH_PLACES]
    en: Annotated[Filled, fields.at_most(2000), fields.WITH_PLACES]


class _Scope(_Table):
    areas: Annotated[frozenset[str], fields.codes("[0-9]{6}", "not_an_area_code")] = frozenset()
    park_kinds: Annotated[frozenset[str], fields.list_of(one_of(ParkKind))] = frozenset()
    trades: Annotated[frozenset[str], fields.codes("[a-z0-9_]{1,64}", "not_a_trade_code")] = frozenset()
    processes: Annotated[frozenset[str], fields.codes("[a-z0-9_]{1,64}", "not_a_process_code")] = frozenset()
    unit_status: Annotated[frozenset[ProjectKind], fields.list_of(one_of(ProjectKind))] = frozenset()
    least_racks: Annotated[int | None, whole(least=1, most=10_000_000)] = None


class _Compare(_Table):
    """With what a value is compared; each kind has fields of its own."""

    @classmethod
    def known(cls) -> set[str]:
        """Its own fields, and those of the other kinds, which may be null."""
        return super().known() | {str(kind) for kind in Compared}


class _WithNumber(_Compare):
    op: Annotated[Op, one_of(Op)]
    number: Number


class _WithRange(_WithNumber):
    high: Number

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if self.high <= self.number:
            raise fault("high_not_above_number", at="high")
        return self


class _WithBenchmark(_Compare):
    benchmark: Annotated[BenchmarkLevel, one_of(BenchmarkLevel)]


class _WithGrade(_Compare):
    limit_grade: Annotated[int, whole(least=1, most=3)]


class _WithTarget(_Compare):
    target: OnlyTrue


class _WithLevel(_Compare):
    level: Annotated[frozenset[WarningLevel], fields.list_of(one_of(WarningLevel))]


_COMPARES: Mapping[Compared, type[_Compare]] = {
    Compared.NUMBER: _WithNumber,
    Compared.BENCHMARK: _WithBenchmark,
    Compared.LIMIT_GRADE: _WithGrade,
    Compared.TARGET: _WithTarget,
    Compared.LEVEL: _WithLevel,
}


def _compare(given: object) -> Compare:
    kind = Compared(_only_one(given, Compared))
    is_range = kind is Compared.NUMBER and _table(given).get("op") == Op.RANGE
    says = _fields((_WithRange if is_range else _COMPARES[kind]).model_validate(given))
    if kind is Compared.TARGET:
        return Compare(kind=kind)
    return Compare(kind=kind, levels=says["level"]) if kind is Compared.LEVEL else Compare(kind=kind, **says)


class _Clear(_Table):
    number: Number | None = None
    margin: Distance | None = None
    margin_percent: Distance | None = None


def _clear(given: object, before: ValidationInfo) -> Clear:
    """Where a value counts as in order; `before`: the fields before it, without those that are wrong."""
    compare: Compare | None = before.data.get("compare")
    if compare is not None and (compare.kind is Compared.LEVEL or compare.op is Op.RANGE):
        raise fault("no_hysteresis")
    _only_one(given, _Clear.model_fields)
    clear = Clear(**_fields(_Clear.model_validate(given)))
    if compare is not None and clear.number is not None:
        _check_clears(clear.number, compare)
    return clear


def _check_clears(number: Fraction, compare: Compare) -> None:
    if compare.number is None:
        raise fault("no_number_to_clear", at="number")
    upward = compare.op in (Op.ABOVE, Op.AT_LEAST)
    if (number > compare.number) if upward else (number < compare.number):
        raise fault("clears_in_breach", at="number")


def _indicator(given: object) -> str:
    known = [*BY_SLUG, *SOURCES]
    if given not in known:
        raise fault("not_one_of", given=repr(given), known=", ".join(known))
    return str(given)


def _inhibits(given: bool, before: ValidationInfo) -> bool:
    if given and before.data.get("indicator") not in INHIBITING:
        raise fault("cannot_inhibit", known=InBoth(" and ".join(INHIBITING), "、".join(INHIBITING)))
    return given


class RuleBody(_Table):
    """A rule as it is written; fields as in Rule. The first fault in this order is the one that is told."""

    indicator: Annotated[str, PlainValidator(_indicator)]
    compare: Annotated[Compare, PlainValidator(_compare)]
    slug: Slug
    period: Annotated[RulePeriod, one_of(RulePeriod)]
    running: Truth = False
    subject: Annotated[RuleSubject, one_of(RuleSubject)]
    scope: Annotated[ScopeFilter, _made(ScopeFilter, _Scope)] = ScopeFilter()
    hold_s: Annotated[int, whole(most=LONGEST_S)] = 0
    clear: Annotated[Clear | None, PlainValidator(_clear)] = None
    coverage_least: Share | None = None
    severity: Annotated[Severity, one_of(Severity)]
    title: Annotated[Words, _made(Words, _Title)]
    text: Annotated[Words, _made(Words, _Text)]
    source: Annotated[Filled, fields.at_most(300)]
    place: Annotated[Filled, fields.at_most(500)]
    reopen_window_s: Annotated[int, whole(most=LONGEST_S)] = REOPEN_WINDOW_S
    repeat_s: Annotated[int | None, whole(least=60, most=LONGEST_S)] = None
    settle_s: Annotated[int | None, whole(most=LONGEST_SETTLE_S)] = None
    inhibits: Annotated[Truth, AfterValidator(_inhibits)] = False


def parse(body: Mapping[str, Any]) -> Rule:
    """The rule of a body read from TOML or JSON. Raises RuleError at the first field that is wrong."""
    try:
        rule = Rule(**_fields(RuleBody.model_validate(body)))
    except ValidationError as error:
        raise _rule_error(error.errors(include_url=False)[0]) from None
    check_fits(
        rule.indicator,
        period=rule.period,
        running=rule.running,
        subject=rule.subject,
        compared=rule.compare.kind,
        processes=rule.scope.processes,
        filters=frozenset(_narrowing(rule.scope)),
    )
    return rule


def _rule_error(error: ErrorDetails) -> RuleError:
    mentions = dict(error.get("ctx", {}))
    names = [*(part for part in error["loc"] if isinstance(part, str)), mentions.pop("at", "")]
    return RuleError(".".join(filter(None, names)) or "rule", error["type"], **mentions)


def _narrowing(scope: ScopeFilter) -> dict[str, Any]:
    """The fields of a scope that are given."""
    return {name: given for name in scope.__slots__ if (given := getattr(scope, name))}


def body_of(rule: Rule) -> dict[str, Any]:
    """The body that `parse` makes this rule of, as JSON can hold it; equal rules have equal bodies."""
    clear = rule.clear
    body: dict[str, Any] = {
        "slug": rule.slug,
        "indicator": rule.indicator,
        "period": str(rule.period),
        "running": rule.running,
        "subject": str(rule.subject),
        "scope": {name: _written(given) for name, given in _narrowing(rule.scope).items()},
        "compare": _compare_body(rule.compare),
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
    if rule.settle_s is not None:
        body["settle_s"] = rule.settle_s
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

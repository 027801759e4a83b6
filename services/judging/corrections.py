"""What a limit standard adds to a limit, or takes away, for a property of the unit. Pure, exact.

A formula is data: rows of one of a few forms. A limit of None is none at all: the unit is not judged, or there is no
telling how much the standard allows.
"""

import enum
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

InputValue = Fraction | str
"""A number, 1 or 0 of what is so or not, or one of the choices."""
Limit = Fraction | None


class CorrectionForm(enum.StrEnum):
    """How a row of a formula reads its input `x`."""

    LINEAR = "linear"
    """+ value × (x - base) / per; the difference kept within low and high."""
    ABOVE = "above"
    """+ value where x is above base; of several rows the one with the greatest such base."""
    POINTS = "points"
    """+ value at x = base; between two rows the straight line, beyond them the outer one."""
    FLAG = "flag"
    """+ value where x is so."""
    CASE = "case"
    """+ value where x is the case."""
    EXEMPT = "exempt"
    """No limit where x is the case."""
    TIMES = "times"
    """× (base + value × x / per)."""
    DIVIDE = "divide"
    """÷ (1 + value × x)."""


TOGETHER = frozenset({CorrectionForm.ABOVE, CorrectionForm.POINTS, CorrectionForm.CASE})
"""Forms of which several rows of an input make one term."""
FACTORS = frozenset({CorrectionForm.TIMES, CorrectionForm.DIVIDE})


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionPart:
    """A row of a formula."""

    row: str
    value: Fraction
    of_limit: bool = False
    """Whether the value is in % of the limit as printed."""
    base: Fraction = Fraction(0)
    per: Fraction = Fraction(1)
    low: Fraction | None = None
    high: Fraction | None = None
    case: str = ""

    def added(self, printed: Fraction) -> Fraction:
        """The value in the unit of the limit."""
        return printed * self.value / 100 if self.of_limit else self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Only where an input is above a number."""

    input: str
    above: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionTerm:
    """One term of a formula: what one input does to the limit."""

    input: str
    form: CorrectionForm
    parts: tuple[CorrectionPart, ...]
    condition: Condition | None = None

    def applied(self, limit: Limit, given: InputValue, printed: Fraction) -> Limit:
        """The limit after this term; `printed` is it before any."""
        if limit is None:
            return None
        first = self.parts[0]
        if self.form is CorrectionForm.EXEMPT:
            return None if given == first.case else limit
        if self.form is CorrectionForm.CASE:
            return limit + sum((part.added(printed) for part in self.parts if part.case == given), Fraction(0))
        if isinstance(given, str):
            raise TypeError(f"{self.input} must be a number, not {given!r}")
        if self.form is CorrectionForm.TIMES:
            return limit * (first.base + first.value * given / first.per)
        if self.form is CorrectionForm.DIVIDE:
            return limit / (1 + first.value * given)
        return limit + self._sum(given, printed)

    def _sum(self, given: Fraction, printed: Fraction) -> Fraction:
        first = self.parts[0]
        if self.form is CorrectionForm.FLAG:
            return first.added(printed) if given else Fraction(0)
        if self.form is CorrectionForm.ABOVE:
            passed = [part for part in self.parts if given > part.base]
            return max(passed, key=lambda part: part.base).added(printed) if passed else Fraction(0)
        if self.form is CorrectionForm.POINTS:
            return _between(self.parts, given)
        apart = given - first.base
        apart = apart if first.low is None else max(apart, first.low)
        apart = apart if first.high is None else min(apart, first.high)
        return first.value * apart / first.per

    def extremes(self, allowed: "AllowedInput") -> Sequence[InputValue | None]:
        """Inputs at which the term is greatest or least, of all that are allowed.

        None stands for no end: in the first place of a low one, in the second of a high one.
        """
        if self.form in (CorrectionForm.CASE, CorrectionForm.EXEMPT):
            return allowed.choices
        if self.form is CorrectionForm.FLAG:
            return Fraction(0), Fraction(1)
        first = self.parts[0]
        if self.form is CorrectionForm.LINEAR:
            low = allowed.low if first.low is None else _greatest(allowed.low, first.base + first.low)
            high = allowed.high if first.high is None else _least(allowed.high, first.base + first.high)
            return low, high
        if self.form in FACTORS:
            return allowed.low, allowed.high
        # steps and points: at each of them and just beyond
        bases = [part.base for part in self.parts]
        return [*bases, max(bases) + 1]


def _between(points: Sequence[CorrectionPart], given: Fraction) -> Fraction:
    ordered = sorted(points, key=lambda part: part.base)
    if given <= ordered[0].base:
        return ordered[0].value
    for before, after in pairwise(ordered):
        if given <= after.base:
            share = (given - before.base) / (after.base - before.base)
            return before.value + share * (after.value - before.value)
    return ordered[-1].value


def _greatest(one: Fraction | None, other: Fraction) -> Fraction:
    return other if one is None else max(one, other)


def _least(one: Fraction | None, other: Fraction) -> Fraction:
    return other if one is None else min(one, other)


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowedInput:
    """What an input may be. None: no end is known."""

    low: Fraction | None = None
    high: Fraction | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GivenInput:
    """What a unit gave for an input over a period."""

    values: tuple[InputValue, ...]
    whole: bool = True
    """Whether it gave it for all of the period."""


@dataclass(frozen=True, slots=True)
class CorrectedLimit:
    """A limit after its corrections, of which some may not be known."""

    low: Limit
    """By what is given; of what is not, nothing added."""
    high: Limit
    """With the most that could be allowed for what is not given."""
    applied: tuple[tuple[CorrectionTerm, GivenInput], ...]
    """The terms for which something is given."""
    wanted: tuple[str, ...]
    """Inputs not given, or not for all of the period, that could raise it, or on which hangs whether a term counts."""


def corrected(
    printed: Fraction,
    terms: Iterable[CorrectionTerm],
    given: Mapping[str, GivenInput],
    allowed: Mapping[str, AllowedInput],
) -> CorrectedLimit:
    """The limit after these terms, in their order."""
    low: Limit = printed
    high: Limit = printed
    applied, wanted = [], []
    for term in terms:
        known = given.get(term.input, GivenInput((), whole=False))
        holds, sure = _holds(term.condition, given)
        if not holds:
            continue
        lows = [term.applied(low, each, printed) for each in known.values]
        highs = [term.applied(high, each, printed) for each in known.values]
        if known.values:
            applied.append((term, known))
        if not known.whole:
            lows.append(low)
            highs += [high, _most(term, high, printed, allowed[term.input])]
            if _above(_most(term, low, printed, allowed[term.input]), low):
                wanted.append(term.input)
        elif len(set(known.values)) > 1:
            wanted.append(term.input)
        if not sure:
            lows.append(low)
            highs.append(high)
            if term.condition is not None and _above(_highest(highs), _lowest(lows)):
                wanted.append(term.condition.input)
        low, high = _lowest(lows), _highest(highs)
    return CorrectedLimit(low, high, tuple(applied), tuple(dict.fromkeys(wanted)))


def _holds(condition: Condition | None, given: Mapping[str, GivenInput]) -> tuple[bool, bool]:
    """Whether a term may count, and whether it surely does."""
    if condition is None:
        return True, True
    known = given.get(condition.input, GivenInput((), whole=False))
    above = [isinstance(each, Fraction) and each > condition.above for each in known.values]
    return any(above) or not known.whole, bool(above) and all(above) and known.whole


def _most(term: CorrectionTerm, limit: Limit, printed: Fraction, allowed: AllowedInput) -> Limit:
    """The most that the term could make of the limit."""
    results = [limit]
    for position, each in enumerate(term.extremes(allowed)):
        if each is not None:
            results.append(term.applied(limit, each, printed))
        elif _grows(term, limit, toward_high=position > 0):
            return None
    return _highest(results)


def _grows(term: CorrectionTerm, limit: Limit, *, toward_high: bool) -> bool:
    """Whether an input without end makes the limit grow without end."""
    rises = term.parts[0].value > 0
    if term.form is CorrectionForm.DIVIDE:
        rises = not rises
    if term.form in FACTORS and limit is not None and limit < 0:
        rises = not rises
    return rises is toward_high


def _by_size(limits: Iterable[Limit], choose: Callable[[Iterable[Fraction]], Fraction]) -> Limit:
    return choose(limit for limit in limits if limit is not None)


def _lowest(limits: Sequence[Limit]) -> Limit:
    return None if all(limit is None for limit in limits) else _by_size(limits, min)


def _highest(limits: Sequence[Limit]) -> Limit:
    return None if any(limit is None for limit in limits) else _by_size(limits, max)


def _above(one: Limit, other: Limit) -> bool:
    if other is None:
        return False
    return one is None or one > other

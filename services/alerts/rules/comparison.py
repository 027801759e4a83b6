"""Holds a value against what a rule requires, with hysteresis for clearing. Pure, exact."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from services.alerts.rules.rule import Clear, Compare, Op
from services.core.told_apart import plain
from services.core.verdict import Verdict

Reasons = tuple[tuple[str, str], ...]
PERCENT = 100
_REQUIRED = {Op.ABOVE: "<=", Op.AT_LEAST: "<", Op.BELOW: ">=", Op.AT_MOST: ">"}
_BREACH = {
    Op.ABOVE: lambda value, number: value > number,
    Op.AT_LEAST: lambda value, number: value >= number,
    Op.BELOW: lambda value, number: value < number,
    Op.AT_MOST: lambda value, number: value <= number,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What a value must keep. `met` is None where it does not bind yet: a target for a later year."""

    what: str
    """number, benchmark, baseline, grade_1 to grade_3 or target."""
    op: str
    """How a value in order stands to `limit`."""
    limit: Fraction
    met: bool | None
    row: str = ""
    """Code of the row in the data files."""


@dataclass(frozen=True, slots=True)
class ComparisonOutcome:
    """What the comparison says."""

    verdict: Verdict
    cleared: bool
    limit: Fraction
    reasons: Reasons


def required_by(compare: Compare, value: Fraction) -> Requirement:
    """The requirement that a comparison with a number makes."""
    assert compare.op is not None
    assert compare.number is not None
    if compare.op is Op.RANGE:
        assert compare.high is not None
        outside = not compare.number <= value <= compare.high
        return Requirement(what="number", op="outside", limit=compare.high, met=outside)
    met = not _BREACH[compare.op](value, compare.number)
    return Requirement(what="number", op=_REQUIRED[compare.op], limit=compare.number, met=met)


def outcome(
    value: Fraction, requirements: Sequence[Requirement], clear: Clear | None, *, lower_is_better: bool
) -> ComparisonOutcome:
    """In breach of any requirement, in order with all; cannot be judged where none of them binds."""
    binding = [required for required in requirements if required.met is not None]
    if not binding:
        return ComparisonOutcome(Verdict.CANNOT_JUDGE, False, requirements[0].limit, (("target_not_due", ""),))
    missed = [required for required in binding if not required.met]
    if missed:
        return ComparisonOutcome(
            Verdict.BREACH, False, missed[0].limit, tuple(_reason(required) for required in missed)
        )
    cleared = all(_is_clear(value, required, clear, lower_is_better=lower_is_better) for required in binding)
    return ComparisonOutcome(Verdict.OK, cleared, binding[0].limit, tuple(_reason(required) for required in binding))


def _reason(required: Requirement) -> tuple[str, str]:
    if required.row:
        return ("met" if required.met else "missed", required.row)
    return ("number_kept" if required.met else "number_missed", f"{required.op} {plain(required.limit)}")


def _is_clear(value: Fraction, required: Requirement, clear: Clear | None, *, lower_is_better: bool) -> bool:
    """Whether a value that keeps the requirement lies on the far side of the hysteresis."""
    if clear is None or required.op in ("=", "outside", "range"):
        return True
    lower = required.op in ("<", "<=") or (required.op == "~" and lower_is_better)
    if clear.number is not None:
        return value <= clear.number if lower else value >= clear.number
    margin = clear.margin if clear.margin is not None else Fraction(0)
    if clear.margin_percent is not None:
        margin = abs(required.limit) * clear.margin_percent / PERCENT
    return value <= required.limit - margin if lower else value >= required.limit + margin

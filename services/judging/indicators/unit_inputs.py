"""What units gave of themselves, as it held over a period. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Protocol

from services.judging.corrections import GivenInput, InputValue


@dataclass(frozen=True, slots=True)
class DatedInput:
    """An input of a unit from a day on, until the next of the same name."""

    input: str
    valid_from: date
    value: InputValue
    source: str


class WithInputs(Protocol):
    """A unit, as far as its inputs are known."""

    @property
    def process(self) -> str | None: ...
    @property
    def commissioned_on(self) -> date | None: ...
    @property
    def inputs(self) -> tuple[DatedInput, ...]: ...


def dated_inputs(rows: Iterable[Mapping[str, Any]]) -> tuple[DatedInput, ...]:
    """The inputs of a unit from the rows of the database, the oldest first."""
    return tuple(
        DatedInput(row["input"], date.fromisoformat(row["valid_from"]), _value(row), row["source"]) for row in rows
    )


def _value(row: Mapping[str, Any]) -> InputValue:
    if row["choice"] is not None:
        return str(row["choice"])
    return Fraction(Decimal(str(row["value"])))


def given_over(unit: WithInputs, first: date, last: date) -> Mapping[str, GivenInput]:
    """What held from `first` to `last`, both included; before it was commissioned nothing is asked of a unit."""
    first = first if unit.commissioned_on is None else min(last, max(first, unit.commissioned_on))
    by_name: dict[str, list[DatedInput]] = {}
    for each in sorted(unit.inputs, key=lambda dated: dated.valid_from):
        by_name.setdefault(each.input, []).append(each)
    found = {}
    for name, dated in by_name.items():
        begun = [each for each in dated if each.valid_from <= first]
        held = [*begun[-1:], *(each for each in dated if first < each.valid_from <= last)]
        if held:
            found[name] = GivenInput(tuple(dict.fromkeys(each.value for each in held)), whole=bool(begun))
    return found

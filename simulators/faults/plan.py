"""Which faults are wanted, and how often."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from simulators.faults.placed import PlacedFault


class FaultPlanError(ValueError):
    """The faults asked for cannot be read; the message says what is wrong and what is possible."""


@dataclass(frozen=True)
class FaultKind:
    per: str
    effect: str
    truth: str


FAULTS: dict[str, FaultKind] = {
    "duplicates": FaultKind(
        "message",
        "sent twice: as it is, or its readings again in a later message with another seq",
        "energy unchanged",
    ),
    "shuffle": FaultKind(
        "message", "leaves after up to 8 later messages, its readings in another order", "energy unchanged"
    ),
    "late": FaultKind(
        "6 hours of a gateway",
        "everything of these hours is kept back and comes in one burst, 60 messages later",
        "energy unchanged",
    ),
    "lost_connection": FaultKind(
        "message", "after it the line breaks without a word, for up to 3 s", "energy unchanged"
    ),
    "reset": FaultKind(
        "counter reading", "the register begins again at zero after the reading before", "energy unchanged"
    ),
    "rollover": FaultKind(
        "counter with a known register size",
        "begins so near its top that it rolls over within days (new state only)",
        "energy unchanged",
    ),
    "swap": FaultKind(
        "counter reading",
        "the meter is replaced between two readings; the record goes to the API, or is printed",
        "energy unchanged, once the record is known",
    ),
    "clock_drift": FaultKind(
        "gateway", "its clock goes wrong by up to 4 minutes, there and back in 60 days", "energy moves by minutes"
    ),
}


@dataclass(frozen=True)
class FaultPlan:
    """rates: fault -> share (0 to 1) of what FAULTS says it is counted per. placed: those whose place is known."""

    seed: int = 0
    rates: Mapping[str, float] = field(default_factory=dict)
    placed: tuple[PlacedFault, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing goes wrong."""
        return not self.rates and not self.placed

    def rate(self, fault: str) -> float:
        return self.rates.get(fault, 0.0)


def parse_plan(text: str, *, seed: int) -> FaultPlan:
    """`duplicates=0.05,shuffle=0.2`, or a TOML file with these lines under [faults]. Raises FaultPlanError."""
    if text.endswith(".toml"):
        return _plan_of(_read(Path(text)), seed)
    pairs: dict[str, object] = {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        name, sep, rate = item.partition("=")
        if not sep:
            raise FaultPlanError(f"{item!r}: write fault=rate, for example duplicates=0.05")
        pairs[name.strip()] = rate.strip()
    return _plan_of(pairs, seed)


def _read(path: Path) -> Mapping[str, object]:
    try:
        with path.open("rb") as file:
            content = tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise FaultPlanError(f"fault file {path}: {error}") from error
    faults = content.get("faults")
    if not isinstance(faults, dict):
        raise FaultPlanError(f"fault file {path}: the table [faults] is missing")
    return faults


def _plan_of(pairs: Mapping[str, object], seed: int) -> FaultPlan:
    rates = {}
    for name, value in pairs.items():
        if name not in FAULTS:
            raise FaultPlanError(f"unknown fault {name!r}; there are {', '.join(FAULTS)}")
        try:
            rate = float(str(value))
        except ValueError as error:
            raise FaultPlanError(f"{name}={value}: the rate is no number") from error
        if not 0.0 <= rate <= 1.0:
            raise FaultPlanError(f"{name}={value}: a rate lies between 0 and 1")
        rates[name] = rate
    return FaultPlan(seed=seed, rates=rates)

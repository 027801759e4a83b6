"""What a meter measures and how its readings are judged."""

import enum
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from itertools import groupby, takewhile
from typing import NamedTuple

from services.core.calendar import OPEN_END_US, OPEN_START_US
from services.core.units import factor_to

PICO = 10**12
# No real meter books more than this in 15 minutes (8 GW of electricity); it also keeps four slots in a bigint.
MOST_PER_SLOT_PICO = 2_000_000 * PICO


class Kind(enum.StrEnum):
    """How a meter tells its quantity."""

    COUNTER = "counter"
    INTERVAL = "interval"
    GAUGE = "gauge"


class Flow(enum.StrEnum):
    """Which way a quantity counts."""

    INPUT = "input"
    OUTPUT = "output"
    FEEDSTOCK = "feedstock"
    RENEWABLE = "renewable"
    PRODUCT = "product"
    SUB = "sub"
    IT_LOAD = "it_load"
    RECTIFIER = "rectifier"
    """Alternating current into the rectifiers of a potline: a part of what came in, never added to it."""


class Mark(enum.IntEnum):
    """What is special about a reading."""

    DIP = 1
    GLITCH = 2
    SUSPECT = 3
    RESET = 4
    ROLLOVER = 5
    REPLACEMENT = 6
    PENDING = 7
    OVERLAP = 8
    SWAP = 9
    """The register went on from elsewhere, without a record: the step is no use."""
    LARGER_UNIT = 10
    """From here on the register counts in the thousandfold of the unit before: kWh, then MWh."""
    SMALLER_UNIT = 11


class Quality(enum.IntFlag):
    """What is special about booked energy."""

    GOOD = 0
    ESTIMATED = 1
    ROLLOVER = 2
    REPLACEMENT = 4
    RESET = 8
    ACCEPTED = 16
    CORRECTED = 32
    COLLECTION_FAULT = 64


@dataclass(frozen=True, slots=True)
class Replacement:
    """A recorded change of meter: the old register's last value and the new one's first."""

    ts_us: int
    final_value: float
    first_value: float


class SettlementAction(enum.StrEnum):
    """What a person has found of a stretch of readings."""

    SWAP = "swap"
    """The register was changed here, without a record: the step between two readings of the stretch is no use."""
    UNIT = "unit"
    """From here on the register counts in another unit."""
    SET_ASIDE = "set_aside"
    """The readings say nothing."""
    ACCEPT = "accept"
    """The readings are right as they stand, and what they rise by was used."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """A person's word on the readings in [from_us, to_us): it goes before what the readings themselves say."""

    from_us: int
    to_us: int
    action: SettlementAction
    factor: Fraction | None = None
    """Of a change of unit: how many register units of before one of now is worth; None otherwise."""


class Stamp(enum.StrEnum):
    """Which end of its period the time of an interval meter's reading is."""

    START = "start"
    END = "end"


class Side(enum.Enum):
    """Of a meter that measures both directions, which of them is meant. A counter measures one."""

    ONE = 0
    """The meter measures one direction: what is below zero cannot be."""
    FORWARD = 1
    """What is below zero flows the other way, so nothing flows this way."""
    REVERSE = -1
    """What is above zero flows the other way."""
    NEITHER = 2
    """Nothing is meant: the other direction of a meter that measures one."""


@dataclass(frozen=True, slots=True)
class MeterTerm:
    """What a meter's readings mean from a moment on, until its next term."""

    from_us: int
    """Of the first term OPEN_START_US."""
    kind: Kind
    unit_pico: Fraction
    """1e-12 of the carrier's unit for one register unit, without the multiplier; of a rate, for one during an hour."""
    multiplier: Fraction
    is_rate: bool
    interval_s: int
    register_size: float | None = None
    rated_pico_per_hour: int | None = None
    stamp: Stamp = Stamp.START
    holds_s: int | None = None
    """Of a gauge that reports on change: the seconds for which its last value holds at most."""

    @property
    def interval_us(self) -> int:
        """Expected time between readings, microseconds."""
        return self.interval_s * 1_000_000

    @property
    def pico_per_value(self) -> Fraction:
        """1e-12 of the carrier's unit for one register unit; of a rate, for one unit of it during an hour."""
        return self.unit_pico * self.multiplier


class KindRun(NamedTuple):
    """The time [from_us, to_us) in which a meter is of one kind, and its rule with the terms of that time alone."""

    from_us: int
    to_us: int
    rule: "MeterRule"


@dataclass(frozen=True, slots=True)
class MeterRule:
    """All that the judging of a meter's readings needs to know of it.

    Its terms are in order of time and begin at different moments, the first of them before all time. Raises ValueError
    where there is none.
    """

    terms: tuple[MeterTerm, ...]
    replacements: tuple[Replacement, ...] = ()
    accepted_us: frozenset[int] = field(default_factory=frozenset)
    settlements: tuple[Settlement, ...] = ()
    """In order of time; no two of them overlap."""
    side: Side = Side.ONE
    _starts_us: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.terms:
            raise ValueError("a meter has at least one term")
        object.__setattr__(self, "_starts_us", tuple(term.from_us for term in self.terms))

    @property
    def newest(self) -> MeterTerm:
        """The term that holds now."""
        return self.terms[-1]

    @property
    def kind(self) -> Kind:
        """The kind that the meter has now."""
        return self.terms[-1].kind

    @property
    def kinds(self) -> frozenset[Kind]:
        """Every kind that the meter has ever had."""
        return frozenset(term.kind for term in self.terms)

    @property
    def longest_interval_us(self) -> int:
        """The longest time that was ever expected between readings, microseconds."""
        return max(term.interval_us for term in self.terms)

    @property
    def longest_hold_us(self) -> int:
        """The longest time for which a value ever held, microseconds; 0 of a meter whose values never do."""
        return max((term.holds_s or 0) * 1_000_000 for term in self.terms)

    def term_at(self, moment_us: int) -> MeterTerm:
        """The term that holds at the moment."""
        if len(self.terms) == 1:
            return self.terms[0]
        return self.terms[self.number_at(moment_us)]

    def number_at(self, moment_us: int) -> int:
        """The place among its terms of the one that holds at the moment."""
        return max(0, bisect_right(self._starts_us, moment_us) - 1)

    def settled(self, moment_us: int) -> SettlementAction | None:
        """What a person has said of a reading of that moment."""
        if moment_us in self.accepted_us:
            return SettlementAction.ACCEPT
        for settlement in self.settlements:
            if settlement.from_us <= moment_us < settlement.to_us:
                return settlement.action
        return None

    def by_kind(self) -> list[KindRun]:
        """The stretches of time with one kind, in order: readings of different kinds say nothing of each other."""
        if len(self.terms) == 1:
            return [KindRun(OPEN_START_US, OPEN_END_US, self)]
        runs: list[KindRun] = []
        for _, same in groupby(self.terms, key=lambda term: term.kind):
            terms = tuple(same)
            if runs:
                runs[-1] = runs[-1]._replace(to_us=terms[0].from_us)
            runs.append(KindRun(terms[0].from_us, OPEN_END_US, replace(self, terms=terms)))
        return runs


def different(terms: Iterable[MeterTerm]) -> tuple[MeterTerm, ...]:
    """Those of the terms, in order of time, by which something changes in what the readings mean."""
    kept: list[MeterTerm] = []
    for term in terms:
        if not kept or replace(term, from_us=kept[-1].from_us) != kept[-1]:
            kept.append(term)
    return tuple(kept)


def in_settled_units(
    terms: Iterable[MeterTerm], settlements: Iterable[Settlement], *, registered_us: Iterable[int] = ()
) -> tuple[MeterTerm, ...]:
    """The terms, in order of time, as people have settled their units: from then on, until the unit is registered.

    That is at the next term with another unit, or at the next of `registered_us`, the moments of terms that name the
    unit. What else a term changes leaves a settled unit as it is.
    """
    changed = list(terms)
    named_us = sorted(registered_us)
    for settlement in settlements:
        if settlement.factor is not None:
            end = bisect_right(named_us, settlement.from_us)
            until_us = named_us[end] if end < len(named_us) else OPEN_END_US
            changed = _in_unit(changed, settlement.from_us, until_us, settlement.factor)
    return tuple(changed)


def _in_unit(terms: list[MeterTerm], from_us: int, until_us: int, factor: Fraction) -> list[MeterTerm]:
    """The terms with the unit of before `from_us` times the factor from then on, no longer than `until_us`."""
    before = [term for term in terms if term.from_us < from_us]
    at_start = next(term for term in reversed(terms) if term.from_us <= from_us)
    after = [term for term in terms if term.from_us > from_us]
    unit_pico = before[-1].unit_pico * factor
    kept = list(takewhile(lambda term: term.unit_pico == at_start.unit_pico and term.from_us < until_us, after))
    settled = [replace(term, unit_pico=unit_pico) for term in (replace(at_start, from_us=from_us), *kept)]
    rest = after[len(kept) :]
    if until_us < OPEN_END_US and not any(term.from_us <= until_us for term in rest):
        rest = [replace([at_start, *kept][-1], from_us=until_us), *rest]
    return [*before, *settled, *rest]


def whole_pico(value: float, pico_per_value: Fraction) -> int:
    """The finite `value` in whole 1e-12 of the carrier's unit, rounded half up from the exact product.

    The value is taken as the shortest decimal that reads back as it: as the meter printed it.
    """
    numerator, denominator = Decimal(repr(value)).as_integer_ratio()
    denominator *= pico_per_value.denominator
    return (2 * numerator * pico_per_value.numerator + denominator) // (2 * denominator)


def meter_term(
    *,
    kind: Kind,
    unit_of_measure: str,
    carrier_unit: str,
    multiplier: float,
    interval_s: int,
    register_size: float | None = None,
    rated_per_hour: float | None = None,
    stamp: Stamp = Stamp.START,
    holds_s: int | None = None,
    from_us: int = OPEN_START_US,
) -> MeterTerm:
    """A term of a meter as it is registered. Raises UnitError when its unit does not measure the carrier."""
    scale = factor_to(unit_of_measure, carrier_unit)
    return MeterTerm(
        from_us=from_us,
        kind=kind,
        unit_pico=scale.factor * PICO,
        multiplier=Fraction(repr(multiplier)),
        is_rate=scale.is_rate,
        interval_s=interval_s,
        register_size=register_size,
        rated_pico_per_hour=None if rated_per_hour is None else whole_pico(rated_per_hour, Fraction(PICO)),
        stamp=stamp,
        holds_s=holds_s,
    )


def meter_rule(
    *,
    kind: Kind,
    unit_of_measure: str,
    carrier_unit: str,
    multiplier: float,
    interval_s: int,
    register_size: float | None = None,
    rated_per_hour: float | None = None,
    stamp: Stamp = Stamp.START,
    holds_s: int | None = None,
    replacements: tuple[Replacement, ...] = (),
    accepted_us: frozenset[int] = frozenset(),
) -> MeterRule:
    """The rule of a meter that was never different. Raises UnitError when its unit does not measure the carrier."""
    term = meter_term(
        kind=kind,
        unit_of_measure=unit_of_measure,
        carrier_unit=carrier_unit,
        multiplier=multiplier,
        interval_s=interval_s,
        register_size=register_size,
        rated_per_hour=rated_per_hour,
        stamp=stamp,
        holds_s=holds_s,
    )
    return MeterRule((term,), replacements, accepted_us)

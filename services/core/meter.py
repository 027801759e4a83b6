"""What a meter measures and how its readings are judged."""

import enum
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

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


@dataclass(frozen=True, slots=True)
class MeterRule:
    """All that the judging of a meter's readings needs to know of it."""

    kind: Kind
    pico_per_value: Fraction
    """1e-12 of the carrier's unit for one register unit; of a rate, for one unit of it during an hour."""
    is_rate: bool
    interval_s: int
    register_size: float | None = None
    rated_pico_per_hour: int | None = None
    replacements: tuple[Replacement, ...] = ()
    accepted_us: frozenset[int] = field(default_factory=frozenset)
    settlements: tuple[Settlement, ...] = ()
    """In order of time; no two of them overlap."""

    @property
    def interval_us(self) -> int:
        """Expected time between readings, microseconds."""
        return self.interval_s * 1_000_000


def whole_pico(value: float, pico_per_value: Fraction) -> int:
    """The finite `value` in whole 1e-12 of the carrier's unit, rounded half up from the exact product.

    The value is taken as the shortest decimal that reads back as it: as the meter printed it.
    """
    numerator, denominator = Decimal(repr(value)).as_integer_ratio()
    denominator *= pico_per_value.denominator
    return (2 * numerator * pico_per_value.numerator + denominator) // (2 * denominator)


def meter_rule(
    *,
    kind: Kind,
    unit_of_measure: str,
    carrier_unit: str,
    multiplier: float,
    interval_s: int,
    register_size: float | None = None,
    rated_per_hour: float | None = None,
    replacements: tuple[Replacement, ...] = (),
    accepted_us: frozenset[int] = frozenset(),
    settlements: tuple[Settlement, ...] = (),
) -> MeterRule:
    """The rule of a meter as it is registered. Raises UnitError when its unit does not measure the carrier."""
    scale = factor_to(unit_of_measure, carrier_unit)
    return MeterRule(
        kind=kind,
        pico_per_value=scale.factor * Fraction(repr(multiplier)) * PICO,
        is_rate=scale.is_rate,
        interval_s=interval_s,
        register_size=register_size,
        rated_pico_per_hour=None if rated_per_hour is None else whole_pico(rated_per_hour, Fraction(PICO)),
        replacements=replacements,
        accepted_us=accepted_us,
        settlements=settlements,
    )

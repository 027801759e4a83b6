"""By what an indicator is judged, declared with it. Pure.

Verdicts, the list of energy efficiency and the rules of alerts read the same declaration, so they cannot disagree.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from services.judging.limit import PueScope

ParkKind = Literal["ordinary", "low_carbon", "zero_carbon"]


class Metric(enum.StrEnum):
    """How the energy use of a process is given."""

    ENERGY = "energy"
    """kgce for a unit of product."""
    AC_ELECTRICITY = "ac_electricity"
    """kWh/t."""
    ENERGY_KGOE = "energy_kgoe"
    """kg of oil equivalent for a unit of product."""
    COAL_SUPPLY = "coal_supply"
    """gce/kWh."""
    PUE = "pue"
    NONE = "none"


class LevelsFrom(enum.StrEnum):
    """What a single unit must reach."""

    LIST = "list"
    """Benchmark and baseline of the national list."""
    LIMIT = "limit"
    """The last grade of its limit standard: no list names the process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherUnit:
    """The unit in which levels are given, where it is not that of the indicator."""

    unit: str
    numerator_unit: str
    parameter: str
    """Code of the parameter that says how much of the indicator's numerator is one of this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ByMetric:
    """What single units are held against whose process is measured so."""

    metric: Metric
    limited_as: str | None = None
    """What the limit standards call it; None: they limit no such thing."""
    levels_from: LevelsFrom = LevelsFrom.LIST
    levels_in: OtherUnit | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedBy:
    """What the values of an indicator are held against."""

    parameter: str | None = None
    """Code of the parameter with the least value, as a share of 1. It holds over any period, and nothing else does."""
    metrics: tuple[ByMetric, ...] = ()
    limited_as: str | None = None
    """What the limit standards call it, of units whose process is measured by another indicator."""
    unit_targets: Mapping[PueScope, str] = field(default_factory=dict)
    """Of whom the targets of the plans speak that hold for a single unit."""
    area_targets: str | None = ""
    """Of whom in an area its targets speak; empty: of the area as a whole. None: they speak of no area."""

    @property
    def by_grades(self) -> bool:
        """Whether the grades of a standard take the place of the levels of the national list."""
        return any(by.levels_from is LevelsFrom.LIMIT for by in self.metrics)

    @property
    def has_targets(self) -> bool:
        """Whether targets of the plans count."""
        return self.parameter is None


PARK_TARGETS: Mapping[str, str] = {"low_carbon": "low_carbon_park", "zero_carbon": "zero_carbon_park"}
"""By kind of park, of whom the targets speak that hold for one."""

"""The numbers by which the checks of a meter's series judge. They are rows of the table of checks, not of the code."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Implausible:
    """More than the meter can carry."""

    times_of_past: float
    """Where no rating is registered: so many times the reach of the meter's own past is too much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck:
    """The same value again and again."""

    least_h: float
    """A shorter run is never a finding, hours."""
    times_of_past: float
    """The run must be so many times as long as any in the meter's own past."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ZeroRun:
    """Nothing used while the plant produces, or while the meter's own past never stood still."""

    least_h: float
    times_of_past: float
    product_share: float
    """The plant produces where its product of the hour is above this share of its mean of the day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetOften:
    """A counter that begins at zero again and again."""

    most: float
    """So many resets in the meter's past of 35 days and the judged day are allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TooRegular:
    """Values that move less than this meter ever does."""

    least_h: float
    share_of_past: float
    """The spread of the steps between values falls below this share of the smallest of the past."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounded:
    """Values whose last digits are zeros, where the meter prints finer ones."""

    least_h: float
    chance: float
    """The run of round values must be less probable than this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """Values that stood at the same time of another day."""

    least_h: float
    chance: float
    """The run of equal values must be less probable than this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesLimits:
    """The limits of all checks of a meter's series, by the check's slug."""

    implausible: Implausible
    stuck: Stuck
    zero_run: ZeroRun
    reset_often: ResetOften
    too_regular: TooRegular
    rounded: Rounded
    repeated: Repeated

    @classmethod
    def of(cls, given: Mapping[str, Mapping[str, float]]) -> Self:
        """The limits from the parameters of each check. Raises ValueError naming what is missing or unknown."""
        made: dict[str, Any] = {}
        for each in fields(cls):
            kind: Any = each.type
            wanted = {one.name for one in fields(kind)}
            found = dict(given.get(each.name, {}))
            if found.keys() != wanted:
                raise ValueError(f"check {each.name}: the parameters must be {sorted(wanted)}, not {sorted(found)}")
            made[each.name] = kind(**found)
        return cls(**made)

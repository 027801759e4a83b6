"""The numbers by which the checks of a meter's series judge. They are rows of the table of checks, not of the code."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Implausible:
    """More than the meter can carry."""

    times_of_past: float
    """Where no rating is registered: so many times the reach of the meter's own past is too much."""
    past_share: float
    """The reach: so large a share of the past's values lies below it."""
    day_share: float
    """What lasts for more than the rest of the judged day is another way of working, and widens the reach."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck:
    """The same value again and again."""

    least_h: float
    """A shorter run is never a finding, hours."""
    times_of_past: float
    """The run must be longer than so many times the usual longest of the past."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ZeroRun:
    """Nothing used while the plant produces, or while the meter's own past never stood still."""

    least_h: float
    """A shorter run is never a finding, hours."""
    times_of_past: float
    """The run must be longer than so many times the usual longest of the past."""
    product_share: float
    """The plant produces in an hour with more than this share of the day's mean product."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetOften:
    """A counter that begins at zero again and again."""

    most: float
    """So many resets are allowed in the judged day and the 35 days before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TooRegular:
    """Values that move less than this meter ever does. The spread is the standard deviation over the mean of a day."""

    share_of_past: float
    """A spread below this share of the usual smallest of the past is a finding by itself."""
    share_if_shapeless: float
    """So is one below this share, if the day also lacks the shape of the past: its usual hours, its smoothness."""
    likeness: float
    """A correlation with the usual day below this is no likeness."""
    least_level: float
    """Of less than this share of the usual mean nothing is said: a plant at rest moves little."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounded:
    """Values whose last digits are zeros, where the meter prints finer ones."""

    chance: float
    """The run of round values must be less probable than this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """Values that stood at the same time of another day."""

    least_h: float
    """A shorter run is never a finding, hours."""
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

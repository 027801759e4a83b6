"""Warning lights of an area 晴雨表: one for the intensity, one for the total. Pure.

Sources: 发改办环资〔2021〕629号: the intensity rises instead of falling 不降反升: level I; the fall is behind
the required progress: level II; else level III. For the total no rule is published; here level II is above the target
and level I above it by more than a margin, which is a parameter.
"""

import enum
from dataclasses import dataclass
from fractions import Fraction

from services.judging.dual_control.total import Total


class WarningLevel(enum.StrEnum):
    """I is the most serious."""

    I = "I"  # noqa: E741 - as the documents write it
    II = "II"
    III = "III"


@dataclass(frozen=True, slots=True)
class Light:
    """A level and the code of its reason; level None: it cannot be told."""

    level: WarningLevel | None
    reason: str


def intensity_light(reduction: Fraction | None, on_course: bool | None) -> Light:
    """The light for the fall of a year (negative for a rise) and for whether the fall since the base year suffices.

    None stands for what cannot be told. A rise is level I whatever the target.
    """
    if reduction is not None and reduction < 0:
        return Light(WarningLevel.I, "intensity_rose")
    if reduction is None or on_course is None:
        return Light(None, "cannot_judge")
    return Light(WarningLevel.III, "on_course") if on_course else Light(WarningLevel.II, "behind_required_progress")


def total_light(total: Total, *, margin: Fraction) -> Light:
    """The light for the total; `margin` is the share of the target above which level II becomes level I."""
    if total.waiver.waived:
        return Light(WarningLevel.III, "waived")
    excess = total.excess
    if excess is None:
        return Light(None, "cannot_judge")
    if excess <= 0:
        return Light(WarningLevel.III, "within_target")
    return Light(WarningLevel.I, "far_above_target") if excess > margin else Light(WarningLevel.II, "above_target")

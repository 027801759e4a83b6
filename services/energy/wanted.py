"""What sums are read: of which meters, told apart by what, and which kept sums of places say the same. Pure."""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.core.area_tree import AreaTree
from services.core.meter import Flow
from services.energy.by_subject import Subject


class SumGrouping(enum.StrEnum):
    """By what, besides areas, sums can be told apart."""

    PARK = "park"
    ENTERPRISE = "enterprise"
    UNIT = "unit"
    METER = "meter"


class KeptKind(enum.StrEnum):
    """Of what places sums are kept."""

    AREA = "area"
    PARK = "park"


@dataclass(frozen=True, slots=True, kw_only=True)
class Among:
    """Which meters count: these, as long as they were there; None does not narrow."""

    meter_ids: Sequence[int] | None = None
    unit_ids: Sequence[int] | None = None
    banners: Sequence[str] | None = None
    park_ids: Sequence[int] | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """Places whose kept sums are those of the meters among whom is asked."""

    kind: KeptKind
    subjects: Mapping[str, Subject]
    """Under what the sums of a place count, by its code; of a park by its number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is read. Sums are always told apart by carrier and flow."""

    among: Among
    apart: frozenset[SumGrouping] = frozenset()
    areas: Mapping[str, Sequence[str | None]] | None = None
    """Under which areas a meter counts, by the banner in which it was; None: not told apart by area."""
    kept: Kept | None = None
    carriers: Sequence[str] | None = None
    flows: Sequence[Flow] = tuple(Flow)
    as_judged: bool = False
    """Whether a unit's days without a meter of a carrier that it has on other days are expected too."""


def of_units(
    unit_ids: Sequence[int],
    *,
    banners: Sequence[str] | None = None,
    park_id: int | None = None,
    by_banner: Mapping[str, Sequence[str]] | None = None,
    with_sub: bool = False,
) -> Wanted:
    """Units, as long as they were in these banners and this park; apart by banner where `by_banner` names all.

    `with_sub`: sub meters too, and expected is what the registry says of each meter.
    """
    return Wanted(
        among=Among(unit_ids=unit_ids, banners=banners, park_ids=None if park_id is None else [park_id]),
        apart=frozenset({SumGrouping.UNIT}),
        areas=by_banner,
        flows=[flow for flow in Flow if with_sub or flow is not Flow.SUB],
        as_judged=not with_sub,
    )


def of_areas(
    tree: AreaTree,
    codes: Sequence[str],
    *,
    carriers: Sequence[str] | None = None,
    flows: Sequence[Flow] = tuple(Flow),
    as_judged: bool = True,
) -> Wanted:
    """Areas of any level, each as a whole; one may lie in another."""
    inside = {code: tree.banners_of(code) for code in codes}
    areas: dict[str, list[str]] = {}
    for code, banners in inside.items():
        for banner in banners:
            areas.setdefault(banner, []).append(code)
    whole = any(tree.level[code] == "region" for code in codes)
    return Wanted(
        among=Among(banners=None if whole else sorted(areas)),
        areas=areas,
        kept=Kept(KeptKind.AREA, {code: Subject(area=code) for code in codes}),
        carriers=carriers,
        flows=flows,
        as_judged=as_judged,
    )


def of_parks(park_ids: Sequence[int], *, as_judged: bool = True) -> Wanted:
    """Parks, each as a whole."""
    return Wanted(
        among=Among(park_ids=park_ids),
        apart=frozenset({SumGrouping.PARK}),
        kept=Kept(KeptKind.PARK, {str(park_id): Subject(park=park_id) for park_id in park_ids}),
        as_judged=as_judged,
    )

"""Forms the ratio of an indicator: the one place where sums, coefficients and what was reported come together."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import reduce

from services.core.frame import Frame
from services.energy.by_subject import Elapsed, Subject, Sums
from services.judging.data.tables import Tables
from services.judging.indicators.band import with_band
from services.judging.indicators.kinds import Indicator, Ratio
from services.judging.indicators.ratio import PART_OF_PERIOD, NeededCoverage, ratio_of, ratio_of_all, share_text
from services.judging.indicators.reported import Statistics
from services.judging.indicators.scope import JudgedUnit
from services.judging.indicators.terms import Measured


@dataclass(frozen=True, slots=True)
class Evaluated:
    """An indicator of one group in one period. `units` are those in it, of indicators that are formed by unit."""

    start: datetime
    end: datetime
    ratio: Ratio
    group: str | None = None
    process: str | None = None
    units: tuple[JudgedUnit, ...] = ()
    metered_s: float = 0.0
    """Seconds of the period between the first and the last day with any meter; of a group that of its longest."""
    elapsed: Elapsed = field(default_factory=Elapsed)
    """What is over of it, and how much of that was metered; of a group those of its longest."""
    whole: tuple[datetime, datetime] | None = None
    """Start and end of the day, month or year of which it is a piece; None: of none, or of itself."""

    @property
    def whole_period(self) -> tuple[datetime, datetime]:
        """Start and end of the period for which its limits are meant."""
        return self.whole or (self.start, self.end)

    @property
    def measured_share(self) -> float:
        """Of the whole period what is over and was measured, 0 to 1; 1 where the value stands on no meters."""
        if self.whole is None or not self._on_meters:
            return 1.0
        start, end = self.whole
        coverage = 1.0 if self.ratio.coverage is None else self.ratio.coverage
        return self.elapsed.metered_s / (end - start).total_seconds() * coverage

    @property
    def reasons_of_part(self) -> tuple[tuple[str, str], ...]:
        """The reason that says so where the value stands on meters that were there for a part of it only."""
        share = self.elapsed.metered_share
        if not self._on_meters or share == 1.0 or PART_OF_PERIOD in dict(self.ratio.reasons):
            return ()
        return ((PART_OF_PERIOD, share_text(share, 1.0)),)

    @property
    def _on_meters(self) -> bool:
        ratio = self.ratio
        return ratio.value is not None and bool(ratio.numerator.cover or ratio.denominator.cover)

    def at_ends(self) -> tuple["Evaluated", ...]:
        """The same with the least and with the greatest value it may have; none where nothing bounds it."""
        values = None if self.ratio.band is None else self.ratio.band.values
        return tuple(replace(self, ratio=replace(self.ratio, value=value, band=None)) for value in values or ())


@dataclass(frozen=True, slots=True)
class RatioSubject:
    """One of those of whom a ratio is formed: a unit, several together, or a place."""

    owner: str
    """Whose statistics count: the code of a unit, a place, or the credit code of an enterprise."""
    subjects: tuple[Subject, ...]
    """Whose sums count."""
    units: tuple[JudgedUnit, ...] = ()
    """The unit by which it is known; none of a place."""
    group: str | None = None
    process: str | None = None
    """What its product is counted by."""
    since: date | None = None
    """First day of operation, of a single unit."""


class Forming:
    """Forms the ratios of any indicators and subjects from one reading of sums and of what was reported."""

    def __init__(
        self,
        tables: Tables,
        frame: Frame,
        sums: Sums,
        reported: Statistics,
        *,
        now: datetime,
        beside_renewable: Sums | None = None,
        in_parts: bool = False,
    ) -> None:
        """`beside_renewable`: electricity sold by whoever has renewable electricity; None: nobody does.

        `in_parts`: whether the terms say of what they are put together.
        """
        self._in_parts = in_parts
        self._tables, self._frame, self._sums, self._reported, self._now = tables, frame, sums, reported, now
        self._beside_renewable = beside_renewable
        self._needed = needed_coverage(tables)
        self._product_carriers: dict[str | None, frozenset[str] | None] = {}

    def measured(self, subject: RatioSubject, period: tuple[int, int]) -> Measured:
        """All that is known of someone in a period of the frame."""
        if subject.process not in self._product_carriers:
            self._product_carriers[subject.process] = product_carriers(self._tables, subject.process)
        sold = self._beside_renewable
        return Measured(
            self._sums.look_at(subject.subjects, period),
            self._tables.factors,
            reported=self._reported.of(subject.owner, *self._frame.bounds(period)),
            product_carriers=self._product_carriers[subject.process],
            beside_renewable=sold.look_at(subject.subjects, period) if sold else None,
            in_parts=self._in_parts,
        )

    def of(self, indicator: Indicator, subject: RatioSubject, period: tuple[int, int], measured: Measured) -> Evaluated:
        """The indicator of someone in a period, of what is known of them in it."""
        start, end = self._frame.bounds(period)
        metered_s = self._sums.metered_s(subject.subjects, period)
        metered = metered_s / (end - start).total_seconds()
        ratio = ratio_of(indicator, *indicator.parts(measured), needed=self._needed, metered=metered)
        ratio = with_band(indicator, ratio, measured, self._tables.factors)
        elapsed = self._sums.elapsed(subject.subjects, period, now=self._now, since=subject.since)
        whole = self._frame.whole(period)
        return Evaluated(start, end, ratio, subject.group, subject.process, subject.units, metered_s, elapsed, whole)


def together(
    tables: Tables,
    indicator: Indicator,
    found: Mapping[str, Evaluated],
    *,
    group: str | None = None,
    process: str | None = None,
) -> Evaluated:
    """The ratio of the sums over several in one period, at least one, by their names among those left out."""
    several = list(found.values())
    ratios = {name: each.ratio for name, each in found.items()}
    return Evaluated(
        several[0].start,
        several[0].end,
        ratio_of_all(indicator, ratios, needed=needed_coverage(tables)),
        group,
        process,
        tuple(unit for each in several for unit in each.units),
        max(each.metered_s for each in several),
        reduce(Elapsed.longer, (each.elapsed for each in several)),
        several[0].whole,
    )


def needed_coverage(tables: Tables) -> NeededCoverage:
    """The coverage without which nothing is judged."""
    least, apart = tables.parameter("coverage_least").value, tables.parameter("coverage_apart").value
    return NeededCoverage(float(least), float(apart))


def product_carriers(tables: Tables, process_code: str | None) -> frozenset[str] | None:
    """The carriers that have the unit in which the product of a process counts; None where it is not known."""
    process = tables.process.get(process_code or "")
    if process is None:
        return None
    return frozenset(carrier.code for carrier in tables.carriers if carrier.unit == process.product_unit)

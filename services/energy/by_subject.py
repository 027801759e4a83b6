"""What was measured, by whose it is and by cell of a frame, with the time in which it should have been. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

import numpy as np

from services.core.calendar import SHANGHAI, start_of_day
from services.core.frame import Frame, year_of
from services.energy.amount import Amount, Measure
from services.energy.heat_value import ByHeatValue, HeatValue


class Subject(NamedTuple):
    """Whose sums these are, as the registry numbers them. None: not told apart by it, or there is none."""

    area: str | None = None
    """Its code: areas have no number."""
    park: int | None = None
    enterprise: int | None = None
    unit: int | None = None
    meter: int | None = None


class Elapsed(NamedTuple):
    """Of a period what is over by now, of a unit since it was commissioned; in seconds."""

    all_s: float = 0.0
    metered_s: float = 0.0
    """Those of them between the first and the last day with any meter."""

    @property
    def metered_share(self) -> float:
        """0 to 1; 1 also where nothing is over yet."""
        return self.metered_s / self.all_s if self.all_s > 0 else 1.0

    def longer(self, other: "Elapsed") -> "Elapsed":
        """Of several together: the longest that is over, and the longest that was metered."""
        return Elapsed(max(self.all_s, other.all_s), max(self.metered_s, other.metered_s))


class CellNumbers(dict[int, int]):
    """The number of the cell in which a period begins, by its first second since 1970. Each is looked for once."""

    def __init__(self, frame: Frame) -> None:
        super().__init__((int(start.timestamp()), number) for number, (start, _) in enumerate(frame.cells))
        self._frame = frame

    def __missing__(self, start_s: int) -> int:
        # the first cell may begin within a period
        self[start_s] = number = self._frame.cell_of(datetime.fromtimestamp(start_s, SHANGHAI))
        return number


class Sums:
    """Amounts by subject and cell."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._years = [year_of(cell) for cell in frame.cells]
        # By subject, by carrier and flow, by number of the cell: most subjects have few of the former.
        self._found: dict[Subject, dict[Measure, dict[int, Amount]]] = defaultdict(
            lambda: defaultdict(lambda: defaultdict(Amount))
        )
        self._number_of = CellNumbers(frame)
        self._by_heat_value: dict[tuple[HeatValue, int], ByHeatValue] = {}
        self._starts_s = np.array(list(self._number_of), dtype=float)
        self._ends_s = np.append(self._starts_s[1:], frame.end.timestamp())
        self._spans: dict[Subject, tuple[datetime, datetime]] = {}
        self._overlaps: dict[tuple[datetime, datetime], Sequence[tuple[int, int]]] = {}

    @property
    def frame(self) -> Frame:
        """Of what time they are."""
        return self._frame

    @property
    def subjects(self) -> Iterable[Subject]:
        """Whoever measured something or should have."""
        return self._found.keys()

    def book(self, subject: Subject, cell_s: int, measure: Measure, quantity_pico: int, measured_s: int) -> None:
        """Add what was booked from `cell_s` on, the start of a period as the database cut it, in seconds since 1970."""
        number = self._number_of[cell_s]
        amount = self._found[subject][measure][number]
        year = self._years[number]
        amount.pico_by_year[year] = amount.pico_by_year.get(year, 0) + quantity_pico
        amount.measured_s += measured_s

    def value_by(
        self, subject: Subject, cell_s: int, measure: Measure, quantity_pico: int, heat_value: HeatValue
    ) -> None:
        """Let a part of what was booked from `cell_s` on be valued by a heat value, and not by the year."""
        number = self._number_of[cell_s]
        by_year, year = self._found[subject][measure][number].pico_by_year, self._years[number]
        by = self._by_heat_value.get((heat_value, year))
        if by is None:
            by = self._by_heat_value[heat_value, year] = ByHeatValue(year, heat_value)
        by_year[by] = by_year.get(by, 0) + quantity_pico
        by_year[year] = by_year.get(year, 0) - quantity_pico
        if by_year[year] == 0:
            del by_year[year]

    def expect(
        self, subject: Subject, measure: Measure, from_ts: datetime, to_ts: datetime, meters: int, until: datetime
    ) -> None:
        """So many meters should give readings over [from_ts, to_ts), as far as that lies before `until`."""
        first, last = self._spans.get(subject, (from_ts, to_ts))
        self._spans[subject] = min(first, from_ts), max(last, to_ts)
        for number, seconds in self._overlap(from_ts, min(to_ts, until)):
            self._found[subject][measure][number].expected_s += seconds * meters

    def settle(self) -> None:
        """Bring carriers and flows into their order: the database gives them in another one each time."""
        for subject, by_measure in self._found.items():
            self._found[subject] = dict(sorted(by_measure.items()))

    def _overlap(self, from_ts: datetime, to_ts: datetime) -> Sequence[tuple[int, int]]:
        """The cells that [from_ts, to_ts) meets, with the seconds in which it does. Most meters stand all the time."""
        found = self._overlaps.get((from_ts, to_ts))
        if found is None:
            seconds = np.minimum(self._ends_s, to_ts.timestamp()) - np.maximum(self._starts_s, from_ts.timestamp())
            found = [(int(number), round(float(seconds[number]))) for number in np.flatnonzero(seconds > 0)]
            self._overlaps[from_ts, to_ts] = found
        return found

    def of(self, subjects: Iterable[Subject], period: tuple[int, int]) -> dict[Measure, Amount]:
        """What these subjects measured together in a period; the caller may add to it."""
        together: dict[Measure, Amount] = {}
        for subject in subjects:
            for measure, cells in self._found.get(subject, {}).items():
                for amount in _within(cells, period):
                    if measure in together:
                        together[measure].add(amount)
                    else:
                        together[measure] = Amount(amount.pico_by_year.copy(), amount.measured_s, amount.expected_s)
        return together

    def look_at(self, subjects: Sequence[Subject], period: tuple[int, int]) -> Mapping[Measure, Amount]:
        """The same, not to be changed: of one subject in one cell it is what is kept, without a copy."""
        if len(subjects) != 1 or period[1] - period[0] != 1:
            return self.of(subjects, period)
        by_measure, number = self._found.get(subjects[0], {}), period[0]
        return {measure: cells[number] for measure, cells in by_measure.items() if number in cells}

    def by_period(self) -> Iterable[tuple[Subject, Measure, Iterable[tuple[int, Amount]]]]:
        """Of each subject what it measured or should have, and in which periods, by their numbers."""
        whole, periods = len(self._frame.periods) != len(self._frame.cells), self._frame.periods
        for subject, by_measure in self._found.items():
            for measure, cells in by_measure.items():
                if whole:
                    yield subject, measure, _by_period(cells, periods)
                else:
                    yield subject, measure, cells.items()

    def metered_s(self, subjects: Iterable[Subject], period: tuple[int, int]) -> float:
        """Seconds of a period, of what is gone of it too, between the first and the last day with any meter."""
        return self._metered_s(subjects, *self._frame.bounds(period))

    def _metered_s(self, subjects: Iterable[Subject], start: datetime, end: datetime) -> float:
        spans = [self._spans[subject] for subject in subjects if subject in self._spans]
        if not spans:
            return 0.0
        first, last = min(first for first, _ in spans), max(last for _, last in spans)
        return max(0.0, (min(end, last) - max(start, first)).total_seconds())

    def elapsed(
        self, subjects: Iterable[Subject], period: tuple[int, int], *, now: datetime, since: date | None = None
    ) -> Elapsed:
        """What is over of a period at `now`, and how much of that was metered; only from the day `since` on."""
        start, end = self._frame.bounds(period)
        start = start if since is None else max(start, start_of_day(since))
        end = min(end, now)
        return Elapsed(max(0.0, (end - start).total_seconds()), self._metered_s(subjects, start, end))


def _within(cells: Mapping[int, Amount], period: tuple[int, int]) -> Iterable[Amount]:
    return (cells[number] for number in range(*period) if number in cells)


def _by_period(cells: Mapping[int, Amount], periods: Iterable[tuple[int, int]]) -> Iterable[tuple[int, Amount]]:
    for number, period in enumerate(periods):
        together: Amount | None = None
        for amount in _within(cells, period):
            together = together or Amount()
            together.add(amount)
        if together is not None:
            yield number, together

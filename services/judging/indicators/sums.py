"""Reads what units and places measured in the cells of a frame, with the time in which they should have."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
from psycopg import Connection

from services.core.calendar import SHANGHAI, Grain, pieces, start_of_day
from services.core.db.registry_rows import RegistryRows
from services.core.meter import Flow
from services.judging.indicators.frame import Frame, year_of
from services.judging.indicators.scope import SQL, Scope
from services.judging.indicators.terms import Amount, Measure

_REGISTRY = RegistryRows(SQL)

# Up to so many units, their meters are named to the database: it then reads these meters alone. Those of more units are
# named where energy is kept by hour and quarter hour, which is found by meter, and not by time as days and months are.
MOST_NAMED_UNITS = 20


class Subject(NamedTuple):
    """Whose sums these are: a unit, within a banner where sums are told apart by banner; or a place."""

    code: str
    banner: str | None = None


class Gone(NamedTuple):
    """Of a period what is over by now, of a unit since it was commissioned; in seconds."""

    all_s: float = 0.0
    metered_s: float = 0.0
    """Those of them between the first and the last day with any meter."""

    @property
    def metered_share(self) -> float:
        """0 to 1; 1 also where nothing is over yet."""
        return self.metered_s / self.all_s if self.all_s > 0 else 1.0

    def longer(self, other: "Gone") -> "Gone":
        """Of several together: the longest that is over, and the longest that was metered."""
        return Gone(max(self.all_s, other.all_s), max(self.metered_s, other.metered_s))


_FLOWS = {str(flow): flow for flow in Flow}


class Sums:
    """Amounts by subject and cell."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._years = [year_of(cell) for cell in frame.cells]
        # by subject, by number of the cell
        self._found: dict[Subject, dict[int, dict[Measure, Amount]]] = defaultdict(
            lambda: defaultdict(lambda: defaultdict(Amount))
        )
        self._starts_s = np.array([start.timestamp() for start, _ in frame.cells])
        self._ends_s = np.array([end.timestamp() for _, end in frame.cells])
        self._number_of = {int(start_s): number for number, start_s in enumerate(self._starts_s)}
        self._spans: dict[Subject, tuple[datetime, datetime]] = {}
        self._overlaps: dict[tuple[datetime, datetime], Sequence[tuple[int, int]]] = {}

    @property
    def subjects(self) -> Iterable[Subject]:
        """Whoever measured something or should have."""
        return self._found.keys()

    def book(self, subject: Subject, cell_s: int, measure: Measure, quantity_pico: int, measured_s: int) -> None:
        """Add what was booked from `cell_s` on, the start of a period as the database cut it, in seconds since 1970."""
        number = self._number_of.get(cell_s)
        if number is None:
            # the first cell may begin within a period
            number = self._number_of[cell_s] = self._frame.cell_of(datetime.fromtimestamp(cell_s, SHANGHAI))
        amount = self._found[subject][number][measure]
        year = self._years[number]
        amount.pico_by_year[year] = amount.pico_by_year.get(year, 0) + quantity_pico
        amount.measured_s += measured_s

    def expect(
        self, subject: Subject, measure: Measure, from_ts: datetime, to_ts: datetime, meters: int, until: datetime
    ) -> None:
        """So many meters should give readings over [from_ts, to_ts), as far as that lies before `until`."""
        first, last = self._spans.get(subject, (from_ts, to_ts))
        self._spans[subject] = min(first, from_ts), max(last, to_ts)
        for number, seconds in self._overlap(from_ts, min(to_ts, until)):
            self._found[subject][number][measure].expected_s += seconds * meters

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
            cells = self._found.get(subject, {})
            for number in range(*period):
                for measure, amount in cells.get(number, {}).items():
                    if measure in together:
                        together[measure].add(amount)
                    else:
                        together[measure] = Amount(amount.pico_by_year.copy(), amount.measured_s, amount.expected_s)
        return together

    def look_at(self, subjects: Sequence[Subject], period: tuple[int, int]) -> Mapping[Measure, Amount]:
        """The same, not to be changed: of one subject in one cell it is what is kept, without a copy."""
        if len(subjects) != 1 or period[1] - period[0] != 1:
            return self.of(subjects, period)
        return self._found.get(subjects[0], {}).get(period[0], {})

    def metered_s(self, subjects: Iterable[Subject], period: tuple[int, int]) -> float:
        """Seconds of a period, of what is gone of it too, between the first and the last day with any meter."""
        return self._metered_s(subjects, *self._frame.bounds(period))

    def _metered_s(self, subjects: Iterable[Subject], start: datetime, end: datetime) -> float:
        spans = [self._spans[subject] for subject in subjects if subject in self._spans]
        if not spans:
            return 0.0
        first, last = min(first for first, _ in spans), max(last for _, last in spans)
        return max(0.0, (min(end, last) - max(start, first)).total_seconds())

    def gone(
        self, subjects: Iterable[Subject], period: tuple[int, int], *, now: datetime, since: date | None = None
    ) -> Gone:
        """What is over of a period at `now`, and how much of that was metered; only from the day `since` on."""
        start, end = self._frame.bounds(period)
        start = start if since is None else max(start, start_of_day(since))
        end = min(end, now)
        return Gone(max(0.0, (end - start).total_seconds()), self._metered_s(subjects, start, end))


def _whens(frame: Frame) -> Iterable[dict[str, Any]]:
    for piece in pieces(frame.start, frame.end, coarsest=frame.coarsest):
        yield {
            "grain": int(piece.grain),
            "trunc": frame.trunc,
            "from_ts": piece.start,
            "to_ts": piece.end,
        }


def _days(frame: Frame, now: datetime) -> dict[str, Any]:
    until = min(frame.end, now.astimezone(SHANGHAI))
    last_day = until.date() + timedelta(days=1)
    return {"from_day": frame.start.date(), "to_day": max(last_day, frame.start.date())}


def unit_sums(
    connection: Connection,
    scope: Scope,
    unit_codes: dict[int, str],
    frame: Frame,
    *,
    now: datetime,
    by_area: bool = False,
    with_sub: bool = False,
) -> Sums:
    """What these units (code by number) measured while they were in the scope; apart by banner with `by_area`."""
    sums = Sums(frame)
    if not unit_codes:
        return sums
    narrowed = {
        "unit_ids": list(unit_codes),
        "areas": None if scope.banners is None else list(scope.banners),
        "park_id": scope.park_id,
        "by_area": by_area,
        "with_sub": with_sub,
    }
    few = len(unit_codes) <= MOST_NAMED_UNITS
    all_meter_ids = list(SQL.run(connection, "meters_of_units", unit_ids=list(unit_codes)).scalars())
    for when in _whens(frame):
        meter_ids = all_meter_ids if few or when["grain"] in (Grain.SLOT, Grain.HOUR) else None
        for row in SQL.run(connection, "unit_sums", meter_ids=meter_ids, **narrowed, **when).all():
            cell_s, unit_id, area, carrier, flow, pico, measured_s = row
            sums.book(Subject(unit_codes[unit_id], area), cell_s, (carrier, _FLOWS[flow]), int(pico), int(measured_s))
    for row in _REGISTRY.all(connection, "unit_expected", **narrowed, **_days(frame, now)):
        unit_id, area, carrier, flow, from_day, to_day, meters = row
        sums.expect(
            Subject(unit_codes[unit_id], area),
            (carrier, _FLOWS[flow]),
            start_of_day(from_day),
            start_of_day(to_day),
            meters,
            now.astimezone(UTC),
        )
    return sums


def place_sums(
    connection: Connection,
    scope: Scope,
    codes: Sequence[str],
    frame: Frame,
    *,
    now: datetime,
    park_ids: dict[int, str],
    registered_alone: bool = False,
) -> Sums:
    """What was measured in these areas (scope of an area), or in these parks (code by number).

    `registered_alone`: expected is what the registry says of each meter, without what its unit lacked before it.
    """
    sums = Sums(frame)
    of_park = bool(park_ids)
    kept_codes = [str(number) for number in park_ids] if of_park else list(codes)
    names = {str(number): code for number, code in park_ids.items()}
    for when in _whens(frame):
        if when["grain"] == Grain.SLOT:
            raise ValueError("sums of places begin and end on whole hours")
        kind = "park" if of_park else "area"
        for row in SQL.run(connection, "place_sums", kind=kind, codes=kept_codes, **when).all():
            cell_s, place, carrier, flow, pico, measured_s = row
            subject = Subject(names.get(place, place))
            sums.book(subject, cell_s, (carrier, _FLOWS[flow]), int(pico), int(measured_s))
    expecting = {"registered_alone": registered_alone, **_days(frame, now)}
    _expect_of_places(connection, scope, codes, sums, expecting, now=now, park_ids=park_ids)
    return sums


def _expect_of_places(
    connection: Connection,
    scope: Scope,
    codes: Sequence[str],
    sums: Sums,
    expecting: dict[str, Any],
    *,
    now: datetime,
    park_ids: dict[int, str],
) -> None:
    areas = None
    if not park_ids and not any(scope.tree.level[code] == "region" for code in codes):
        areas = sorted({banner for code in codes for banner in scope.tree.banners_of(code)})
    rows = _REGISTRY.all(connection, "place_expected", areas=areas, park_ids=list(park_ids) or None, **expecting)
    places_of: dict[str, Sequence[str]] = {}
    # The rows tell banners apart, of which a place has many.
    together: Counter[tuple[str, Measure, date, date]] = Counter()
    for area, park_id, carrier, flow, from_day, to_day, meters in rows:
        if park_ids:
            places: Sequence[str] = [park_ids[park_id]]
        elif area in places_of:
            places = places_of[area]
        else:
            places = places_of[area] = [code for code in codes if scope.tree.above(area, code)]
        for place in places:
            together[place, (carrier, _FLOWS[flow]), from_day, to_day] += meters
    until = now.astimezone(UTC)
    for (place, measure, from_day, to_day), meters in together.items():
        sums.expect(Subject(place), measure, start_of_day(from_day), start_of_day(to_day), meters, until)

"""What is read of meters around their new readings, to see whether it is plain."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import psycopg
from numpy.typing import NDArray

from services.core.calendar import HOUR_US, OPEN_END_US
from services.core.db.arrays import IntegerParameters, TimeParameters
from services.core.db.chunks import CHUNK_US, ChunkPart, parts_of
from services.core.db.statements import Statements
from services.energy.booking.plain import Flags, PlainRule, RuleColumns, Whole, Windows
from services.energy.rollup.adapt import TimeParameter
from services.energy.rollup.begun import begun_before
from services.energy.rollup.changes import keys_of
from services.energy.rollup.ranges import DirtyRange

_sql = Statements.beside(__file__, "fast_path.sql")

_MOST_OF_METER = 40_000

_Piece = tuple[Whole, Whole, NDArray[np.float64]]


def windows_of(
    ranges: Sequence[DirtyRange], rules: Mapping[int, PlainRule], reach: Mapping[int, int], dirty: Whole
) -> "PlainWindows":
    """The windows around these ranges, at least one, each with all ranges of its meter that lie in reach.

    `reach` says for a meter how many times as far to look as where nothing is said.
    """
    columns = np.array([(r.meter_id, r.start_us, r.end_us) for r in ranges], dtype=np.int64)
    meter_ids, from_us, to_us = columns[np.lexsort((columns[:, 1], columns[:, 0]))].T
    numbers = meter_ids.tolist()
    rows = np.array([rules[meter_id] for meter_id in numbers], dtype=np.int64)
    times = np.array([reach.get(meter_id, 1) for meter_id in numbers], dtype=np.int64)
    start_us, end_us = _reach(RuleColumns.of(rows), times, from_us, to_us)
    edges = np.flatnonzero(np.append(True, (np.diff(meter_ids) != 0) | (start_us[1:] > end_us[:-1])))
    last = np.append(edges[1:], len(meter_ids)) - 1
    interval_us = RuleColumns.of(rows[edges]).interval_us
    most = np.minimum((end_us[last] - start_us[edges]) // interval_us * 3 // 2 + 8, _MOST_OF_METER)
    return PlainWindows(
        meter_ids[edges],
        rows[edges],
        from_us[edges],
        to_us[last],
        start_us[edges],
        end_us[last],
        most,
        np.unique(keys_of(dirty[:, 0], dirty[:, 1])),
    )


def _reach(rules: RuleColumns, times: Whole, from_us: Whole, to_us: Whole) -> tuple[Whole, Whole]:
    """From when to when to read for what is new in a time; one reading may be missing on either side."""
    levels = rules.levels_beside * times
    before_us = np.where(rules.is_counter, 2 + levels, 0) * rules.interval_us + rules.begins_before_us
    start_us = from_us - before_us
    after_us = np.where(rules.is_counter, 2 + levels, 2) * rules.interval_us + 2 * HOUR_US
    return start_us - start_us % HOUR_US - 2 * rules.interval_us, to_us + after_us


@dataclass(frozen=True, slots=True)
class PlainWindows:
    """Windows by column, in order of meter and time: what is new in [from_us, to_us), read in [start_us, end_us)."""

    meter_ids: Whole
    rules: Whole
    from_us: Whole
    to_us: Whole
    start_us: Whole
    end_us: Whole
    most: Whole
    """So many readings are read at most."""
    dirty: Whole
    """The slots of which readings are new, by `keys_of`, of all meters."""

    def at(self, places: Whole) -> "PlainWindows":
        """Those at these places."""
        of_window = [field.name for field in fields(self) if field.name != "dirty"]
        return replace(self, **{name: getattr(self, name)[places] for name in of_window})

    def read(self, connection: psycopg.Connection) -> Windows | None:
        """The windows with their readings, but for those with odd ones; None if there are no readings at all."""
        number = len(self.meter_ids)
        unmarked, covered, complete = np.full(number, True), np.full(number, True), np.full(number, True)
        for position, is_special in self._marked(connection):
            unmarked[position - 1] = False
            covered[position - 1] = not is_special
        pieces: list[_Piece] = []
        asked = np.flatnonzero(covered)
        for part in parts_of(self.start_us[asked], self.end_us[asked], chunk_us=CHUNK_US):
            places = asked[part.places]
            for piece in self._read_part(connection, places, part):
                pieces.append(piece)
                full = np.bincount(piece[0], minlength=number)[places] >= self.most[places]
                covered[places[full]] = False
            complete[places] = ~_going_on(connection, self.meter_ids[places], self.end_us[places])
        if not pieces:
            return None
        owner, times_us, values = (np.concatenate(columns) for columns in zip(*pieces, strict=True))
        order = np.lexsort((times_us, owner))
        owner, times_us, values = owner[order], times_us[order], values[order]
        return Windows(
            rules=self.rules,
            owner=owner,
            times_us=times_us,
            values=values,
            is_new=self._is_new(owner, times_us),
            covered=covered,
            complete=complete,
            begins=self._begins(connection, owner, times_us),
            unmarked=unmarked,
        )

    def _marked(self, connection: psycopg.Connection) -> list[tuple[int, bool]]:
        return _sql.run(
            connection,
            "marked_windows",
            meter_ids=IntegerParameters(self.meter_ids),
            starts=TimeParameters(self.start_us),
            ends=TimeParameters(self.end_us),
        ).all()

    def _read_part(self, connection: psycopg.Connection, places: Whole, part: ChunkPart) -> Iterator[_Piece]:
        """Number of the window, times and values."""
        owner, times_us, values = _sql.run(
            connection,
            "fast_path_readings",
            meter_ids=IntegerParameters(self.meter_ids[places]),
            starts=TimeParameters(self.start_us[places]),
            ends=TimeParameters(self.end_us[places]),
            most=IntegerParameters(self.most[places]),
            from_ts=TimeParameter(part.from_us),
            to_ts=TimeParameter(part.to_us),
        ).one()
        if owner is not None:
            yield places[owner.astype(np.int64) - 1], times_us, values

    def _is_new(self, owner: Whole, times_us: Whole) -> Flags:
        """By reading: whether it is one of a slot for which its window is there."""
        keys = keys_of(self.meter_ids[owner], times_us)
        place = np.minimum(np.searchsorted(self.dirty, keys), len(self.dirty) - 1)
        found: Flags = self.dirty[place] == keys
        return found & (times_us >= self.from_us[owner]) & (times_us < self.to_us[owner])

    def _begins(self, connection: psycopg.Connection, owner: Whole, times_us: Whole) -> Flags:
        """By window: whether the meter has no readings before; not asked where some are at hand from its start on."""
        rules = RuleColumns.of(self.rules)
        first = np.minimum(np.searchsorted(owner, np.arange(len(self.meter_ids))), len(owner) - 1)
        asked = (times_us[first] >= self.start_us + 2 * rules.interval_us) & rules.is_counter
        if asked.any():
            asked[asked] = ~_begun(connection, self.meter_ids[asked], self.start_us[asked])
        return asked


def _going_on(connection: psycopg.Connection, meter_ids: Whole, ends_us: Whole) -> Flags:
    """By window whether its meter has readings after its end: looked for near it, and for the few left beyond."""
    found = np.full(len(meter_ids), False)
    near_us = int(ends_us.max()) + CHUNK_US
    for start_us, end_us in ((int(ends_us.min()), near_us), (near_us, OPEN_END_US)):
        asked = np.flatnonzero(~found)
        if not len(asked):
            break
        positions = _sql.run(
            connection,
            "going_on",
            meter_ids=IntegerParameters(meter_ids[asked]),
            ends=TimeParameters(ends_us[asked]),
            from_ts=TimeParameter(start_us),
            to_ts=TimeParameter(end_us),
        )
        found[asked[np.array(positions.scalars().all(), dtype=np.int64) - 1]] = True
    return found


def _begun(connection: psycopg.Connection, meter_ids: Whole, starts_us: Whole) -> Flags:
    """By window whether its meter has readings before its start, looked for in the same way."""
    near_us = int(starts_us.min()) - CHUNK_US
    positions = _sql.run(
        connection,
        "begun",
        meter_ids=IntegerParameters(meter_ids),
        starts=TimeParameters(starts_us),
        from_ts=TimeParameter(near_us),
        to_ts=TimeParameter(int(starts_us.max())),
    )
    found = np.full(len(meter_ids), False)
    found[np.array(positions.scalars().all(), dtype=np.int64) - 1] = True
    return found | np.isin(meter_ids, begun_before(connection, meter_ids[~found], near_us))

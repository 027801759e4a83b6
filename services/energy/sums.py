"""The one reader of sums: what was booked and measured, and the time in which it should have been.

Sums of places that are kept are read where they say what is asked; else those of meters. Where enterprises have heat
values of their own, their part is read besides, by month, and taken out of what the coefficients of the tables value.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Self

from psycopg import Connection

from services.core.calendar import SHANGHAI, Grain, pieces, start_of_day
from services.core.db.registry_rows import RegistryRows
from services.core.db.statements import Statements
from services.core.frame import Frame
from services.core.meter import Flow
from services.energy.amount import Measure
from services.energy.by_subject import CellNumbers, Subject, Sums
from services.energy.heat_value import HeatValue, heat_value_of
from services.energy.wanted import Kept, SumGrouping, Wanted

SQL = Statements.beside(__file__, "sums.sql")
_REGISTRY = RegistryRows(SQL)

# Up to so many units, their meters are named to the database: it then reads these meters alone. Those of more units are
# named where energy is kept by hour and quarter hour, which is found by meter, and not by time as days and months are.
MOST_NAMED_UNITS = 20

_FLOWS = {str(flow): flow for flow in Flow}


def read_sums(connection: Connection, wanted: Wanted, frame: Frame, *, now: datetime) -> Sums:
    """What was measured in the cells of the frame, and how long it should have been by `now`."""
    sums = Sums(frame)
    if wanted.among.unit_ids is not None and not wanted.among.unit_ids:
        return sums
    wanted = _with_meters(connection, wanted)
    heat_valued = _HeatValued.read(connection, wanted, frame)
    for piece in pieces(frame.start, frame.end, coarsest=frame.coarsest):
        when = {"grain": int(piece.grain), "trunc": frame.trunc, "from_ts": piece.start, "to_ts": piece.end}
        if wanted.kept is not None and piece.grain is not Grain.SLOT:
            _book_places(connection, wanted, wanted.kept, when, sums)
        else:
            _book_meters(connection, wanted, when, sums)
        if heat_valued is not None:
            heat_valued.value(connection, wanted, when, sums)
    _expect(connection, wanted, sums, now=now)
    sums.settle()
    return sums


def read_estimates(
    connection: Connection, wanted: Wanted, frame: Frame, method: str
) -> Mapping[tuple[Subject, int, Measure], int]:
    """What estimates would add to the booked quantities, 1e-12 of the carrier's unit, by number of the cell."""
    parameters = {"method": method, "trunc": frame.trunc, "from_ts": frame.start, "to_ts": frame.end}
    rows = SQL.run(connection, "estimated", **parameters, **_conditions(wanted), **_switches(wanted))
    subjects, numbers, found = _Subjects(wanted), CellNumbers(frame), Counter[tuple[Subject, int, Measure]]()
    for row in rows:
        for subject in subjects[_ids(row)]:
            found[subject, numbers[row.cell_s], (row.carrier, _FLOWS[row.flow])] += int(row.more_pico)
    return found


class _Subjects(dict[tuple[Any, ...], Sequence[Subject]]):
    """Under what meters count, by banner and numbers as the database tells them apart. Each is made once."""

    def __init__(self, wanted: Wanted) -> None:
        super().__init__()
        self._areas = wanted.areas

    def __missing__(self, ids: tuple[Any, ...]) -> Sequence[Subject]:
        banner, *numbers = ids
        areas = (None,) if self._areas is None else self._areas.get(banner, ())
        self[ids] = found = [Subject(area, *numbers) for area in areas]
        return found


def _ids(row: Any) -> tuple[Any, ...]:
    return row.area_code, row.park_id, row.enterprise_id, row.unit_id, row.meter_id


def _with_meters(connection: Connection, wanted: Wanted) -> Wanted:
    """The same, with the meters of its units named, and both directions of those that measure both."""
    among = wanted.among
    if among.meter_ids is not None:
        meter_ids = list(among.meter_ids)
    elif among.unit_ids is not None:
        meter_ids = list(SQL.run(connection, "meters_of_units", unit_ids=list(among.unit_ids)).scalars())
    else:
        return wanted
    meter_ids += SQL.run(connection, "other_directions", meter_ids=meter_ids).scalars()
    return replace(wanted, among=replace(among, meter_ids=meter_ids))


def _book_places(connection: Connection, wanted: Wanted, kept: Kept, when: Mapping[str, Any], sums: Sums) -> None:
    parameters = {"kind": str(kept.kind), "codes": list(kept.subjects), **_measures(wanted), **when}
    for row in SQL.run(connection, "place_sums", **parameters):
        sums.book(
            kept.subjects[row.place_code],
            row.cell_s,
            (row.carrier, _FLOWS[row.flow]),
            int(row.quantity_pico),
            int(row.measured_s),
        )


def _book_meters(connection: Connection, wanted: Wanted, when: Mapping[str, Any], sums: Sums) -> None:
    conditions = _conditions(wanted)
    units = wanted.among.unit_ids
    if units is not None and len(units) > MOST_NAMED_UNITS and when["grain"] > Grain.HOUR:
        conditions["meter_ids"] = None
    subjects = _Subjects(wanted)
    for row in SQL.run(connection, "meter_sums", **conditions, **_switches(wanted), **when):
        measure = (row.carrier, _FLOWS[row.flow])
        for subject in subjects[_ids(row)]:
            sums.book(subject, row.cell_s, measure, int(row.quantity_pico), int(row.measured_s))


class _HeatValued:
    """Enterprises with heat values of their own for what is asked, and these values."""

    def __init__(self, values: Mapping[tuple[int, str, date | None], HeatValue]) -> None:
        """`values`: by the number of the enterprise, the carrier, and the month; None: its default."""
        self._values = values
        self._owners = sorted({enterprise_id for enterprise_id, _, _ in values})
        self._carriers = sorted({carrier for _, carrier, _ in values})

    @classmethod
    def read(cls, connection: Connection, wanted: Wanted, frame: Frame) -> Self | None:
        """Those that may count in the frame; None where there are none."""
        known = [
            row
            for row in _REGISTRY.all(connection, "heat_valued")
            if wanted.carriers is None or row.carrier in wanted.carriers
        ]
        if not known:
            return None
        rows = SQL.run(
            connection,
            "heat_values",
            enterprise_ids=sorted({row.enterprise_id for row in known}),
            carriers=sorted({row.carrier for row in known}),
            from_month=frame.start.astimezone(SHANGHAI).date().replace(day=1),
            to_month=frame.end.astimezone(SHANGHAI).date(),
        )
        values = {(row.enterprise_id, row.carrier, row.month): heat_value_of(row) for row in rows}
        return cls(values) if values else None

    def value(self, connection: Connection, wanted: Wanted, when: Mapping[str, Any], sums: Sums) -> None:
        """Let what these enterprises used be valued by their heat values: by that of the month, else by the default."""
        conditions = _conditions(wanted) | {"enterprise_ids": self._owners, "heat_valued": self._carriers}
        subjects = _Subjects(wanted)
        rows = SQL.run(connection, "heat_valued_sums", **conditions, **_switches(wanted), **when).tuples()
        for cell_s, area, park, enterprise, unit, meter, carrier, flow, owner_id, month, quantity_pico in rows:
            found = self._values.get((owner_id, carrier, month)) or self._values.get((owner_id, carrier, None))
            if found is None:
                continue
            measure, quantity = (carrier, _FLOWS[flow]), int(quantity_pico)
            for subject in subjects[area, park, enterprise, unit, meter]:
                sums.value_by(subject, cell_s, measure, quantity, found)


def _expect(connection: Connection, wanted: Wanted, sums: Sums, *, now: datetime) -> None:
    parameters = {**_conditions(wanted), **_switches(wanted), **_days(sums.frame, now)}
    if wanted.among.unit_ids is not None:
        parameters["meter_ids"] = None
    rows = [*_REGISTRY.all(connection, "expected", **parameters)]
    if wanted.as_judged:
        by_registry = {name: value for name, value in parameters.items() if name not in ("meter_ids", "by_meter")}
        rows += _REGISTRY.all(connection, "lacking", **by_registry)
    subjects = _Subjects(wanted)
    # The rows tell banners apart, of which an area has many.
    together: Counter[tuple[Subject, Measure, date, date]] = Counter()
    for row in rows:
        measure = (row.carrier, _FLOWS[row.flow])
        for subject in subjects[_ids(row)]:
            together[subject, measure, row.from_day, row.to_day] += row.meters
    until = now.astimezone(UTC)
    for (subject, measure, from_day, to_day), meters in together.items():
        sums.expect(subject, measure, start_of_day(from_day), start_of_day(to_day), meters, until)


def _days(frame: Frame, now: datetime) -> dict[str, date]:
    """The days on which readings may be expected by now."""
    until, first = min(frame.end, now.astimezone(SHANGHAI)), frame.start.date()
    return {"from_day": first, "to_day": max(until.date() + timedelta(days=1), first)}


def _measures(wanted: Wanted) -> dict[str, Any]:
    return {"carriers": _listed(wanted.carriers), "flows": [str(flow) for flow in wanted.flows]}


def _conditions(wanted: Wanted) -> dict[str, Any]:
    among = wanted.among
    return {
        "meter_ids": _listed(among.meter_ids),
        "unit_ids": _listed(among.unit_ids),
        "banners": _listed(among.banners),
        "park_ids": _listed(among.park_ids),
        **_measures(wanted),
    }


def _listed(values: Iterable[Any] | None) -> list[Any] | None:
    return None if values is None else list(values)


def _switches(wanted: Wanted) -> dict[str, bool]:
    return {"by_area": wanted.areas is not None, **{f"by_{part}": part in wanted.apart for part in SumGrouping}}

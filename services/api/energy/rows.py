"""Lines of energy as the rows of an answer."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from services.api.energy.answer import EnergyLine, Group, totals
from services.api.energy.change_of_lines import LinesCompared
from services.api.energy.valuing import Valuing
from services.core.meter import PICO


class EnergyRows:
    """Makes rows of lines, as EnergyRow describes them: by hand, since an answer has thousands."""

    def __init__(
        self,
        units: Mapping[str, str],
        valuing: Valuing,
        estimates: Mapping[tuple[datetime, Group], int] | None,
        compared: LinesCompared | None,
    ) -> None:
        self._units, self._valuing, self._estimates, self._compared = units, valuing, estimates, compared

    def of_whole(self, found: Sequence[EnergyLine]) -> Iterator[dict[str, object]]:
        """The rows of the whole that these lines add up to."""
        estimates: Counter[tuple[datetime, Group]] = Counter()
        for (start, group), more_pico in (self._estimates or {}).items():
            estimates[start, Group(group.carrier, group.flow)] += more_pico
        rows = EnergyRows(
            self._units,
            self._valuing,
            None if self._estimates is None else estimates,
            None if self._compared is None else self._compared.of_whole(),
        )
        return (rows.of(line, []) for line in totals(found))

    def of(self, line: EnergyLine, groups: list[str]) -> dict[str, object]:
        """The row of a line, which names these of its group."""
        group = line.group
        flow = str(group.flow)
        row: dict[str, object] = {"start": line.start, "end": line.end, "carrier": group.carrier, "flow": flow}
        for name in groups:
            row[name] = getattr(group, name)
        row["quantity"], row["quantity_unit"] = line.quantity, self._units[group.carrier]
        row["coverage"] = line.coverage
        if line.manual:
            row["manual"] = {"quantity": line.manual_quantity, "share": line.manual_share, "reports": line.reports}
        if self._estimates is not None:
            more_pico = self._estimates.get((line.start, group))
            known = line.parts or more_pico is not None
            booked_pico = sum(pico for _, pico in line.parts)
            row["estimated_quantity"] = (booked_pico + (more_pico or 0)) / PICO if known else None
        row.update(zip(self._valuing.columns, self._valuing.of(group.carrier, flow, line.parts), strict=True))
        if self._compared is not None:
            row["compared"] = self._compared.of(line)
        return row

"""Hours of meters as rows with their four quarters side by side, from slots and back. Pure."""

from typing import NamedTuple

import numpy as np

from services.core.calendar import HOUR_US, SLOT_US
from services.energy.rollup.changes import Periods, Whole, edges_of

QUARTERS = HOUR_US // SLOT_US


class QuarterRows(NamedTuple):
    """Rows of meter and hour. `booked` has a bit for each quarter; those without hold zeros. The others: (rows, 4)."""

    meter_id: Whole
    hour_us: Whole
    account_id: Whole
    booked: Whole
    quantity_pico: Whole
    measured_s: Whole
    quality: Whole

    @classmethod
    def of(cls, slots: Periods) -> "QuarterRows":
        """Those of slots, which are in order of meter and time. An hour has one account."""
        hour_us = slots.start_us - slots.start_us % HOUR_US
        begins = edges_of(slots.meter_id, hour_us) if len(slots) else np.zeros(0, dtype=np.int64)
        row = np.zeros(len(slots), dtype=np.int64)
        row[begins[1:]] = 1
        row = np.cumsum(row)
        quarter = (slots.start_us - hour_us) // SLOT_US
        wide = []
        for column in (slots.quantity_pico, slots.measured_s, slots.quality):
            filled = np.zeros((len(begins), QUARTERS), dtype=np.int64)
            filled[row, quarter] = column
            wide.append(filled)
        booked = np.add.reduceat(1 << quarter, begins) if len(slots) else begins
        account_id = np.minimum.reduceat(slots.account_id, begins) if len(slots) else begins
        return cls(slots.meter_id[begins], hour_us[begins], account_id, booked, *wide)

    def slots(self) -> tuple[Periods, Whole]:
        """The slots, in the order of the rows, and the row of each."""
        row, quarter = np.nonzero((self.booked[:, None] >> np.arange(QUARTERS)) & 1)
        found = Periods(
            self.meter_id[row],
            self.hour_us[row] + quarter * SLOT_US,
            self.account_id[row],
            self.quantity_pico[row, quarter],
            self.measured_s[row, quarter],
            np.ones(len(row), dtype=np.int64),
            self.quality[row, quarter],
        )
        return found, row

    def at(self, places: Whole | np.ndarray) -> "QuarterRows":
        """Those at these places."""
        return QuarterRows(*(column[places] for column in self))

    def columns(self) -> dict[str, Whole]:
        """The numbers of the quarters, by the names of their columns."""
        return {
            f"{name}_{quarter}": column[:, quarter]
            for name, column in (
                ("quantity_pico", self.quantity_pico),
                ("measured_s", self.measured_s),
                ("quality", self.quality),
            )
            for quarter in range(QUARTERS)
        }

    def __len__(self) -> int:
        return len(self.meter_id)

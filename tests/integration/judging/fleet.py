"""Units whose efficiency is judged."""

from typing import Any

from fastapi.testclient import TestClient

from tests.integration.judged import Plant, asked
from tests.integration.line import Line
from tests.integration.registered import JUNGAR, Registered

MONTH = {"start": "2026-03-01", "end": "2026-04-01"}


LIST = "efficiency-list"


class Fleet:
    """Plants that run through March 2026, a day's reading of each meter at a time."""

    def __init__(self, registered: Registered, line: Line) -> None:
        self._registered, self._line = registered, line

    def plant(self, unit: dict[str, Any], daily: dict[tuple[str, str], float], **enterprise: Any) -> Plant:
        plant = Plant(self._registered, self._line, unit={"commissioned_on": "2015-06-01"} | unit, **enterprise)
        plant.uses("2026-03-01", "2026-04-01", daily)
        return plant

    def clinker(self, kgce_per_t: float, **unit: Any) -> Plant:
        """A kiln of 1000 t a day. Its energy is raw coal, of 0.7143 kgce/kg."""
        coal_t = kgce_per_t * 1000 / 1000 / 0.7143
        return self.plant(
            {"process": "cement_clinker", "code": f"K{kgce_per_t:g}"} | unit,
            {("raw_coal", "input"): coal_t, ("product", "product"): 1000.0},
            trade="cement",
        )

    def data_centre(self, pue: float, *, it_kwh: float = 10_000.0, area_code: str = JUNGAR, **unit: Any) -> Plant:
        return self.plant(
            {"process": "data_centre"} | unit,
            {("electricity", "input"): pue * it_kwh, ("electricity", "it_load"): it_kwh},
            trade="data_centre",
            area_code=area_code,
        )

    def roll_up(self) -> None:
        self._line.roll_up()


def listed(client: TestClient, **parameters: Any) -> dict[str, dict[str, Any]]:
    return {row["unit"]: row for row in asked(client, LIST, **MONTH, **parameters)["data"]}

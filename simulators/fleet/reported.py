"""What is reported and not metered: simulated statistics of areas, public institutions and smelters.

Banners of Ordos and leagues are drawn one by one; Ordos and the region are the sums. The energy intensity of each
follows areas.csv: `reduction` is what it reached from 2020 to 2025 (%), `last_year_share` the part that fell to 2025.
"""

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import msgspec

from simulators.fleet.draw import uniform
from simulators.registry import Statistic

_HERE = Path(__file__).parent
REGION, ORDOS = "150000", "150600"
FIRST_YEAR, LAST_YEAR, LAST_PLAN_YEAR = 2020, 2025, 2026
PRICE_BASE = 2020
_PLAN_YEARS = 5
_NOTE = "模拟数据 (simulated)"

_INDUSTRY_OF_GDP = (0.33, 0.39)
_INDUSTRY_OF_ENERGY = (0.76, 0.83)
# MW, all and without fossil fuels, 2020 to 2025.
_CAPACITY_MW = (
    *((146_000, 52_500), (155_000, 58_600), (170_500, 67_200)),
    *((213_000, 98_400), (253_500, 137_800), (284_000, 169_300)),
)
# Of all energy, and of what neither oil nor renewable electricity gives; the rest is gas.
_OIL_OF_ENERGY = (0.05, 0.08)
_COAL_OF_REST = (0.90, 0.96)
_TCO2_A_TCE = {"coal": 2.66, "oil": 2.13, "gas": 1.63}
# kgce per m2 and per person; the plans want 27.54 and 483.44.
_KGCE_A_M2 = (25.0, 31.0)
_KGCE_A_PERSON = (440.0, 530.0)


class Area(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of areas.csv. Shares are of the energy; growth and reduction in %; what is a sum has no 2020 values."""

    area_code: str
    gdp_2020_10k_cny: float | None
    intensity_2020: float | None
    growth: float | None
    reduction: float | None
    last_year_share: float | None
    planned_growth: float
    planned_reduction: float
    feedstock_share: float | None
    renewable_2020: float | None
    renewable_2025: float | None
    listed_tce: float | None


Amounts = dict[str, float]
"""Value by kind, of one area and year."""

_UNITS = {
    "gdp": "10k CNY",
    "industrial_value_added": "10k CNY",
    "energy_consumption": "tce",
    "industrial_energy": "tce",
    "feedstock_energy": "tce",
    "renewable_consumption": "tce",
    "listed_energy": "tce",
    "coal_consumption": "tce",
    "oil_consumption": "tce",
    "co2_energy": "tCO2",
}
_MONEY = frozenset({"gdp", "industrial_value_added"})


@cache
def load_areas() -> tuple[Area, ...]:
    """The region, its leagues and the banners of Ordos."""
    with (_HERE / "areas.csv").open(encoding="utf-8", newline="") as file:
        rows = [{name: cell or None for name, cell in row.items()} for row in csv.DictReader(file)]
    return tuple(msgspec.convert(rows, list[Area], strict=False))


def of_areas(seed: int, *, last_year: int) -> Iterator[Statistic]:
    """Reported numbers of areas for 2020 to 2025, none after `last_year`, and plans up to 2026."""
    yield from (each for each in _measured(seed) if int(each.period) <= last_year)
    for area in load_areas():
        yield from _plans(area)


def _measured(seed: int) -> Iterator[Statistic]:
    by_area = {area.area_code: _years(seed, area) for area in load_areas() if area.gdp_2020_10k_cny is not None}
    by_area[ORDOS] = _sum([years for code, years in by_area.items() if code[:4] == ORDOS[:4]])
    by_area[REGION] = _sum([years for code, years in by_area.items() if code.endswith("00")])
    for code, years in sorted(by_area.items()):
        for year, amounts in years.items():
            for kind, value in amounts.items():
                yield _statistic(f"area:{code}", kind, year, value, _UNITS[kind])
    for year, (total, non_fossil) in zip(range(FIRST_YEAR, LAST_YEAR + 1), _CAPACITY_MW, strict=True):
        yield _statistic(f"area:{REGION}", "capacity_total", year, total, "MW")
        yield _statistic(f"area:{REGION}", "capacity_non_fossil", year, non_fossil, "MW")


def of_institution(seed: int, credit_code: str, *, kgce_a_year: float, last_year: int) -> Iterator[Statistic]:
    """Floor area and head count of a public institution, such that energy per m2 and person lie around the plan's."""
    floor_m2 = round(kgce_a_year / uniform(seed, credit_code, "floor", low=_KGCE_A_M2[0], high=_KGCE_A_M2[1]), -2)
    persons = round(kgce_a_year / uniform(seed, credit_code, "persons", low=_KGCE_A_PERSON[0], high=_KGCE_A_PERSON[1]))
    for year in range(FIRST_YEAR, last_year + 1):
        grown = 1.0 + 0.004 * (year - FIRST_YEAR)
        yield _statistic(f"enterprise:{credit_code}", "floor_area", year, floor_m2, "m2")
        yield _statistic(f"enterprise:{credit_code}", "head_count", year, round(persons * grown), "person")


def of_smelter(credit_code: str, *, renewable_share: float, last_year: int) -> Iterator[Statistic]:
    """Share of non-hydro renewable electricity of a smelter, which lowers its step tariff."""
    for year in range(FIRST_YEAR, last_year + 1):
        value = round(100.0 * renewable_share, 1)
        yield _statistic(f"enterprise:{credit_code}", "non_hydro_renewable_share", year, value, "%")


def _years(seed: int, area: Area) -> Mapping[int, Amounts]:
    assert area.gdp_2020_10k_cny is not None
    assert area.intensity_2020 is not None
    assert area.growth is not None
    gdp, intensity = area.gdp_2020_10k_cny, area.intensity_2020
    years = {FIRST_YEAR: _amounts(seed, area, FIRST_YEAR, gdp, intensity)}
    for number, share in enumerate(_shares(seed, area), start=1):
        year = FIRST_YEAR + number
        growth = area.growth + uniform(seed, area.area_code, str(year), "growth", low=-1.4, high=1.4)
        gdp = gdp * (1.0 + growth / 100.0)
        intensity = intensity * (1.0 - (area.reduction or 0.0) / 100.0) ** share
        years[year] = _amounts(seed, area, year, gdp, intensity)
    return years


def _shares(seed: int, area: Area) -> Sequence[float]:
    """The part of the five years' reduction that fell to each year; together one."""
    drawn = [
        uniform(seed, area.area_code, str(year), "reduction", low=0.5, high=1.5)
        for year in range(FIRST_YEAR + 1, LAST_YEAR + 1)
    ]
    if area.last_year_share is None:
        return [share / math.fsum(drawn) for share in drawn]
    before = math.fsum(drawn[:-1])
    return [*(share / before * (1.0 - area.last_year_share) for share in drawn[:-1]), area.last_year_share]


def _amounts(seed: int, area: Area, year: int, gdp: float, intensity: float) -> Amounts:
    gdp_10k_cny = round(gdp)
    energy = round(gdp_10k_cny * intensity)
    passed = (year - FIRST_YEAR) / _PLAN_YEARS
    low, high = area.renewable_2020 or 0.0, area.renewable_2025 or 0.0
    industry_gdp = uniform(seed, area.area_code, "industry", low=_INDUSTRY_OF_GDP[0], high=_INDUSTRY_OF_GDP[1])
    industry_energy = uniform(seed, area.area_code, "smoke", low=_INDUSTRY_OF_ENERGY[0], high=_INDUSTRY_OF_ENERGY[1])
    renewable, feedstock = low + (high - low) * passed, (area.feedstock_share or 0.0) * (0.8 + 0.2 * passed)
    oil = uniform(seed, area.area_code, "oil", low=_OIL_OF_ENERGY[0], high=_OIL_OF_ENERGY[1])
    coal = max(0.0, uniform(seed, area.area_code, "coal", low=_COAL_OF_REST[0], high=_COAL_OF_REST[1]) - 0.02 * passed)
    coal *= 1.0 - renewable - oil
    gas = 1.0 - renewable - oil - coal
    emitted = max(0.0, coal - feedstock) * _TCO2_A_TCE["coal"] + oil * _TCO2_A_TCE["oil"] + gas * _TCO2_A_TCE["gas"]
    return {
        "gdp": gdp_10k_cny,
        "industrial_value_added": round(gdp_10k_cny * (industry_gdp + 0.012 * passed)),
        "energy_consumption": energy,
        "industrial_energy": round(energy * (industry_energy - 0.02 * passed)),
        "feedstock_energy": round(energy * (area.feedstock_share or 0.0) * (0.8 + 0.2 * passed)),
        "renewable_consumption": round(energy * (low + (high - low) * passed)),
        "listed_energy": round((area.listed_tce or 0.0) * passed),
        "coal_consumption": round(energy * coal),
        "oil_consumption": round(energy * oil),
        "co2_energy": round(energy * emitted),
    }


def _sum(parts: Sequence[Mapping[int, Amounts]]) -> Mapping[int, Amounts]:
    return {
        year: {kind: sum(part[year][kind] for part in parts) for kind in _UNITS}
        for year in range(FIRST_YEAR, LAST_YEAR + 1)
    }


def _plans(area: Area) -> Iterator[Statistic]:
    a_year = 100.0 * (1.0 - (1.0 - area.planned_reduction / 100.0) ** (1.0 / _PLAN_YEARS))
    for year in range(FIRST_YEAR + 1, LAST_PLAN_YEAR + 1):
        owner = f"area:{area.area_code}"
        yield _statistic(owner, "gdp_growth_plan", year, area.planned_growth, "%")
        yield _statistic(owner, "intensity_reduction_plan", year, round(a_year, 1), "%")


def _statistic(owner: str, kind: str, year: int, value: float, unit: str) -> Statistic:
    return Statistic(
        owner=owner,
        kind=kind,
        period=str(year),
        value=value,
        unit=unit,
        price_base=PRICE_BASE if kind in _MONEY else None,
        note=_NOTE,
    )

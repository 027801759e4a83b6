"""The domain numbers that sums are valued by: carriers, and their coefficients of standard coal and CO2."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from services.core.data.carriers import CarrierRow, carriers
from services.energy.coefficients import Co2Factor, StandardCoalCoefficient, co2_factors, factors_of, standard_coal
from services.energy.factors import Factors
from services.energy.heat_ranges import HeatRange, heat_ranges


@dataclass(frozen=True, kw_only=True)
class EnergyTables:
    """Each table as it is read, in the order of its file."""

    carriers: tuple[CarrierRow, ...]
    standard_coal: tuple[StandardCoalCoefficient, ...]
    co2: tuple[Co2Factor, ...]
    heat_ranges: tuple[HeatRange, ...]

    @cached_property
    def factors(self) -> Factors:
        """The coefficients of the region, exact, per unit in which each carrier is kept."""
        return factors_of(self.carriers, self.standard_coal, self.co2, self.heat_ranges)


def load_energy_tables(override: Path | None = None) -> EnergyTables:
    """The tables; a file in the folder `override` is read instead of the shipped one of the same name.

    Raises DataFileError at the first fault.
    """
    rows = carriers(override)
    carrier = {row.code: row for row in rows}
    return EnergyTables(
        carriers=rows,
        standard_coal=standard_coal(carrier, override),
        co2=co2_factors(carrier, override),
        heat_ranges=heat_ranges(carrier, override),
    )

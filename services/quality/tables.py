"""The domain numbers that the quality of data is judged by."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from services.core.data.loader import check_folder, table_file
from services.core.data.parameters import Parameter, ParameterBounds, load_parameters
from services.core.data.statistic_kinds import NAME as STATISTIC_KINDS
from services.core.data.statistic_kinds import StatisticKind, load_statistic_kinds
from services.energy.tables import EnergyTables, load_energy_tables
from services.quality.checks.declared import Check, load_checks
from services.quality.parameters import BOUNDS


@dataclass(frozen=True, kw_only=True)
class QualityTables(EnergyTables):
    """The tables of energy, and parameters, kinds of reported numbers and checks."""

    parameters: tuple[Parameter, ...]
    statistic_kinds: tuple[StatisticKind, ...]
    checks: tuple[Check, ...]

    def parameter(self, code: str) -> Parameter:
        """The parameter with this code. Raises KeyError when there is none."""
        return self._parameters[code]

    @cached_property
    def _parameters(self) -> Mapping[str, Parameter]:
        return {row.code: row for row in self.parameters}


def load_quality_tables(
    override: Path | None = None, *, bounds: Mapping[str, ParameterBounds] = BOUNDS
) -> QualityTables:
    """The tables; a file in the folder `override` is read instead of the shipped one of the same name.

    Parameters are held against `bounds`. Raises DataFileError at the first fault, and DataFolderError where the folder
    is not there or holds a file that is no table.
    """
    check_folder(override)
    energy = load_energy_tables(override)
    return QualityTables(
        carriers=energy.carriers,
        standard_coal=energy.standard_coal,
        co2=energy.co2,
        heat_ranges=energy.heat_ranges,
        parameters=load_parameters(bounds, override),
        statistic_kinds=load_statistic_kinds(table_file(STATISTIC_KINDS, override)),
        checks=load_checks(override),
    )

"""What the parameters may be that the judgements need, and those below them."""

from collections.abc import Mapping

from services.core.data.parameters import ParameterBounds
from services.quality import parameters as of_quality

BOUNDS: Mapping[str, ParameterBounds] = {
    **of_quality.BOUNDS,
    "coverage_least": ParameterBounds(unit="1", most=1),
    "coverage_apart": ParameterBounds(unit="1", most=1),
    "two_high_threshold": ParameterBounds(unit="tce", is_above=True),
    "heat_value_step": ParameterBounds(unit="%", is_above=True, most=100),
    "retrofit_longest": ParameterBounds(unit="a", least=1, most=100, is_whole=True),
    "total_warning_margin": ParameterBounds(unit="%", most=100),
    "data_centre_large_racks": ParameterBounds(unit="rack", least=1, is_whole=True),
    "oil_equivalent": ParameterBounds(unit="kgce/kgoe", is_above=True),
    "key_unit_threshold": ParameterBounds(unit="tce", is_above=True, is_needed=False),
    "pue_least_possible": ParameterBounds(unit="1", is_above=True, is_needed=False),
    "data_centre_hyperscale_racks": ParameterBounds(unit="rack", least=1, is_whole=True, is_needed=False),
    "non_hydro_incentive": ParameterBounds(unit="%", most=100, is_needed=False),
}
"""The parameters the program knows. Without one that is needed every judgement that asks for it would fail."""

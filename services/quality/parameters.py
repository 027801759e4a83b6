"""What the parameters may be that the quality of data is judged by."""

from collections.abc import Mapping

from services.core.data.parameters import ParameterBounds

BOUNDS: Mapping[str, ParameterBounds] = {
    "daily_monthly_deviation": ParameterBounds(unit="%", most=100),
    "on_time_intervals": ParameterBounds(unit="1", is_above=True, most=1000),
    "on_time_margin": ParameterBounds(unit="s", most=31_536_000),
    "quality_weight_completeness": ParameterBounds(unit="1", most=1000),
    "quality_weight_timeliness": ParameterBounds(unit="1", most=1000),
    "quality_weight_validity": ParameterBounds(unit="1", most=1000),
    "quality_weight_accuracy": ParameterBounds(unit="1", most=1000),
    "quality_weight_consistency": ParameterBounds(unit="1", most=1000),
}
"""By code. Without one that is needed no day could be judged."""

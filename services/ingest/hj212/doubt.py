"""Why an emission cannot be what it says, whatever flag its monitor gave it. Pure.

It is kept as it came, and counts in no rate, amount or limit.
"""

from typing import Literal

from services.ingest.hj212.emissions import Emission
from services.ingest.hj212.factors import factors

Doubt = Literal["negative", "out_of_order", "unknown_factor"]

_SIGNED_UNITS = frozenset({"degC", "kPa"})
"""Of factors that may be below zero: temperatures, and pressures that are told against that of the air."""


def doubt_of(emission: Emission) -> Doubt | None:
    """What is against it, or None.

    `unknown_factor`: no factor of annex B, so that its unit is not known; `negative`: a concentration, flow, level or
    amount below zero; `out_of_order`: not least <= mean <= greatest.
    """
    factor = factors().get(emission.factor)
    if factor is None:
        return "unknown_factor"
    measured = (emission.least, emission.mean, emission.greatest)
    converted = (emission.least_converted, emission.mean_converted, emission.greatest_converted)
    if _is_below_zero(emission.amount) or (
        factor.unit not in _SIGNED_UNITS and any(map(_is_below_zero, (*measured, *converted)))
    ):
        return "negative"
    return None if _is_in_order(measured) and _is_in_order(converted) else "out_of_order"


def _is_below_zero(value: float | None) -> bool:
    return value is not None and value < 0


def _is_in_order(values: tuple[float | None, ...]) -> bool:
    said = [value for value in values if value is not None]
    return said == sorted(said)

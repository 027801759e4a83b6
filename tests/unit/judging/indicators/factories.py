"""Measured subjects with round numbers."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction

from services.core.meter import PICO, Flow
from services.energy.amount import Amount, Measure
from services.energy.factors import Factor, Factors, FactorTable
from services.energy.heat_value import ValuedBy
from services.judging.indicators.kinds import Ratio
from services.judging.indicators.listing import BY_SLUG
from services.judging.indicators.ratio import NeededCoverage, ratio_of
from services.judging.indicators.terms import Measured, ReportedValue

NEEDED = NeededCoverage(least=0.9, apart=0.02)
YEAR = 2024
MONTH_S = 30 * 86_400

_KGCE = {
    "electricity": ("0.1229", "electricity"),
    "raw_coal": ("714.3", "coal"),
    "washed_coal": ("900", "coal"),
    "coke": ("971.4", "coal"),
    "coke_oven_gas": ("0.6", "coal"),
    "blast_furnace_gas": ("0.1286", "coal"),
    "converter_gas": ("0.2714", "coal"),
    "natural_gas": ("1.33", "gas"),
    "diesel": ("1457.1", "oil"),
    "heat": ("34.12", "heat"),
    "biomass": ("500", "biomass"),
}
_KG_CO2 = {"raw_coal": "1900.3", "electricity": "0.6479", "coke": "2860", "natural_gas": "2.1622", "heat": "110"}


def _table(values: dict[str, str], sort: str) -> FactorTable:
    return FactorTable(Factor(f"{sort}-{c}", c, Fraction(v), date(2008, 1, 1)) for c, v in values.items())


FACTORS = Factors(
    calorific=_table({carrier: value for carrier, (value, _) in _KGCE.items()}, "calorific"),
    equivalent=_table({"electricity": "0.3"}, "equivalent"),
    co2=_table(_KG_CO2, "co2"),
    family={carrier: family for carrier, (_, family) in _KGCE.items()},
)


def amount(quantity: str | None, *, coverage: str = "1", year: int = YEAR) -> Amount:
    """A quantity in the unit of its carrier, measured over this share of a month."""
    measured_s = int(MONTH_S * Fraction(coverage))
    by_year: dict[ValuedBy, int] = {} if quantity is None else {year: int(Fraction(quantity) * PICO)}
    return Amount(by_year, measured_s, MONTH_S)


def measured(
    amounts: Mapping[tuple[str, str], str | Amount | None], *, reported: dict[str, str] | None = None, **given: object
) -> Measured:
    """What was measured by carrier and flow; a text is a quantity measured throughout."""
    found: dict[Measure, Amount] = {
        (carrier, Flow(flow)): value if isinstance(value, Amount) else amount(value)
        for (carrier, flow), value in amounts.items()
    }
    spoken = {kind: ReportedValue(kind, Decimal(value), (("2024", 1),)) for kind, value in (reported or {}).items()}
    return Measured(found, FACTORS, reported=spoken, **given)  # type: ignore[arg-type]


def ratio(slug: str, subject: Measured) -> Ratio:
    """The indicator of one subject."""
    indicator = BY_SLUG[slug]
    numerator, denominator = indicator.parts(subject)
    return ratio_of(indicator, numerator, denominator, needed=NEEDED, metered=1.0)


def value(slug: str, subject: Measured) -> float:
    """The value of an indicator that can be judged."""
    found = ratio(slug, subject)
    assert found.reasons == ()
    assert found.value is not None
    return float(found.value)

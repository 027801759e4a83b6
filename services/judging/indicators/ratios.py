"""Numerator and denominator of each indicator, from what was measured of one subject. Pure."""

from services.core.meter import Flow
from services.energy.factors import Basis
from services.judging.indicators.kinds import Parts
from services.judging.indicators.terms import Measured, Term

BOUGHT = (Flow.INPUT, Flow.RENEWABLE)
TRADED = (Flow.INPUT, Flow.OUTPUT)
KILO = 1000
FUELS = ("coal", "oil", "gas", "biomass", "other")
OTHER_THAN_ELECTRICITY = (*FUELS, "heat")


def pue(m: Measured) -> tuple[Term, Term]:
    """kWh of the data centre, and kWh of its IT equipment.

    Every form of energy that comes in counts (ISO/IEC 30134-2): what a generator burns must not make the ratio better.
    What is not electricity counts by its heat content (GB/T 2589). Of what leaves only electricity is taken off: heat
    that is put to use elsewhere is no part of this ratio.
    """
    electricity = m.quantity(["electricity"], (*BOUGHT, Flow.OUTPUT))
    return electricity + m.in_electricity(BOUGHT, OTHER_THAN_ELECTRICITY), m.quantity(["electricity"], [Flow.IT_LOAD])


def wue(m: Measured) -> tuple[Term, Term]:
    """Litres of fresh water, and kWh of the IT equipment."""
    return m.quantity(["water"], [Flow.INPUT]).scaled(KILO), m.quantity(["electricity"], [Flow.IT_LOAD])


def unit_product_energy(m: Measured) -> tuple[Term, Term]:
    """kgce (calorific, feedstock included), and product."""
    return m.energy(Basis.CALORIFIC).scaled(KILO), m.product()


def unit_product_electricity(m: Measured) -> tuple[Term, Term]:
    """kWh bought less sold, and product."""
    return m.quantity(["electricity"], (*BOUGHT, Flow.OUTPUT)), m.product()


def molten_aluminium_power(m: Measured) -> tuple[Term, Term]:
    """kWh of alternating current into the rectifiers, and molten aluminium."""
    return m.quantity(["electricity"], [Flow.RECTIFIER], unmetered="rectifier_not_metered"), m.product()


def coal_per_kwh_supplied(m: Measured) -> tuple[Term, Term]:
    """gce of fuels less heat sold, and kWh sold less bought."""
    fuel = m.energy(Basis.CALORIFIC, flows=[Flow.INPUT], families=FUELS)
    heat = m.energy(Basis.CALORIFIC, flows=[Flow.OUTPUT], families=["heat"], absent_is_zero=True)
    sold = m.quantity(["electricity"], [Flow.OUTPUT]).scaled(-1)
    bought = m.quantity(["electricity"], BOUGHT, absent_is_zero=True)
    return (fuel + heat).scaled(KILO * KILO), sold - bought


def energy_per(kind: str) -> Parts:
    """kgce (calorific), and what is reported under `kind`."""
    return lambda m: (m.energy(Basis.CALORIFIC).scaled(KILO), m.statistic(kind))


def intensity(reported_energy: str, per: str) -> Parts:
    """tce (equivalent), as reported where it is, and what is reported under `per`."""

    def parts(m: Measured) -> tuple[Term, Term]:
        energy = m.statistic(reported_energy) if m.reports(reported_energy) else m.energy(Basis.EQUIVALENT)
        return energy, m.statistic(per)

    return parts


def carbon_intensity(m: Measured) -> tuple[Term, Term]:
    """tCO2 as metered, and GDP in 10 000 CNY."""
    return m.co2(), m.statistic("gdp")


def renewable_electricity(m: Measured) -> tuple[Term, Term]:
    """kWh of renewable electricity, and kWh of all that was bought; what left is not consumed."""
    renewable = m.quantity(["electricity"], [Flow.RENEWABLE], absent_is_zero=True)
    sold = m.beside_renewable.quantity(["electricity"], [Flow.OUTPUT], absent_is_zero=True).scaled(-1)
    left = renewable.smaller(sold)
    return renewable - left, m.quantity(["electricity"], BOUGHT) - left


def coal_share(m: Measured) -> tuple[Term, Term]:
    """tce (equivalent) of coal that is not sold on as coal, coke, gas, electricity or heat, and tce of all."""
    coal = m.energy(Basis.EQUIVALENT, families=["coal"], absent_is_zero=True)
    electricity, heat = (
        m.energy(Basis.EQUIVALENT, flows=TRADED, families=[family], absent_is_zero=True)
        for family in ("electricity", "heat")
    )
    _, left = _renewable(m)
    return coal + (electricity + left).at_most_zero() + heat.at_most_zero(), m.energy(Basis.EQUIVALENT)


def _renewable(m: Measured) -> tuple[Term, Term]:
    """tce (equivalent) of renewable electricity, and of what left of it."""
    renewable = m.energy(Basis.EQUIVALENT, flows=[Flow.RENEWABLE], absent_is_zero=True)
    sold = m.beside_renewable.energy(
        Basis.EQUIVALENT, flows=[Flow.OUTPUT], families=["electricity"], absent_is_zero=True
    )
    return renewable, renewable.smaller(sold.scaled(-1))


def non_fossil_share(m: Measured) -> tuple[Term, Term]:
    """tce (equivalent) of renewable electricity and biomass, and tce of all."""
    renewable, left = _renewable(m)
    biomass = m.energy(Basis.EQUIVALENT, flows=[Flow.INPUT, Flow.OUTPUT], families=["biomass"], absent_is_zero=True)
    return renewable - left + biomass, m.energy(Basis.EQUIVALENT)


def non_fossil_capacity(m: Measured) -> tuple[Term, Term]:
    """MW that are not fossil, and MW in all."""
    return m.statistic("capacity_non_fossil"), m.statistic("capacity_total")


def completeness(m: Measured) -> tuple[Term, Term]:
    """Seconds measured, and seconds in which readings are expected."""
    measured, expected = m.seconds()
    return measured, expected

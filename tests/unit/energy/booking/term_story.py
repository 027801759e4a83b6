"""Meters that have changed what they mean, once or several times."""

from typing import Any

from hypothesis import strategies as st

from services.core.calendar import HOUR_US, OPEN_START_US
from services.core.meter import Kind, MeterRule, MeterTerm, Replacement, different, meter_term


def term(from_us: int = OPEN_START_US, **given: Any) -> MeterTerm:
    """A term of an electricity meter; a counter in kWh of quarter hours, where nothing else is said."""
    said: dict[str, Any] = {"kind": Kind.COUNTER, "multiplier": 1.0, "interval_s": 900, "carrier_unit": "kWh"} | given
    usual = "kW" if said["kind"] is Kind.GAUGE else "kWh"
    return meter_term(**({"unit_of_measure": usual} | said), from_us=from_us)


@st.composite
def rules_with_terms(draw: st.DrawFn, start_us: int, end_us: int) -> MeterRule:
    """A meter with up to four terms that begin between the two moments, and perhaps a replacement."""
    moments = sorted(draw(st.sets(st.integers(start_us // 1_000_000, end_us // 1_000_000), max_size=3)))
    terms = [draw(_terms(OPEN_START_US, None))]
    for moment_s in moments:
        terms.append(draw(_terms(moment_s * 1_000_000, terms[-1])))
    swap_us = draw(st.one_of(st.none(), st.integers(start_us, end_us)))
    swaps = () if swap_us is None else (Replacement(swap_us, 104.0, 3.0),)
    accepted = draw(st.sets(st.integers(1, 30).map(lambda i: start_us + i * 900_000_000), max_size=2))
    return MeterRule(different(terms), swaps, frozenset(accepted))


@st.composite
def _terms(draw: st.DrawFn, from_us: int, before: MeterTerm | None) -> MeterTerm:
    """A term, after the one before it mostly of the same kind: a kind begins on a whole hour."""
    kind = draw(st.sampled_from(Kind)) if before is None or draw(st.integers(0, 4)) == 0 else before.kind
    if before is not None and kind is not before.kind:
        from_us = max(from_us // HOUR_US * HOUR_US, before.from_us + 1)
        if from_us % HOUR_US:
            from_us += HOUR_US - from_us % HOUR_US
    units = {Kind.GAUGE: ["kW", "MW"], Kind.COUNTER: ["kWh", "Wh", "MWh"], Kind.INTERVAL: ["kWh", "kW"]}
    return term(
        from_us,
        kind=kind,
        unit_of_measure=draw(st.sampled_from(units[kind])),
        multiplier=draw(st.sampled_from([1.0, 600.0, 800.0, 0.1])),
        interval_s=draw(st.sampled_from([60, 900, 3600])),
        register_size=draw(st.sampled_from([None, 1000.0])),
        rated_per_hour=draw(st.sampled_from([None, 1000.0, 3e6])),
    )

"""Of what numerator and denominator are put together adds up to them, whatever the indicator and the subject."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.core.meter import PICO, Flow
from services.energy.amount import Amount, Measure
from services.judging.indicators.listing import BY_SLUG
from services.judging.indicators.ratio import ratio_of_all
from services.judging.indicators.terms import Measured, Term
from tests.unit.judging.indicators.factories import FACTORS, MONTH_S, NEEDED, YEAR, measured, ratio

CARRIERS = ["electricity", "raw_coal", "coke", "natural_gas", "diesel", "heat", "biomass", "water", "product"]
STATISTICS = sorted({kind for indicator in BY_SLUG.values() for kind in indicator.statistics})

amounts = st.builds(
    lambda years, measured_s: Amount({year: units * PICO for year, units in years.items()}, measured_s, MONTH_S),
    st.dictionaries(st.sampled_from([YEAR, YEAR + 1]), st.integers(min_value=0, max_value=10**6)),
    st.integers(min_value=0, max_value=2 * MONTH_S),
)
measures: st.SearchStrategy[dict[Measure, Amount]] = st.dictionaries(
    st.tuples(st.sampled_from(CARRIERS), st.sampled_from(list(Flow))), amounts, min_size=1, max_size=12
)
reported = st.dictionaries(st.sampled_from(STATISTICS), st.integers(min_value=0, max_value=10**6).map(str), max_size=4)


def subject(found: dict[Measure, Amount], told: dict[str, str]) -> Measured:
    sold = {key: amount for key, amount in found.items() if key == ("electricity", Flow.OUTPUT)}
    of_text = {(carrier, str(flow)): amount for (carrier, flow), amount in found.items()}
    return measured(of_text, reported=told, beside_renewable=sold, in_parts=True)


def adds_up(term: Term) -> bool:
    return term.value is None or sum((part.value for part in term.parts), Fraction(0)) == term.value


@pytest.mark.parametrize("slug", sorted(BY_SLUG))
@settings(max_examples=25)
@given(found=measures, told=reported)
def test_the_parts_of_a_term_add_up_to_it(slug: str, found: dict[Measure, Amount], told: dict[str, str]) -> None:
    for term in BY_SLUG[slug].parts(subject(found, told)):
        assert adds_up(term)
        assert adds_up(term.scaled(Fraction(7, 3)))
    assert all(adds_up(term) for term in BY_SLUG[slug].parts(Measured(found, FACTORS, in_parts=True)))


@given(one=measures, other=measures)
def test_the_parts_of_several_together_add_up_to_their_sum(
    one: dict[Measure, Amount], other: dict[Measure, Amount]
) -> None:
    for slug in ("unit_product_energy", "pue"):
        ratios = {name: ratio(slug, subject(found, {})) for name, found in (("a", one), ("b", other))}
        whole = ratio_of_all(BY_SLUG[slug], ratios, needed=NEEDED)
        assert adds_up(whole.numerator)
        assert adds_up(whole.denominator)
        assert set(whole.left_out) == whole.left_out_because.keys()
        assert all(whole.left_out_because.values())


def test_what_a_part_is_valued_by_is_named_and_nothing_is_kept_that_nobody_asked_for() -> None:
    given = {("raw_coal", "input"): "10", ("coke", "output"): "2", ("product", "product"): "5"}
    numerator, denominator = BY_SLUG["unit_product_energy"].parts(measured(given, in_parts=True))
    assert [(part.measure, part.pico // PICO, part.value) for part in numerator.parts] == [
        (("raw_coal", Flow.INPUT), 10, Fraction(7143)),
        (("coke", Flow.OUTPUT), 2, Fraction("-1942.8")),
    ]
    assert [part.applied and part.applied.factor.code for part in numerator.parts] == [
        "calorific-raw_coal",
        "calorific-coke",
    ]
    assert [(part.measure, part.value, part.applied) for part in denominator.parts] == [
        (("product", Flow.PRODUCT), Fraction(5), None)
    ]
    assert BY_SLUG["unit_product_energy"].parts(measured(given))[0].parts == ()

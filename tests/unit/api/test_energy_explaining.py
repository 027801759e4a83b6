"""The terms of a balance add up to it, the parts to the whole and the carriers to the consumption, to the digit."""

from collections.abc import Iterable
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.api.energy.answer import EnergyLine, Group, totals
from services.api.energy.balance import Balance, balance, enters, grouped
from services.api.energy.explaining import Explaining
from services.core.calendar import start_of_day
from services.core.meter import PICO, Flow
from services.energy.factors import Applied, Basis, Factors
from services.energy.heat_value import ByHeatValue, Fuel, HeatValue, ValuedBy
from tests.unit.api.test_energy_valuing import FACTORS as PLAIN

FACTORS = Factors(
    calorific=PLAIN.calorific,
    equivalent=PLAIN.equivalent,
    co2=PLAIN.co2,
    family=PLAIN.family,
    fuels={"raw_coal": Fuel(Fraction(1000), "MJ/kg")},
)
UNITS = {"electricity": "kWh", "raw_coal": "t", "natural_gas": "m3", "biogas": "m3", "water": "m3", "product": "t"}
START = start_of_day(date(2021, 5, 1))
DAY_S = 86_400
HEAT_VALUES = [
    HeatValue(
        heat_value_id=number,
        enterprise="E",
        carrier="raw_coal",
        month=date(2021, 5, 1) if number else None,
        version=number + 1,
        ncv_mj=Fraction(number + 20) + Fraction(1, 7),
        laboratory="lab",
        report="1",
    )
    for number in range(3)
]

known = st.sampled_from(["electricity", "raw_coal", "natural_gas"])
picos = st.integers(min_value=0, max_value=10**9 * PICO)


@st.composite
def lines(draw: st.DrawFn, carriers: st.SearchStrategy[str] = known) -> list[EnergyLine]:
    """One line of each carrier, flow and banner, some of them silent."""
    keys = draw(
        st.lists(
            st.tuples(carriers, st.sampled_from(list(Flow)), st.sampled_from(["150621", "150622", None])),
            unique=True,
            min_size=1,
            max_size=12,
        )
    )
    found = []
    for carrier, flow, area in keys:
        by: dict[ValuedBy, int] = {
            year: draw(picos) for year in draw(st.lists(st.sampled_from([2021, 2022]), unique=True))
        }
        if carrier == "raw_coal":
            for each in draw(st.lists(st.sampled_from(HEAT_VALUES), unique=True)):
                by[ByHeatValue(2021, each)] = draw(picos)
        measured_s = draw(st.integers(min_value=0, max_value=2 * DAY_S))
        end = START + timedelta(days=1)
        found.append(EnergyLine(START, end, Group(carrier, str(flow), area), tuple(by.items()), measured_s, 2 * DAY_S))
    return found


def formed(found: Iterable[EnergyLine], *, by_carrier: bool = False) -> list[Balance]:
    groups = grouped(found, FACTORS, by_carrier=by_carrier)
    return [balance(of, place, FACTORS) for (_, place), of in groups.items()]


def explained(one: Balance, others: Iterable[EnergyLine] = (), *, used: dict[str, Applied] | None = None) -> Any:
    return Explaining(FACTORS, UNITS, used or dict(one.account.used)).of(one, others, DAY_S)


@given(lines())
def test_the_terms_add_up_to_the_balance_to_the_last_digit(found: list[EnergyLine]) -> None:
    for one in formed(found):
        why = explained(one)
        answered = {str(basis): one.bases[basis].consumption_tce for basis in Basis} | {"co2": one.tco2}
        for name, value in answered.items():
            terms = [term[name] for term in why["terms"] if term[name] is not None]
            assert why[name]["value"] == value
            if value is not None:
                assert sum((Fraction(term["exact"]) for term in terms), Fraction(0)) == Fraction(why[name]["exact"])
                assert float(Fraction(why[name]["exact"])) == value


@given(lines())
def test_a_term_is_its_quantity_times_its_coefficient(found: list[EnergyLine]) -> None:
    for term in (term for one in formed(found) for term in explained(one)["terms"]):
        for valued in (term[name] for name in ("calorific", "equivalent", "co2") if term[name] is not None):
            if valued["coefficient"] is not None:
                tonnes = term["sign"] * float(Fraction(term["quantity_exact"])) * valued["coefficient"] / 1000
                assert abs(valued["value"] - tonnes) <= 1e-9 * abs(tonnes)
        assert term["meters"] == 2.0


@given(lines())
def test_banners_and_carriers_add_up_to_the_whole(found: list[EnergyLine]) -> None:
    def amount(balances: Iterable[Balance], measure: str) -> Fraction:
        exact = (
            one.exact_tco2() if measure == "tco2" else one.consumption(Basis(measure))
            for one in balances
            if one.is_booked
        )
        return sum((each for each in exact if each is not None), Fraction(0))

    whole = formed(totals(found))
    for parts in (formed(found), formed(totals(found), by_carrier=True)):
        for measure in ("calorific", "equivalent", "tco2"):
            assert amount(parts, measure) == amount(whole, measure)


@given(lines(st.sampled_from(["electricity", "water", "product"])))
def test_every_line_is_in_a_term_or_among_what_is_left_out(found: list[EnergyLine]) -> None:
    whole = totals(found)
    others = [line for line in whole if not enters(line, FACTORS)]
    told = {(line.group.carrier, line.group.flow) for line in whole}
    for one in formed(whole):
        why = explained(one, others)
        assert {(each["carrier"], each["flow"]) for each in (*why["terms"], *why["left_out"])} == told


def test_why_something_is_left_out_is_said() -> None:
    end = START + timedelta(days=1)

    def line(carrier: str, flow: Flow, *parts: tuple[ValuedBy, int]) -> EnergyLine:
        return EnergyLine(START, end, Group(carrier, str(flow)), parts, 0, DAY_S)

    booked = (2021, 5 * PICO)
    others = [
        line("electricity", Flow.SUB, booked),
        line("electricity", Flow.IT_LOAD, booked),
        line("product", Flow.PRODUCT, booked),
        line("water", Flow.INPUT, booked),
    ]
    (one,) = formed([line("electricity", Flow.INPUT, booked), line("raw_coal", Flow.INPUT)])
    assert [each["reason"]["code"] for each in explained(one, others)["left_out"]] == [
        "silent",
        "part_of_input",
        "part_of_input",
        "not_consumed",
        "no_energy",
    ]


def test_a_missing_coefficient_leaves_the_term_without_a_value_and_the_whole_too() -> None:
    parts: tuple[tuple[ValuedBy, int], ...] = ((2021, PICO),)
    (one,) = formed([EnergyLine(START, START + timedelta(days=1), Group("biogas", "input"), parts, DAY_S, DAY_S)])
    (term,) = explained(one)["terms"]
    assert term["calorific"] == {
        "row": None,
        "coefficient": None,
        "coefficient_unit": "kgce/m3",
        "value": None,
        "exact": None,
    }
    assert explained(one)["calorific"] == {"value": None, "exact": None}


def test_heat_values_that_are_too_many_to_be_named_make_one_term() -> None:
    many = [
        HeatValue(
            heat_value_id=number,
            enterprise=f"E{number}",
            carrier="raw_coal",
            month=date(2021, 5, 1),
            version=1,
            ncv_mj=Fraction(20 + number, 1),
            laboratory="lab",
            report="1",
        )
        for number in range(101)
    ]
    parts: tuple[tuple[ValuedBy, int], ...] = tuple((ByHeatValue(2021, each), PICO) for each in many)
    (one,) = formed([EnergyLine(START, START + timedelta(days=1), Group("raw_coal", "input"), parts, DAY_S, DAY_S)])
    (term,) = explained(one)["terms"]
    assert (term["quantity"], term["calorific"]["row"], term["calorific"]["coefficient"]) == (
        101.0,
        "heat_value.raw_coal.measured",
        None,
    )
    assert Fraction(term["calorific"]["exact"]) == one.consumption(Basis.CALORIFIC)

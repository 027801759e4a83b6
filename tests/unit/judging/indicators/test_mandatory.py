"""Mandatory limits decide: units of the region beside grade 3 of their standards."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from services.core.calendar import SHANGHAI
from services.core.verdict import Verdict
from services.judging.indicators.aims import Where
from services.judging.indicators.forming import Evaluated
from services.judging.indicators.judging import Judgement, judged
from services.judging.indicators.kinds import Ratio
from services.judging.indicators.listing import BY_SLUG
from services.judging.indicators.terms import Term
from services.judging.indicators.unit_inputs import dated_inputs, given_over
from tests.unit.judging.indicators.test_places import TABLES, TREE, UNIT

OCTOBER = datetime(2026, 10, 1, tzinfo=SHANGHAI), datetime(2026, 11, 1, tzinfo=SHANGHAI)
NO_SPECIAL_ORE: dict[str, Any] = {"rare_earth_ore": 0, "vanadium_titanium_magnetite": 0, "laterite_nickel_ore": 0}


def row(name: str, value: object, since: str = "2020-01-01") -> dict[str, Any]:
    choice = value if isinstance(value, str) else None
    number = None if choice is not None else str(value)
    return {"input": name, "valid_from": since, "value": number, "choice": choice, "source": "report"}


def judge(process: str, value: str, slug: str = "unit_product_energy", **inputs: Any) -> Judgement:
    ratio = Ratio(Fraction(Decimal(value)), Term(Fraction(Decimal(value))), Term(Fraction(1)), 1.0)
    unit = replace(UNIT, process=process, given=[row(name, each) for name, each in inputs.items()])
    return judged(
        TABLES, BY_SLUG[slug], Evaluated(*OCTOBER, ratio, process=process, units=(unit,)), Where(None, None, TREE)
    )


def codes(judgement: Judgement) -> list[str]:
    return [code for code, _ in judgement.reasons]


@pytest.mark.parametrize("value", ["420", "424"])
def test_a_furnace_above_415_cannot_be_judged_while_its_ore_could_decide(value: str) -> None:
    found = judge("blast_furnace", value)
    assert (found.verdict, codes(found)) == (Verdict.CANNOT_JUDGE, ["correction_unknown", "baseline_reached"])
    assert found.reasons[0][1].endswith("feed_grade")
    assert found.grade is None


def test_a_furnace_of_good_ore_above_its_limit_is_in_breach_though_it_keeps_the_baseline() -> None:
    found = judge("blast_furnace", "424", feed_grade=61, **NO_SPECIAL_ORE)
    assert (found.verdict, found.reasons) == (
        Verdict.BREACH,
        (("above_mandatory_limit", "limit.gb21256_2025.blast_furnace.energy.3"),),
    )
    (held,) = (each for each in found.limits if each.what == "grade_3")
    assert (held.value, held.met) == (418.61, False)


def test_a_furnace_of_poor_ore_keeps_its_corrected_limit() -> None:
    found = judge("blast_furnace", "424", feed_grade=58, **NO_SPECIAL_ORE)
    assert (found.verdict, codes(found), found.grade) == (Verdict.OK, ["baseline_reached"], 3)


def test_above_what_could_be_allowed_at_most_nothing_more_need_be_known() -> None:
    found = judge("blast_furnace", "560")
    assert (found.verdict, codes(found)) == (Verdict.BREACH, ["above_mandatory_limit", "below_baseline"])


@pytest.mark.parametrize("value", ["1859.585", "1881"])
def test_a_ferrosilicon_unit_above_1850_is_in_breach_since_nothing_corrects_it(value: str) -> None:
    found = judge("ferrosilicon", value)
    assert (found.verdict, codes(found)) == (Verdict.BREACH, ["above_mandatory_limit", "below_baseline"])


def test_within_the_printed_limit_what_is_not_given_is_not_held_against_the_unit() -> None:
    found = judge("coking_stamp", "138.6")
    assert (found.verdict, codes(found), found.grade) == (Verdict.OK, ["baseline_reached"], 3)
    # dry coal lowers the limit once it is given: 140 - 3.71 x 2.5 = 130.725
    dry = judge("coking_stamp", "138.6", coal_moisture=8)
    assert (dry.verdict, codes(dry)[0]) == (Verdict.CANNOT_JUDGE, "correction_unknown")


def test_a_breach_of_the_levels_stays_one_whatever_the_mandatory_limit_depends_on() -> None:
    found = judge("cement_clinker", "119.682")
    assert (found.verdict, codes(found)) == (Verdict.BREACH, ["below_baseline"])


def test_smelters_have_a_mandatory_limit_for_each_of_both_powers() -> None:
    molten = judge("aluminium_electrolysis", "13000", "aluminium_ac_power")
    assert (molten.verdict, molten.grade, codes(molten)) == (Verdict.OK, 2, ["benchmark_reached"])
    comprehensive = judge("aluminium_electrolysis", "13484", "aluminium_comprehensive_ac_power")
    assert (comprehensive.verdict, comprehensive.grade) == (Verdict.OK, 3)
    assert codes(comprehensive) == ["within_mandatory_limit"]
    above = judge("aluminium_electrolysis", "13701", "aluminium_comprehensive_ac_power")
    assert (above.verdict, codes(above)) == (Verdict.BREACH, ["above_mandatory_limit"])


def test_coal_power_is_judged_by_the_class_that_the_unit_gives() -> None:
    unknown = judge("coal_power", "310", "coal_per_kwh_supplied")
    assert (unknown.verdict, codes(unknown)) == (Verdict.CANNOT_JUDGE, ["correction_unknown"])
    assert unknown.reasons[0][1].startswith("coal_power_class")
    # the strictest class allows 283
    assert judge("coal_power", "283", "coal_per_kwh_supplied").verdict is Verdict.OK
    plain: dict[str, Any] = {"coal_power_factor": 1, "coal_power_addition": 0}
    known = {"coal_power_class": "subcritical_300_mw"} | plain
    assert judge("coal_power", "321", "coal_per_kwh_supplied", **known).verdict is Verdict.OK
    assert judge("coal_power", "321.1", "coal_per_kwh_supplied", **known).verdict is Verdict.BREACH


@pytest.mark.parametrize(
    ("process", "inputs", "limit"),
    [
        ("coal_mining", {"mine_kind": "surface", "mining_conversion": 0}, "8"),
        ("industrial_silicon", {"silicon_reductant": "coal"}, "3600"),
        ("polyvinyl_chloride", {"pvc_route": "carbide_route"}, "270"),
        ("calcium_carbide", {}, "940"),
        ("caustic_soda_membrane_30", {}, "350"),
        ("methanol_coke_oven_gas", {}, "1500"),
        ("coal_glycol", {}, "1300"),
    ],
)
def test_other_trades_have_their_limits_too(process: str, inputs: dict[str, Any], limit: str) -> None:
    assert judge(process, limit, **inputs).verdict is Verdict.OK
    above = judge(process, f"{Decimal(limit) + Decimal('0.01')}", **inputs)
    assert (above.verdict, codes(above)[0]) == (Verdict.BREACH, "above_mandatory_limit")


def test_before_a_standard_is_in_force_it_judges_nothing() -> None:
    ratio = Ratio(Fraction(424), Term(Fraction(424)), Term(Fraction(1)), 1.0)
    june = datetime(2026, 6, 1, tzinfo=SHANGHAI), datetime(2026, 7, 1, tzinfo=SHANGHAI)
    unit = replace(UNIT, process="blast_furnace", given=[])
    where = Where(None, None, TREE)
    found = judged(TABLES, BY_SLUG["unit_product_energy"], Evaluated(*june, ratio, units=(unit,)), where)
    assert (found.verdict, found.mandatory) == (Verdict.OK, None)


def test_an_input_holds_from_its_day_until_the_next() -> None:
    unit = replace(UNIT, given=[row("feed_grade", 62), row("feed_grade", 58, "2026-07-01")])
    first_half = given_over(unit, date(2026, 1, 1), date(2026, 6, 30))["feed_grade"]
    year = given_over(unit, date(2026, 1, 1), date(2026, 12, 31))["feed_grade"]
    assert (first_half.values, first_half.whole) == ((Fraction(62),), True)
    assert (year.values, year.whole) == ((Fraction(62), Fraction(58)), True)


def test_an_input_that_begins_within_the_period_was_not_given_for_the_whole_of_it() -> None:
    unit = replace(UNIT, given=[row("feed_grade", 58, "2026-07-01")])
    assert given_over(unit, date(2026, 1, 1), date(2026, 12, 31))["feed_grade"].whole is False
    # before the unit was there nothing was to be given
    young = replace(unit, commissioned_on=date(2026, 7, 1))
    assert given_over(young, date(2026, 1, 1), date(2026, 12, 31))["feed_grade"].whole is True
    assert given_over(unit, date(2025, 1, 1), date(2025, 12, 31)) == {}


def test_numbers_of_inputs_are_exact() -> None:
    (found,) = dated_inputs([row("coal_moisture", 10.1)])
    assert found.value == Fraction(101, 10)

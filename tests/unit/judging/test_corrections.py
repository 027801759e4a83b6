"""The formulas by which standards correct their limits, by the shipped rows and worked examples."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.judging.corrections import AllowedInput, CorrectedLimit, GivenInput, InputValue, corrected
from services.judging.data.tables import load_tables

TABLES = load_tables()
FURNACE = "gb21256_2025.blast_furnace.energy.3"
CONVERTER = "gb21256_2025.converter.energy.3"
ARC_FURNACE = "gb21256_2025.electric_arc_furnace_50.energy.3"
STAMP = "gb21342_2025.coking_stamp.energy.3"
CLINKER = "gb16780_2021.cement_clinker.energy.3"
ORES = {"rare_earth_ore": "0", "vanadium_titanium_magnetite": "0", "laterite_nickel_ore": "0"}
DRY_OVEN = {
    "mixed_gas_share": "0",
    "coal_volatile_matter": "25",
    "coal_moisture": "10.5",
    "wet_quenching": "0",
    "oven_age": "10",
}


def value_of(text: str) -> InputValue:
    try:
        return Fraction(text)
    except ValueError:
        return text


def limit(code: str, given: dict[str, str]) -> CorrectedLimit:
    row = TABLES.row(f"limit.{code}")
    known = {name: GivenInput((value_of(text),)) for name, text in given.items()}
    return corrected(Fraction(row.value), TABLES.correction_terms[row.code], known, TABLES.allowed_inputs)


@pytest.mark.parametrize(
    ("code", "given", "expected"),
    [
        # 415 + 3.61 x min(5, max(0, 62 - grade))
        (FURNACE, ORES | {"feed_grade": "61"}, "418.61"),
        (FURNACE, ORES | {"feed_grade": "62"}, "415"),
        (FURNACE, ORES | {"feed_grade": "65"}, "415"),
        (FURNACE, ORES | {"feed_grade": "50"}, "433.05"),
        # 0.3 + 0.45 + 0.5 per % of the burden
        (
            FURNACE,
            {
                "rare_earth_ore": "10",
                "vanadium_titanium_magnetite": "20",
                "laterite_nickel_ore": "2",
                "feed_grade": "62",
            },
            "428",
        ),
        # -12 + 0.23 x scrap % + steel
        (
            CONVERTER,
            {"converter_kind": "ordinary", "scrap_ratio": "10", "converter_steel": "bearing_gear_wire_tool"},
            "-8.5",
        ),
        (
            CONVERTER,
            {"converter_kind": "ordinary", "scrap_ratio": "0", "converter_steel": "plain_carbon"},
            "-12",
        ),
        # 72 x 1.1 - 0.8 x 30
        (ARC_FURNACE, {"hot_metal_ratio": "30", "arc_furnace_steel": "stainless"}, "55.2"),
        (ARC_FURNACE, {"hot_metal_ratio": "0", "arc_furnace_steel": "quality_carbon"}, "80"),
        # 140 + 12 x r(mixed gas) + f(volatile matter) + 3.71 (moisture - 10.5) + 46.46 + 0/2.5/5.5
        (STAMP, DRY_OVEN, "140"),
        (STAMP, DRY_OVEN | {"mixed_gas_share": "50"}, "146"),
        (STAMP, DRY_OVEN | {"coal_volatile_matter": "26.5"}, "144.82"),
        (STAMP, DRY_OVEN | {"coal_volatile_matter": "40"}, "164.5"),
        (STAMP, DRY_OVEN | {"coal_volatile_matter": "20"}, "140"),
        (STAMP, DRY_OVEN | {"coal_moisture": "9.5"}, "136.29"),
        (STAMP, DRY_OVEN | {"wet_quenching": "1"}, "186.46"),
        (STAMP, DRY_OVEN | {"oven_age": "15"}, "140"),
        (STAMP, DRY_OVEN | {"oven_age": "15.1"}, "142.5"),
        (STAMP, DRY_OVEN | {"oven_age": "25.5"}, "145.5"),
        # 117 x (1.179 - 0.211 x P / 101325) above 1500 m
        (CLINKER, {"altitude": "1500", "air_pressure": "81060"}, "117"),
        (CLINKER, {"altitude": "1501", "air_pressure": "81060"}, "118.1934"),
        # 8400 - 40 (ore grade - 98)
        ("gb21341_2022.ferrosilicon.electricity.3", {"ore_grade": "96.5"}, "8460"),
        ("gb21341_2022.ferrosilicon.energy.3", {}, "1850"),
        # 94, and 1.20 for each of 5 points of clinker above 75
        ("gb16780_2021.cement.energy.3", {"clinker_ratio": "80", "altitude": "1000"}, "100"),
        # 321 x 1.02 + 12
        (
            "gb21258_2024.coal_power.subcritical_300_mw.3",
            {"coal_power_factor": "1.02", "coal_power_addition": "12"},
            "339.42",
        ),
        # the energy counts 0.8 of itself
        ("gb29445_2025.coal_mining.surface.3", {"mining_conversion": "-0.2"}, "10"),
    ],
)
def test_a_limit_is_corrected_by_the_formula_of_its_standard(code: str, given: dict[str, str], expected: str) -> None:
    found = limit(code, given)
    assert found.low == found.high == Fraction(expected)
    assert found.wanted == ()


@pytest.mark.parametrize(
    ("code", "given", "low", "high", "wanted"),
    [
        # 5 points of ore, and 100 % of each special ore
        (FURNACE, {}, "415", "558.05", [*ORES, "feed_grade"]),
        (FURNACE, ORES, "415", "433.05", ["feed_grade"]),
        # what only takes away is not wanted: hot metal
        (ARC_FURNACE, {}, "72", "87", ["arc_furnace_steel"]),
        (ARC_FURNACE, {"arc_furnace_steel": "plain_carbon"}, "72", "72", []),
        # a special-purpose converter is not judged at all
        (CONVERTER, {}, "-12", None, ["converter_kind", "scrap_ratio", "converter_steel"]),
        (CLINKER, {"altitude": "1400"}, "117", "117", []),
        (CLINKER, {"altitude": "1600"}, "117", "125.76", ["air_pressure"]),
        (CLINKER, {"air_pressure": "81060"}, "117", "118.19", ["altitude"]),
        (CLINKER, {}, "117", "125.76", ["air_pressure", "altitude"]),
        # no range of the factor and of the conversion is printed
        (
            "gb21258_2024.coal_power.subcritical_300_mw.3",
            {},
            "321",
            None,
            ["coal_power_factor", "coal_power_addition"],
        ),
        ("gb29445_2025.coal_mining.surface.3", {}, "8", "80", ["mining_conversion"]),
    ],
)
def test_what_is_not_given_could_raise_the_limit_by_the_most_that_is_allowed(
    code: str, given: dict[str, str], low: str, high: str | None, wanted: list[str]
) -> None:
    found = limit(code, given)
    assert found.low == Fraction(low)
    assert (None if found.high is None else round(float(found.high), 2)) == (None if high is None else float(high))
    assert list(found.wanted) == wanted


def test_a_converter_for_special_purposes_has_no_limit() -> None:
    found = limit(CONVERTER, {"converter_kind": "special_purpose"})
    assert (found.low, found.high) == (None, None)


def test_what_changed_within_the_period_leaves_both_limits_open() -> None:
    row = TABLES.row(f"limit.{FURNACE}")
    given = {name: GivenInput((Fraction(0),)) for name in ORES}
    given["feed_grade"] = GivenInput((Fraction(62), Fraction(60)))
    found = corrected(Fraction(row.value), TABLES.correction_terms[row.code], given, TABLES.allowed_inputs)
    assert (found.low, found.high, found.wanted) == (Fraction(415), Fraction("422.22"), ("feed_grade",))


def test_what_was_given_for_a_part_of_the_period_only_is_wanted_for_the_rest() -> None:
    row = TABLES.row(f"limit.{FURNACE}")
    given = {name: GivenInput((Fraction(0),)) for name in ORES}
    given["feed_grade"] = GivenInput((Fraction(61),), whole=False)
    found = corrected(Fraction(row.value), TABLES.correction_terms[row.code], given, TABLES.allowed_inputs)
    assert (found.low, found.high, found.wanted) == (Fraction(415), Fraction("433.05"), ("feed_grade",))


def test_an_altitude_is_wanted_where_the_air_pressure_would_lower_the_limit() -> None:
    row = TABLES.row("limit.gb16780_2021.cement_clinker.energy.3")
    given = {"air_pressure": GivenInput((Fraction(103480),))}
    found = corrected(Fraction(row.value), TABLES.correction_terms[row.code], given, TABLES.allowed_inputs)
    assert found.low is not None
    assert found.high is not None
    assert (found.low < found.high, found.wanted) == (True, ("altitude",))


CORRECTED = [row.code for row in TABLES.limits if TABLES.correction_terms[row.code]]


@given(code=st.sampled_from(CORRECTED), data=st.data())
def test_nothing_that_may_be_given_makes_a_limit_greater_than_what_was_allowed_at_most(
    code: str, data: st.DataObject
) -> None:
    row, terms, allowed = TABLES.row(code), TABLES.correction_terms[code], TABLES.allowed_inputs
    names = {term.input for term in terms} | {term.condition.input for term in terms if term.condition}
    given_all = {name: GivenInput((data.draw(_allowed(allowed[name])),)) for name in sorted(names)}
    some = {name: each for name, each in given_all.items() if data.draw(st.booleans())}
    printed = Fraction(row.value)
    known = corrected(printed, terms, given_all, allowed)
    partly = corrected(printed, terms, some, allowed)
    assert (known.low, known.wanted) == (known.high, ())
    if known.high is None:
        assert partly.high is None
    elif partly.high is not None:
        assert known.high <= partly.high
    if not partly.wanted:
        assert partly.low == partly.high


def _allowed(known: AllowedInput) -> st.SearchStrategy[InputValue]:
    if known.choices:
        return st.sampled_from(known.choices)
    low = Fraction(0) if known.low is None else known.low
    return st.fractions(min_value=low, max_value=low + 10 if known.high is None else known.high, max_denominator=100)

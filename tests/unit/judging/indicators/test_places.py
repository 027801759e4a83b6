"""T36: a place is judged by its own targets, though it have a single unit whose process has levels of its own."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

import pytest

from services.core.area_tree import AreaTree
from services.core.calendar import SHANGHAI
from services.core.verdict import Verdict
from services.judging.indicators.aims import Where
from services.judging.indicators.forming import Evaluated
from services.judging.indicators.judging import judged
from services.judging.indicators.kinds import Ratio
from services.judging.indicators.listing import BY_SLUG
from services.judging.indicators.scope import JudgedPark, JudgedUnit
from services.judging.indicators.terms import Term
from tests.integration.served import shipped_tables

TABLES = shipped_tables()
REGION, ORDOS, JUNGAR = "150000", "150600", "150622"
TREE = AreaTree.of([(REGION, "region", None), (ORDOS, "league", REGION), (JUNGAR, "banner", ORDOS)])
PARK = JudgedPark(1, "PARK", "园区", None, "ordinary", JUNGAR)
UNIT = JudgedUnit(
    unit_id=1,
    code="150622-0001-U1",
    name_zh="焦炉",
    name_en=None,
    process=None,
    status="existing",
    commissioned_on=None,
    design_energy_tce=None,
    approved_energy_tce=None,
    retrofit_listed_on=None,
    retrofit_due_on=None,
    capacity_class=None,
    measuring_category=None,
    standard_racks=None,
    enterprise_id=1,
    credit_code="91150622MA0000000X",
    enterprise_zh="焦化厂",
    enterprise_en=None,
    trade="coking",
    area_code=JUNGAR,
    park_code=None,
    makes_product=True,
)


def only_unit(value: str, process: str) -> Evaluated:
    """What a whole month of the only unit of a place came to."""
    start, end = datetime(2026, 10, 1, tzinfo=SHANGHAI), datetime(2026, 11, 1, tzinfo=SHANGHAI)
    ratio = Ratio(Fraction(Decimal(value)), Term(Fraction(Decimal(value))), Term(Fraction(1)), 1.0)
    return Evaluated(start, end, ratio, process=process, units=(replace(UNIT, process=process),))


def met_by_row(where: Where, slug: str, value: str, process: str) -> tuple[Verdict, Mapping[str, bool | None]]:
    judgement = judged(TABLES, BY_SLUG[slug], only_unit(value, process), where)
    return judgement.verdict, {held.row["code"]: held.met for held in judgement.limits}


@pytest.mark.parametrize(
    ("slug", "process", "value", "row"),
    [
        # the baseline of a single one is 140
        ("unit_product_energy", "coking_stamp", "138.6", "OA2-04"),
        # 117
        ("unit_product_energy", "cement_clinker", "114.7", "OA2-05"),
        # no list has levels of coal power
        ("coal_per_kwh_supplied", "coal_power", "310", "OA2-01"),
    ],
)
def test_t36_a_league_with_one_unit_misses_the_target_of_its_plan(
    slug: str, process: str, value: str, row: str
) -> None:
    assert met_by_row(Where(ORDOS, None, TREE), slug, value, process) == (Verdict.BREACH, {row: False})


def test_t36_the_same_unit_asked_for_itself_is_judged_by_its_own_levels() -> None:
    verdict, rows = met_by_row(Where(None, None, TREE), "unit_product_energy", "138.6", "coking_stamp")
    assert verdict is Verdict.OK
    assert rows == {
        "level.coking_stamp.2023.benchmark": None,
        "level.coking_stamp.2023.baseline": True,
        "limit.gb21342_2025.coking_stamp.energy.3": True,
    }


@pytest.mark.parametrize("where", [Where(JUNGAR, None, TREE), Where(None, PARK, TREE)], ids=["banner", "park"])
def test_a_place_without_a_target_of_its_own_is_not_judged_as_its_only_unit(where: Where) -> None:
    # neither the target of the league above it nor the level of the unit in it
    assert met_by_row(where, "unit_product_energy", "160", "coking_stamp") == (Verdict.CANNOT_JUDGE, {})

"""A target is held against a value in the unit of the value, whatever unit the plan prints."""

from dataclasses import replace
from datetime import datetime
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
from services.judging.indicators.terms import Term
from tests.integration.served import shipped_tables

TABLES = shipped_tables()
REGION = Where("150000", None, AreaTree.of([("150000", "region", None)]))


def carbide(value: int) -> Evaluated:
    """Calcium carbide of the region, kgce/t, in the last year of the thirteenth plan."""
    start, end = (datetime(year, 1, 1, tzinfo=SHANGHAI) for year in (2020, 2021))
    ratio = Ratio(Fraction(value), Term(Fraction(value)), Term(Fraction(1)), 1.0, subjects=2, judged=2)
    return Evaluated(start, end, ratio, process="calcium_carbide")


@pytest.mark.parametrize(("value", "verdict"), [(1050, Verdict.OK), (1051, Verdict.BREACH)])
def test_t33_a_target_in_tonnes_of_standard_coal_judges_a_value_in_kilograms(value: int, verdict: Verdict) -> None:
    judgement = judged(TABLES, BY_SLUG["unit_product_energy"], carbide(value), REGION)
    assert judgement.verdict is verdict
    (limit,) = judgement.limits
    # printed 1.05 tce/t
    assert (limit.value, limit.row["value"], limit.row["unit"]) == (1050.0, 1.05, "tce/t")


def test_a_target_that_does_not_measure_the_same_says_nothing_of_a_value() -> None:
    plans = TABLES.plans
    misprinted = replace(
        plans, targets=tuple(replace(row, unit="%") if row.code == "P13-14" else row for row in plans.targets)
    )
    judgement = judged(replace(TABLES, plans=misprinted), BY_SLUG["unit_product_energy"], carbide(1000), REGION)
    assert (judgement.verdict, judgement.reasons) == (Verdict.CANNOT_JUDGE, (("no_limit", ""),))

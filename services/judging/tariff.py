"""Step tariffs of energy-intensive trades: what a unit pays more for each kWh, with every step of the finding. Pure.

Sources: plan of Inner Mongolia for saving energy and reducing emissions 2021-2025, part 4 (5), the unified rule;
发改价格〔2021〕1239号 for aluminium. The documents print no steps of the unified rule, so these are configured; without
them nothing is invented. Amounts are exact fractions, so that a value on a limit is on it.
"""

import enum
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from services.core.verdict import ReasonedVerdict
from services.judging.levels import BenchmarkLevel, Levels, ProjectKind, gap, level_for

YUAN_PER_KWH = "yuan/kWh"
VALUE_UNKNOWN = "value_unknown"


class TariffRule(enum.StrEnum):
    """Which rule was applied."""

    UNIFIED = "unified"
    ALUMINIUM = "aluminium"


@dataclass(frozen=True, slots=True)
class DerivationStep:
    """One step of a derivation: what is taken or computed, in both languages, its number, and the row it is from."""

    code: str
    text: str
    text_zh: str
    value: Fraction | None = None
    unit: str | None = None
    row: str | None = None


@dataclass(frozen=True, slots=True)
class Surcharge:
    """What a unit pays more. `yuan_per_kwh` is None where that cannot be told; the finding has the reason."""

    rule: TariffRule
    finding: ReasonedVerdict
    yuan_per_kwh: Fraction | None
    steps: tuple[DerivationStep, ...]
    punitive_price: bool = False
    """Its capacity is of a class whose electricity has the punitive price 惩罚性交易电价, whatever the surcharge."""


@dataclass(frozen=True, slots=True)
class TariffStep:
    """A configured step of the unified rule: from a gap above `above_percent` on."""

    above_percent: Fraction
    yuan_per_kwh: Fraction
    row: str


PUNISHED = frozenset({"restricted", "eliminated"})
"""限制类 by the plan; 淘汰类, worse still, pays more than that (发改价格〔2016〕2803号)."""


@dataclass
class _Derivation:
    rule: TariffRule
    punitive: bool
    steps: list[DerivationStep] = field(default_factory=list)

    def note(
        self,
        code: str,
        text: str,
        text_zh: str,
        value: Fraction | None = None,
        unit: str | None = None,
        row: str | None = None,
    ) -> None:
        self.steps.append(DerivationStep(code, text, text_zh, value, unit, row))

    def ends(self, finding: ReasonedVerdict, yuan_per_kwh: Fraction | None) -> Surcharge:
        if yuan_per_kwh is not None:
            self.note("surcharge", "Surcharge for each kWh", "每千瓦时加价", yuan_per_kwh, YUAN_PER_KWH)
        return Surcharge(self.rule, finding, yuan_per_kwh, tuple(self.steps), self.punitive)


def _begun(rule: TariffRule, capacity_class: str | None) -> _Derivation:
    derivation = _Derivation(rule, capacity_class in PUNISHED)
    if capacity_class == "restricted":
        derivation.note("restricted", "Restricted capacity: punitive price", "限制类产能（装置）：执行惩罚性交易电价")
    elif capacity_class == "eliminated":
        derivation.note(
            "eliminated", "Capacity to be eliminated: punitive price", "淘汰类产能（装置）：执行惩罚性交易电价"
        )
    return derivation


_WORDS = {
    BenchmarkLevel.BASELINE: ("An existing unit must reach the baseline", "存量企业应达到基准水平"),
    BenchmarkLevel.BENCHMARK: (
        "A new, building or planned unit must reach the benchmark",
        "新建、在建、拟建企业应达到标杆水平",
    ),
}


def unified_surcharge(
    value: Fraction | None,
    levels: Levels,
    kind: ProjectKind,
    *,
    unit: str,
    steps: Sequence[TariffStep],
    capacity_class: str | None = None,
    unknown: str = VALUE_UNKNOWN,
) -> Surcharge:
    """The surcharge by the unified rule; `value` is the unit's energy use in `unit`, None where it is not known.

    `unknown`: the reason why it is not.
    Existing units at the baseline and others at the benchmark pay none; beyond that the highest configured step below
    the gap counts.
    """
    found = _begun(TariffRule.UNIFIED, capacity_class)
    level = level_for(kind)
    must = levels.value_of(level)
    row = levels.baseline_row if level is BenchmarkLevel.BASELINE else levels.benchmark_row
    found.note("level", *_WORDS[level], must, unit, row)
    if value is None:
        return found.ends(ReasonedVerdict.cannot(unknown), None)
    found.note("value", "Energy use of the unit", "单元能耗", value, unit)
    if value <= must:
        found.note("reached", "Reached: no surcharge", "已达到，用电不加价")
        reached = BenchmarkLevel.BENCHMARK if value <= levels.benchmark else BenchmarkLevel.BASELINE
        return found.ends(ReasonedVerdict.ok(f"{reached}_reached"), Fraction(0))
    percent = gap(value, must).percent
    if percent is None:
        found.note(
            "no_percent",
            "No share can be formed of a level that is not above zero",
            "水平值不大于零，无法计算差距百分比",
        )
        return found.ends(ReasonedVerdict.cannot("gap_percent_undefined"), None)
    found.note("gap", "Gap to the level", "与该水平的差距", percent, "%")
    return _by_step(found, percent, steps)


def _by_step(found: _Derivation, percent: Fraction, steps: Sequence[TariffStep]) -> Surcharge:
    if not steps:
        found.note("no_steps", "No steps are configured for this unit", "未配置阶梯加价标准")
        return found.ends(ReasonedVerdict.cannot("no_steps_configured"), None)
    reached = [step for step in steps if percent > step.above_percent]
    if not reached:
        found.note("below_first_step", "The gap does not exceed the first step", "差距未超过第一档")
        return found.ends(ReasonedVerdict.breach("below_first_step"), Fraction(0))
    step = max(reached, key=lambda s: s.above_percent)
    found.note("step", "Step: gap above", "适用档位：差距超过", step.above_percent, "%", step.row)
    return found.ends(ReasonedVerdict.breach("surcharge"), step.yuan_per_kwh)


@dataclass(frozen=True, slots=True)
class AluminiumRule:
    """The numbers of the aluminium rule in a year, with their rows."""

    threshold_kwh_per_t: Fraction
    threshold_row: str
    step_kwh_per_t: Fraction
    step_row: str
    step_yuan_per_kwh: Fraction
    step_yuan_row: str
    share_above_percent: Fraction
    share_row: str
    reduction_percent: Fraction
    """Taken off the surcharge for each whole point of the share above that."""
    reduction_row: str


@dataclass(frozen=True, slots=True)
class RenewableShare:
    """The share of non-hydro renewables in a smelter's electricity, in %."""

    percent: Fraction
    incentive_percent: Fraction | None
    """Incentive value of the province's responsibility 消纳责任权重激励值; None where it is not known."""
    incentive_row: str | None = None


def aluminium_surcharge(
    year: int,
    power_kwh_per_t: Fraction | None,
    rule: AluminiumRule,
    *,
    renewable: RenewableShare | None = None,
    capacity_class: str | None = None,
    unknown: str = VALUE_UNKNOWN,
) -> Surcharge:
    """The surcharge of `year` on liquid aluminium, from the comprehensive AC power 铝液综合交流电耗 of the year BEFORE.

    0.01 yuan/kWh for every 20 kWh/t, or part of it, above the threshold; a share of non-hydro renewables above 15 %
    that also reaches the province's incentive value takes 1 % of it away for each whole point above 15. `unknown`: the
    reason why the power is None.
    """
    found = _begun(TariffRule.ALUMINIUM, capacity_class)
    found.note(
        "threshold", f"Threshold of {year}", f"{year}年分档值", rule.threshold_kwh_per_t, "kWh/t", rule.threshold_row
    )
    if power_kwh_per_t is None:
        return found.ends(ReasonedVerdict.cannot(unknown), None)
    found.note(
        "value",
        f"Comprehensive AC power of liquid aluminium in {year - 1}",
        f"{year - 1}年铝液综合交流电耗",
        power_kwh_per_t,
        "kWh/t",
    )
    above = power_kwh_per_t - rule.threshold_kwh_per_t
    if above <= 0:
        found.note("reached", "Not above the threshold: no surcharge", "未超过分档值，用电不加价")
        return found.ends(ReasonedVerdict.ok("threshold_kept"), Fraction(0))
    found.note("above", "Above the threshold by", "超过分档值", above, "kWh/t")
    steps = math.ceil(above / rule.step_kwh_per_t)
    found.note(
        "steps",
        f"Steps of {rule.step_kwh_per_t} kWh/t, a part counting as one",
        f"每{rule.step_kwh_per_t}千瓦时一档，不足一档按一档计",
        Fraction(steps),
        row=rule.step_row,
    )
    full = steps * rule.step_yuan_per_kwh
    found.note("full", "Surcharge by steps", "按档加价", full, YUAN_PER_KWH, rule.step_yuan_row)
    return found.ends(ReasonedVerdict.breach("surcharge"), _reduced(found, full, rule, renewable))


def _reduced(found: _Derivation, full: Fraction, rule: AluminiumRule, share: RenewableShare | None) -> Fraction:
    """What renewables leave of the surcharge."""
    if share is None:
        found.note(
            "share_unknown", "Share of renewables not reported: no reduction", "未报送非水可再生能源占比，不予降低"
        )
        return full
    found.note("share", "Share of non-hydro renewables", "非水可再生能源占比", share.percent, "%")
    if share.incentive_percent is None:
        found.note("incentive_unknown", "Incentive value not known: no reduction", "未配置消纳责任权重激励值，不予降低")
        return full
    found.note("incentive", "Incentive value", "消纳责任权重激励值", share.incentive_percent, "%", share.incentive_row)
    if share.percent <= rule.share_above_percent or share.percent < share.incentive_percent:
        found.note("no_reduction", "Share too low for a reduction", "占比未达到条件，不予降低")
        return full
    points = math.floor(share.percent - rule.share_above_percent)
    found.note(
        "points",
        f"Whole points above {rule.share_above_percent} %",
        f"超过{rule.share_above_percent}%的整百分点数",
        Fraction(points),
        row=rule.share_row,
    )
    less = min(points * rule.reduction_percent, Fraction(100))
    found.note("reduction", "Taken off the surcharge", "加价降低", less, "%", rule.reduction_row)
    return full * (100 - less) / 100

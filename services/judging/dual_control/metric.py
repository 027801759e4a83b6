"""What dual control looks at: energy and carbon, coal, oil and the non-fossil share. One more is one entry here. Pure.

Sources: plan of Inner Mongolia 2021-2025 (intensity and total of energy); 碳达峰碳中和综合评价考核办法 (2026-04-23):
five control indicators, which are total and intensity of carbon, coal, oil and the share of non-fossil energy.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from services.core.reason import InBoth
from services.judging.targets.target import Better


class MetricCode(enum.StrEnum):
    """The metrics, in the order in which they are answered."""

    ENERGY_INTENSITY = "energy_intensity_assessed"
    ENERGY_TOTAL = "energy_total_assessed"
    CO2_INTENSITY = "co2_intensity"
    CO2_TOTAL = "co2_total"
    COAL = "coal_consumption"
    OIL = "oil_consumption"
    NON_FOSSIL = "non_fossil_share"


class MetricForm(enum.StrEnum):
    """What its number is."""

    INTENSITY = "intensity"
    """An amount by GDP; its targets are falls since the base year, in %."""
    AMOUNT = "amount"
    """An amount of a year; its targets are amounts."""
    SHARE = "share"
    """A share in %; its targets are shares, its changes percentage points."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlMetric:
    """One entry of the list."""

    code: MetricCode
    name: InBoth
    unit: str
    form: MetricForm
    left_out: InBoth
    """What is not in it, and what is kept apart."""
    target: str | None = None
    """Slug under which plans print its targets; None: they print none."""
    statistic: str | None = None
    """Kind of the reported number it is made of; what was not reported is taken from the meters."""
    better: Better = Better.LOWER


_LISTED = (
    ControlMetric(
        code=MetricCode.ENERGY_INTENSITY,
        name=InBoth("Assessed energy intensity of GDP", "考核能耗强度（单位地区生产总值能耗）"),
        unit="tce/10kCNY",
        form=MetricForm.INTENSITY,
        left_out=InBoth(
            "feedstock and the part of listed projects borne above are left out; the gross one is the indicator"
            " Gross energy intensity of GDP",
            "扣除原料用能和能耗单列核减量；全口径数值见指标“单位地区生产总值能耗”",
        ),
        target="energy_intensity_gdp_reduction",
        statistic="energy_consumption",
    ),
    ControlMetric(
        code=MetricCode.ENERGY_TOTAL,
        name=InBoth("Assessed total of energy", "考核能源消费总量"),
        unit="tce",
        form=MetricForm.AMOUNT,
        left_out=InBoth(
            "feedstock, listed projects and, in the year evaluated, new renewable electricity are left out",
            "扣除原料用能、能耗单列核减量，评价年度另扣除新增可再生能源电力消费量",
        ),
        statistic="energy_consumption",
    ),
    ControlMetric(
        code=MetricCode.CO2_INTENSITY,
        name=InBoth("CO2 of energy by GDP", "碳排放强度（单位地区生产总值二氧化碳排放）"),
        unit="tCO2/10kCNY",
        form=MetricForm.INTENSITY,
        left_out=InBoth(
            "as of the total: carbon of feedstock that stays in the product is not emitted and is kept apart",
            "口径同碳排放总量：原料用能中固定在产品内的碳不计入排放，单独列示",
        ),
        target="carbon_intensity_gdp_reduction",
        statistic="co2_energy",
    ),
    ControlMetric(
        code=MetricCode.CO2_TOTAL,
        name=InBoth("CO2 of energy", "能源活动碳排放总量"),
        unit="tCO2",
        form=MetricForm.AMOUNT,
        left_out=InBoth(
            "fuels burnt, and electricity and heat bought less sold; carbon of feedstock that stays in the product is"
            " kept apart, emissions of processes are not in it",
            "化石燃料燃烧及净购入电力、热力的排放；原料用能固定在产品内的碳单独列示，不含工业过程排放",
        ),
        target="co2_energy",
        statistic="co2_energy",
    ),
    ControlMetric(
        code=MetricCode.COAL,
        name=InBoth("Coal consumed", "煤炭消费总量"),
        unit="tce",
        form=MetricForm.AMOUNT,
        left_out=InBoth(
            "coal, coke and gases of coal, less what of them is sold on; coal burnt for electricity sold is in it",
            "煤炭、焦炭及煤制气等，扣除外供部分；发电外送所耗煤炭计入",
        ),
        target="coal_consumption",
        statistic="coal_consumption",
    ),
    ControlMetric(
        code=MetricCode.OIL,
        name=InBoth("Oil consumed", "石油消费总量"),
        unit="tce",
        form=MetricForm.AMOUNT,
        left_out=InBoth("oil and its products, less what of them is sold on", "原油及石油制品，扣除外供部分"),
        target="oil_consumption",
        statistic="oil_consumption",
    ),
    ControlMetric(
        code=MetricCode.NON_FOSSIL,
        name=InBoth("Share of non-fossil energy", "非化石能源消费占比"),
        unit="%",
        form=MetricForm.SHARE,
        left_out=InBoth(
            "renewable electricity and biomass by all energy as metered (indicator Share of non-fossil energy in"
            " energy consumption); what is sold is not consumed",
            "在线监测的绿电和生物质能占能源消费的比重（指标“非化石能源占能源消费比重”），外供部分不计",
        ),
        target="non_fossil_share",
        better=Better.HIGHER,
    ),
)

METRICS: Mapping[MetricCode, ControlMetric] = {metric.code: metric for metric in _LISTED}
"""The metrics by code."""

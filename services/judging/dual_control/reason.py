"""Why an area is judged as it is in dual control, with the names of the numbers. Pure."""

from collections.abc import Mapping

from services.core.reason import About, InBoth, reason_text
from services.judging.dual_control.course import Direction, Trend
from services.judging.dual_control.facts import Obstacle

NAMES: Mapping[str, InBoth] = {
    "energy_consumption": InBoth("energy consumption", "能源消费总量"),
    "feedstock_energy": InBoth("feedstock energy", "原料用能"),
    "renewable_consumption": InBoth("renewable electricity consumed", "可再生能源电力消费量"),
    "listed_energy": InBoth("listed energy borne above", "能耗单列核减量"),
    "gdp": InBoth("GDP", "地区生产总值"),
    "gdp_growth_plan": InBoth("planned growth of GDP", "地区生产总值年度增速目标"),
    "intensity_reduction_plan": InBoth("planned fall of the intensity", "能耗强度年度降低目标"),
    "energy_total_target": InBoth("target for the total", "能耗总量年度目标"),
    "co2_energy": InBoth("CO2 of energy", "能源活动碳排放量"),
    "coal_consumption": InBoth("coal consumed", "煤炭消费总量"),
    "oil_consumption": InBoth("oil consumed", "石油消费总量"),
    "non_fossil_share": InBoth("the share of non-fossil energy", "非化石能源消费占比"),
}
"""What an obstacle may concern."""

NUMBER = InBoth("a number", "数据")


def standing_text(code: str) -> InBoth:
    """A reason that concerns no single number; of an obstacle what its code says in general."""
    return reason_text(About.PROGRESS, code, what=NUMBER, year=InBoth("a year", "某"))


_OF_TREND: Mapping[Direction, str] = {
    Direction.FALLS: "trend_falls",
    Direction.RISES: "trend_rises",
    Direction.STEADY: "trend_steady",
    Direction.UNKNOWN: "trend_unknown",
}


def trend_text(trend: Trend, *, in_points: bool) -> InBoth:
    """Which way a metric goes, in percent, or in percentage points."""
    change = None
    if trend.change is not None:
        number = float(trend.change if in_points else trend.change * 100)
        change = InBoth(f"{number:+.2f} points", f"{number:+.2f}个百分点") if in_points else f"{number:+.2f} %"
    code = _OF_TREND[trend.direction]
    return reason_text(About.PROGRESS, code, since=trend.since, until=trend.until, change=change or "–")


def obstacle_text(obstacle: Obstacle) -> InBoth:
    """An obstacle with its year and number."""
    what = NAMES[obstacle.what] if obstacle.what else NUMBER
    return reason_text(About.PROGRESS, obstacle.reason, what=what, year=obstacle.year)

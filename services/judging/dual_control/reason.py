"""Why an area is judged as it is, in both languages. Pure."""

from collections.abc import Mapping

from services.judging.dual_control.facts import Obstacle

NAMES: Mapping[str, tuple[str, str]] = {
    "energy_consumption": ("energy consumption", "能源消费总量"),
    "feedstock_energy": ("feedstock energy", "原料用能"),
    "renewable_consumption": ("renewable electricity consumed", "可再生能源电力消费量"),
    "listed_energy": ("listed energy borne above", "能耗单列核减量"),
    "gdp": ("GDP", "地区生产总值"),
    "gdp_growth_plan": ("planned growth of GDP", "地区生产总值年度增速目标"),
    "intensity_reduction_plan": ("planned fall of the intensity", "能耗强度年度降低目标"),
    "energy_total_target": ("target for the total", "能耗总量年度目标"),
}
"""What an obstacle may concern."""

REASONS: Mapping[str, tuple[str, str]] = {
    # cannot judge: {what} and {year} are those of the obstacle
    "number_missing": ("{what} of {year} is not known", "缺少{year}年{what}"),
    "coefficient_missing": ("a coefficient is missing for {what} of {year}", "{year}年{what}缺少折算系数"),
    "low_coverage": ("too little was measured of {what} of {year}", "{year}年{what}实测完整率不足"),
    "sources_differ": (
        "{what} of {year} is measured and that of another year reported, or the other way round",
        "{year}年{what}与其他年份一为实测、一为上报，不可比",
    ),
    "price_base_changes": ("{what} of {year} is at other prices than before", "{year}年{what}价格基期改变"),
    "gdp_not_positive": ("{what} of {year} is not above zero", "{year}年{what}不大于零"),
    "energy_not_positive": ("more is left out of {what} of {year} than it is", "{year}年{what}扣减后不大于零"),
    "cannot_judge": ("what is needed to tell is missing", "缺少判定所需数据"),
    "no_plan": ("the year lies in no plan that is loaded", "该年份不属于已载入的规划"),
    "no_target": ("the plan prints no target for the area", "规划未给出该地区目标"),
    "targets_conflict": ("the documents print different targets for the area", "各文件给出的目标不一致"),
    "target_not_applicable": ("the area has no target (printed /)", "该地区不设目标（印为“/”）"),
    # intensity
    "ahead": ("at least the required fall so far", "达到进度要求"),
    "behind": ("behind the required fall; no failure before the last year", "滞后于进度要求；规划期末前不作未完成处理"),
    "exceeded": ("the incentive target is met", "超额完成（达到激励目标）"),
    "met": ("the basic target is met", "完成（达到基本目标）"),
    "not_met": ("the basic target is not met", "未完成基本目标"),
    # total
    "within_target": ("within the target for the total", "未超过总量目标"),
    "above_target": ("above the target for the total", "超过总量目标"),
    "far_above_target": ("above the target for the total by more than the margin", "超过总量目标且超出预警裕度"),
    "waived": ("the total is not assessed", "能源消费总量免予考核"),
    # waiver
    "incentive_met": ("the incentive target is met", "完成能耗强度降低激励目标"),
    "incentive_on_course": ("at least the fall that the incentive target requires so far", "达到激励目标进度"),
    "incentive_not_reached": ("less than the incentive target requires", "未达到激励目标"),
    "intensity_cannot_be_judged": ("the intensity cannot be judged", "能耗强度无法判定"),
    "incentive_not_set": ("no incentive target is printed", "未设激励目标"),
    "incentive_not_applicable": ("no incentive target applies (printed /)", "激励目标不适用（印为“/”）"),
    "target_zero": ("a target of 0 earns no waiver", "目标为0，不适用免予考核"),
    # light of the intensity
    "intensity_rose": ("the intensity rose over the year before", "能耗强度不降反升"),
    "behind_required_progress": ("behind the required fall", "能耗强度降低率未达到进度要求"),
    "on_course": ("at least the required fall so far", "能耗强度降低率达到进度要求"),
}


def reason_text(code: str) -> tuple[str, str]:
    """A reason that concerns no single number, in English and Chinese; of an obstacle what its code says in general."""
    english, chinese = REASONS[code]
    return english.format(what="a number", year="a year"), chinese.format(what="数据", year="某")


def obstacle_text(obstacle: Obstacle) -> tuple[str, str]:
    """An obstacle in English and Chinese, with its year and number."""
    english, chinese = REASONS[obstacle.reason]
    of, of_zh = NAMES[obstacle.what] if obstacle.what else ("a number", "数据")
    return english.format(what=of, year=obstacle.year), chinese.format(what=of_zh, year=obstacle.year)

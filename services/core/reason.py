"""Why a verdict is what it is: one catalogue of reasons, English and Chinese, by code. Pure."""

from collections.abc import Mapping

REASONS: Mapping[str, tuple[str, str]] = {
    # cannot judge: the measurement
    "low_coverage": ("too little was measured: coverage {of}", "实测覆盖不足：完整率 {of}"),
    "uneven_coverage": (
        "numerator and denominator were measured unlike each other: coverage {of}",
        "分子与分母的实测覆盖不一致：完整率 {of}",
    ),
    "no_readings": ("no readings: {of}", "没有读数：{of}"),
    "not_measured": ("no meter is registered for: {of}", "未登记计量点：{of}"),
    "not_expected": ("readings were booked where none are expected", "在不应有读数的时段记入了读数"),
    "part_of_period": (
        "meters were registered for only {of} of the period",
        "本期仅有 {of} 的时间登记了计量点",
    ),
    "not_reported": ("not reported for the period: {of}", "本期未上报：{of}"),
    "coefficient_missing": ("no coefficient for: {of}", "缺少折算系数：{of}"),
    "zero_denominator": ("the denominator is zero", "分母为零"),
    "negative_denominator": ("the denominator is below zero", "分母为负"),
    "below_possible": (
        "the value {of} is lower than can be: a measurement is wrong",
        "数值 {of} 低于可能的最小值，计量有误",
    ),
    "no_subjects": ("nothing in the scope has this indicator", "范围内没有适用该指标的对象"),
    "no_value": ("there is no value", "没有数值"),
    # cannot judge: the rule
    "no_limit": ("no level, limit or target speaks of it", "没有适用的标杆、基准、限额或目标"),
    "too_short": ("levels, limits and targets do not speak of parts of a day", "标准和目标不适用于不足一日的时段"),
    "not_a_year": ("the targets are those of a whole year", "目标值按整年计，本期不是一整年"),
    "target_not_due": ("its target is for a later year", "目标年份未到"),
    # judged
    "met": ("meets {of}", "达到 {of}"),
    "missed": ("misses {of}", "未达到 {of}"),
    "benchmark_reached": ("at the benchmark or better", "达到标杆水平"),
    "baseline_reached": ("at the baseline or better, not at the benchmark", "达到基准水平，未达到标杆水平"),
    "below_baseline": ("worse than the baseline", "低于基准水平"),
    "worse_than_benchmark": ("new, and worse than the benchmark", "新建项目未达到标杆水平"),
    # the ledger of two-high projects
    "threshold_reached": ("at the threshold of the ledger or above", "达到“两高”台账门槛"),
    "below_threshold": ("below the threshold of the ledger", "低于“两高”台账门槛"),
    "not_of_the_eight_trades": ("not of the eight trades", "不属于八大行业"),
    "above_approved_energy": ("used more energy than was approved", "超批复用能"),
    "within_approved_energy": ("used no more energy than was approved", "未超批复用能"),
    "no_approved_energy": ("no approved energy is registered", "未登记批复能耗"),
    "energy_below_zero": (
        "more energy goes out than comes in: {of} tce; a meter is missing, or the process is not registered",
        "输出能源多于输入能源：{of} 吨标准煤；可能缺少计量点，或未登记工序",
    ),
    # step tariffs
    "value_unknown": ("the energy use of the year before cannot be told", "上一年度能耗无法判定"),
    "gap_percent_undefined": ("no percentage can be formed of this level", "该水平值无法计算差距百分比"),
    "no_steps_configured": ("no steps of the surcharge are configured", "未配置阶梯加价标准"),
    "below_first_step": ("worse than it must be, by less than the first step", "未达标，但差距未超过第一档"),
    "surcharge": ("a surcharge is due", "执行阶梯加价"),
    "threshold_kept": ("not above the threshold", "未超过分档值"),
    "year_not_over": ("the year before is not over: {of}", "上一年度尚未结束：{of}"),
    # parks
    "no_target": ("no plan sets a target for this park", "没有规划目标适用于该园区"),
    # rules of alerts
    "number_missed": ("is not {of}, as the rule requires", "不符合规则要求（{of}）"),
    "number_kept": ("is {of}, as the rule requires", "符合规则要求（{of}）"),
    "no_deadline": (
        "worse than the baseline, and nothing sets a day for its retrofit",
        "低于基准水平，但未确定改造期限",
    ),
    "too_early": ("less than {of} of the period are over", "本期经过时间不足 {of}"),
    # dual control
    "cannot_judge": ("what is needed to tell is missing", "缺少判定所需数据"),
    "number_missing": ("neither reported nor measured: {of}", "未上报且未实测：{of}"),
    "sources_differ": ("measured in one year and reported in another: {of}", "各年份一为实测、一为上报，不可比：{of}"),
    "price_base_changes": ("at other prices than before: {of}", "价格基期改变：{of}"),
    "gdp_not_positive": ("not above zero: {of}", "不大于零：{of}"),
    "energy_not_positive": ("more is left out than was consumed: {of}", "扣减后不大于零：{of}"),
    "no_plan": ("the year lies in no plan that is loaded", "该年份不属于已载入的规划"),
    "targets_conflict": ("the documents print different targets for the area", "各文件给出的目标不一致"),
    "target_not_applicable": ("the area has no target (printed /)", "该地区不设目标（印为“/”）"),
    "intensity_rose": ("the intensity rose over the year before: level {of}", "能耗强度不降反升（{of} 级）"),
    "behind_required_progress": ("behind the required fall: level {of}", "能耗强度降低率未达到进度要求（{of} 级）"),
    "on_course": ("at least the required fall so far: level {of}", "能耗强度降低率达到进度要求（{of} 级）"),
    "within_target": ("within the target for the total: level {of}", "未超过总量目标（{of} 级）"),
    "above_target": ("above the target for the total: level {of}", "超过总量目标（{of} 级）"),
    "far_above_target": (
        "above the target for the total by more than the margin: level {of}",
        "超过总量目标且超出预警裕度（{of} 级）",
    ),
    "waived": ("the total is not assessed: level {of}", "能源消费总量免予考核（{of} 级）"),
}


def reason_text(code: str, of: str) -> tuple[str, str]:
    """The reason in English and Chinese."""
    english, chinese = REASONS[code]
    return english.format(of=of), chinese.format(of=of)

"""What people read in Chinese is Chinese to its end: no code of a machine stands in it."""

import re
from collections.abc import Iterator
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.alerts.notify.wording import CHINESE
from services.alerts.rules.shipped import load_rules
from services.alerts.state.handling import IN_CHINESE
from services.core.meter import Flow
from services.core.reason import REASONS, About
from services.core.units import UnitError, factor_to
from services.judging.data.tables import load_tables
from services.judging.dual_control.metric import METRICS
from services.judging.dual_control.reason import NAMES
from services.judging.indicators.listing import BY_SLUG
from services.judging.reason_numbers import share_in
from services.judging.reason_words import FLOWS, verdict_text, words_of

TABLES = load_tables()
PROPER = {
    *(
        "PUE",
        "WUE",
        "EI",
        "V",
        "GDP",
        "IT",
        "CO2",
        "GB",
        "GB/T",
        "ISO/IEC",
        "T",
        "JSON",
        "Unicode",
        "ASCII",
        "URL",
        "MQTT",
        "UTC",
        "Enermon",
    ),
    *(
        "Excel",
        "CSV",
        "XLSX",
        "UTF-8",
        "GBK",
        "SHA-256",
        "AC",
        "CNY",
        "kWh",
        "kW",
        "m3",
        "Nm3",
        "m3/h",
        "t",
        "t/h",
        "tce",
    ),
}
"""Names and units that stand so in Chinese texts too."""
UNITS = {"kgce/t", "kWh/t", "kgce/kWh"}
DOCUMENTED = {"EI", "V"}
"""What the documents themselves print in Latin letters."""
TYPED: dict[str, set[str]] = {
    "model_type": {"Content-Type", "application/json"},
    "model_attributes_type": {"Content-Type", "application/json"},
    "dict_type": {"Content-Type", "application/json"},
    "uuid_parsing": {"fb73418-5fce-4268-86af-536d4507e395"},
    "bool_parsing": {"true", "false"},
    "bool_type": {"true", "false"},
    "bad_moment": {"T08"},
    "bad_moment_or_day": {"T08"},
    "credit_code_character": {"I", "O", "S", "V", "Z"},
    "unknown_process": {"GET", "api/v1/tables/processes"},
    "bad_owner": {"area", "enterprise", "unit", "park"},
    "bad_subject": {"area", "enterprise", "unit", "park", "gateway", "meter"},
    "bad_period": {"Q1"},
    "day_for_period": {"Q1"},
    "bad_email": {"energy", "example.cn"},
    "bad_url": {"https", "example.cn/path"},
    "url_without_tls": {"https"},
    "needs_valid_from": {"valid_from", "correct_from_start", "true"},
    "dated_field": {"dated_from"},
    "hidden_row": {"hidden_rows", "skip", "take"},
    "profile_or_name": {"document"},
    "no_pollutant": {"HJ", "B"},
    "not_true": {"true"},
    "not_changed_until": {"changed_until"},
    "not_true_or_false": {"true", "false"},
}
"""By reason what a person is told to write, as it is to be written."""


def codes_in(text: str) -> set[str]:
    """Words of a machine in a text: what is in Latin letters and neither a name, a unit nor a standard's number."""
    without = re.sub(r"\{[^}]*\}", "", text)
    return set(re.findall(r"[A-Za-z][A-Za-z0-9_./-]*", without)) - PROPER


@pytest.mark.parametrize("about", About)
def test_reasons_are_chinese_to_the_end(about: About) -> None:
    found = {code: codes_in(text.zh) - TYPED.get(code, set()) for code, text in REASONS[about].items()}
    assert {code: words for code, words in found.items() if words} == {}


def spoken_of() -> Iterator[str]:
    """What reasons of verdicts speak of."""
    yield from (f"{row.code} {flow} " for row in TABLES.carriers for flow in Flow)
    yield from (f"CO2 {row.code} 2025" for row in TABLES.carriers)
    for rows in (TABLES.statistic_kinds, TABLES.parameters, TABLES.processes, TABLES.checks):
        yield from (row.code for row in rows)
    yield from (row.input for row in TABLES.unit_inputs)
    yield from (row.code for row in (*TABLES.limits, *TABLES.benchmarks, *TABLES.plans.targets))
    yield from BY_SLUG
    yield from (f"{name} 2024" for name in NAMES)
    yield from ("any meter", "energy", "product", "24 h", "3 of 5", "0.8423", "> 100", "0.9998 / 0.9123", "II", "")


def test_what_a_verdict_speaks_of_has_chinese_words() -> None:
    left = {of: codes_in(words_of(of).zh) - UNITS - DOCUMENTED for of in spoken_of()}
    assert {of: words for of, words in left.items() if words} == {}


@pytest.mark.parametrize(
    ("code", "of", "zh", "en"),
    [
        (
            "missed",
            "IM-30",
            "未达到“煤炭消费比重 ≤ 75 %”（内政发〔2022〕17号 三（八））",
            'misses "Share of coal in energy consumption ≤ 75 %" (14th five-year plan, 内政发〔2022〕17号 三（八）)',
        ),
        (
            "met",
            "coverage_least",
            "达到“最低数据完整率 90 %”（《重点用能单位能耗在线监测系统技术规范》）",
            "meets least coverage for a verdict 90 %",
        ),
        (
            "missed",
            "level.ferrosilicon.2023.baseline",
            "未达到 2023 年版基准水平（1,850 千克标准煤/吨）",
            "misses the baseline of 2023, 1,850 kgce/t",
        ),
        ("no_readings", "electricity it_load", "没有读数：电力（IT 负载）", "no readings: electricity (IT load)"),
        (
            "not_measured",
            "electricity input/renewable",
            "未登记计量点：电力（购入、可再生能源）",
            "no meter is registered for: electricity (input, renewable)",
        ),
        ("coefficient_missing", "raw_coal 2025", "缺少折算系数：原煤 2025 年", "no coefficient for: raw coal 2025"),
        ("low_coverage", "0.8423", "实测覆盖不足：完整率 84.2 %", "too little was measured: coverage 84.2 %"),
        (
            "low_coverage",
            "5 of 5",
            "实测覆盖不足：完整率 过低（5 个中 5 个）",
            "too little was measured: coverage too low (5 of 5)",
        ),
        (
            "part_of_period",
            "0.0027",
            "本期仅 0.27 % 的时间登记了计量点",
            "meters were registered for only 0.27 % of the period",
        ),
        ("not_measured", "any meter", "未登记计量点：任何计量点", "no meter is registered for: any meter"),
        ("waived", "II", "能源消费总量免予考核（二级）", "the total is not assessed: level II"),
        ("too_early", "24 h", "本期经过时间不足 24 小时", "less than 24 h of the period are over"),
        ("number_missed", "<= 0.05", "不符合规则要求（≤ 0.05）", "is not <= 0.05, as the rule requires"),
        (
            "correction_unknown",
            "altitude, feed_grade",
            "强制性能耗限额取决于单元尚未（全期）提供的修正参数：厂区海拔高度、入炉原料品位",
            "the mandatory limit depends on what the unit has not given for the whole period: altitude of the site,"
            " feed grade of the blast furnace",
        ),
    ],
)
def test_reason_names_what_it_speaks_of(code: str, of: str, zh: str, en: str) -> None:
    assert (verdict_text(code, of).zh, verdict_text(code, of).en) == (zh, en)


@pytest.mark.parametrize(
    ("share", "percent"),
    [
        ("0.8423", "84.2 %"),
        ("0.0904", "9.04 %"),
        ("0.0027", "0.27 %"),
        ("0.89996", "89.9 %"),
        ("0.9004", "90.04 %"),
        ("1.0000", "100 %"),
        ("0.0000", "0 %"),
    ],
)
def test_a_share_reads_in_per_cent_and_never_as_the_number_that_it_misses(share: str, percent: str) -> None:
    assert share_in(share) == percent


@given(st.decimals(min_value=0, max_value=1, places=5, allow_nan=False))
def test_a_share_in_per_cent_is_never_more_than_it_is_and_never_nothing(share: Decimal) -> None:
    shown = Decimal(share_in(str(share)).removesuffix(" %"))
    assert 0 <= share * 100 - shown < Decimal("0.1")
    assert (shown == 0) == (share == 0)


@pytest.mark.parametrize("code", REASONS[About.VERDICT])
def test_no_reason_has_a_word_of_a_machine_whatever_it_speaks_of(code: str) -> None:
    said = (verdict_text(code, of).zh for of in (*spoken_of(), "0.8423", "5 of 5", "<= 1.3; 1.2..1.45; raw_coal"))
    assert {text for text in said if codes_in(text) - UNITS - DOCUMENTED} == set()


def test_a_target_names_its_document_and_section() -> None:
    assert {target.indicator_en for target in TABLES.plans.targets} >= {"Total energy consumption"}
    assert [target.code for target in TABLES.plans.targets if not target.indicator_en] == []
    assert [target.code for target in TABLES.plans.targets if target.plan == "14" and not target.clause] == []


def test_every_flow_has_its_words() -> None:
    assert FLOWS.keys() == set(Flow)


def test_rules_checks_and_tables_are_named_in_chinese() -> None:
    texts = [text for rule in load_rules(TABLES) for text in (rule.title.zh, rule.text.zh, rule.source)]
    for rows in (TABLES.statistic_kinds, TABLES.parameters, TABLES.processes, TABLES.checks, TABLES.carriers):
        texts += [row.name_zh for row in rows]
    texts += [each.name_zh for each in BY_SLUG.values()]
    assert {text: codes_in(text) for text in texts if codes_in(text)} == {}


def test_how_a_number_is_formed_and_what_is_left_out_of_it_is_said_in_chinese() -> None:
    texts = [each.formula_zh for each in BY_SLUG.values()]
    texts += [text.zh for metric in METRICS.values() for text in (metric.name, metric.left_out)]
    assert {text: codes_in(text) for text in texts if codes_in(text)} == {}


def test_what_is_left_out_names_indicators_as_people_do() -> None:
    texts = [text for metric in METRICS.values() for text in (metric.left_out.en, metric.left_out.zh)]
    assert [text for text in texts if any(slug in text for slug in BY_SLUG)] == []


def test_messages_are_chinese_to_the_end() -> None:
    values = [getattr(CHINESE, name) for name in CHINESE.__slots__ if name != "language"]
    texts = [*IN_CHINESE.values(), *(value for value in values if isinstance(value, str))]
    texts += [text for value in values if isinstance(value, dict) for text in value.values()]
    assert {text: codes_in(text) for text in texts if codes_in(text)} == {}


@pytest.mark.parametrize(
    ("given", "chinese"),
    [
        ("kWh/fortnight", "kWh/fortnight 中没有这种时间；可用：s, min, h, d"),
        ("m3", "m3 计量的是体积，而该能源品种以 kWh（能量）计"),
        (
            "tce",
            "tce 有当量值和等价值两种口径：请填写 kgce_calorific 或 tce_calorific（当量值）；"
            "等价值随年份变化，不是计量单位",
        ),
    ],
)
def test_what_is_wrong_with_a_unit_is_said_in_chinese_too(given: str, chinese: str) -> None:
    with pytest.raises(UnitError) as refused:
        factor_to(given, "kWh")
    assert refused.value.problem.zh == chinese

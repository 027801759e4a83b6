"""The lines of a bulletin out of the answers of the API (pure)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from services.api.bulletins.beside import alike, change_percent, coverage_of
from services.api.bulletins.model import BulletinLine, GapKind, Section
from services.core.words import WORDS

Answers = Mapping[str, Mapping[str, Any]]
"""What the API answered, by the name of the question."""

_OVERALL = (
    ("equivalent", "consumption_tce", "综合能源消费量（等价值）", "Energy consumption, equivalent value", "tce"),
    ("calorific", "consumption_tce", "综合能源消费量（当量值）", "Energy consumption, calorific value", "tce"),
    ("equivalent", "feedstock_tce", "其中：原料用能（等价值）", "of which feedstock, equivalent value", "tce"),
    ("equivalent", "without_feedstock_tce", "扣除原料用能（等价值）", "Without feedstock, equivalent value", "tce"),
    ("equivalent", "output_tce", "外供能源（等价值）", "Energy sold, equivalent value", "tce"),
    ("", "tco2", "能源活动二氧化碳排放量", "CO2 of energy", "tCO2"),
    ("shares", "coal", "煤炭消费比重", "Share of coal", "1"),
    ("shares", "renewable_electricity", "可再生电力占用电比重", "Share of renewable electricity", "1"),
)
_WITHOUT_TARGET = ("no_plan", "no_target")
_SCORES = WORDS["quality_score"]
_FLOWS = ("input", "output", "feedstock", "renewable")
"""What crosses the boundary."""
_TWO_HIGH = {
    "in_ledger": ("列入“两高”台账的单元", "Units in the two-high ledger"),
    "above_approved": ("超批复用能的单元", "Units above their approved energy"),
    "ledger_unknown": ("无法判定是否列入台账的单元", "Units of which it is not known whether they belong to it"),
}


def lines_of(answers: Answers) -> list[BulletinLine]:
    """The lines, in their order."""
    return [
        *_overall(answers),
        *_carriers(answers),
        *_dual_control(answers["progress"]),
        *_efficiency(answers),
        *_alerts(answers["fired"]["counts"]),
        *_quality(answers),
    ]


def _overall(answers: Answers) -> Iterator[BulletinLine]:
    now, before, year_before = (_only(answers[name]) for name in ("balance", "balance_before", "balance_year_before"))
    for part, name, zh, en, unit in _OVERALL:
        key = f"total.{part or 'carbon'}.{name}"
        yield _compared(
            key, "total", zh, en, unit, _within(now, part, name), now, _within(before, part, name), before, "balance"
        )
    by_hand = now.get("manual")
    if by_hand:
        said = ("其中：手工填报（等价值）", "of which entered by hand, equivalent value")
        yield _line("total.manual", "total", *said, by_hand["equivalent_tce"], "tce", question="balance")
    yield _line("total.coverage", "total", "计量完整率", "Measured share", coverage_of(now), "1", question="balance")
    yield _line(
        "total.year_before.consumption_tce",
        "total",
        "上年同月综合能源消费量（等价值）",
        "Energy consumption of the same month a year before, equivalent value",
        _within(year_before, "equivalent", "consumption_tce"),
        "tce",
        coverage=coverage_of(year_before),
        question="balance_year_before",
    )


def _carriers(answers: Answers) -> Iterator[BulletinLine]:
    before = {(row["carrier"], row["flow"]): row for row in answers["carriers_before"]["data"]}
    named = answers["names_of_carriers"]
    unvalued = {each["carrier"] for each in answers["carriers"]["missing"]}
    for row in answers["carriers"]["data"]:
        if row["flow"] not in _FLOWS:
            continue
        earlier = before.get((row["carrier"], row["flow"]), {})
        zh, en = named.get(row["carrier"], (row["carrier"], row["carrier"]))
        # What has a quantity, and wants no coefficient to be worth something, is no energy: water.
        gap: GapKind = (
            "missing" if row["quantity"] is None else "cannot_judge" if row["carrier"] in unvalued else "not_applicable"
        )
        flow = WORDS["flow"][row["flow"]]
        for name, unit, said_zh, said_en in (
            ("quantity", row["quantity_unit"], "", ""),
            ("tce_equivalent", "tce", " 折标（等价值）", " as standard coal, equivalent value"),
        ):
            yield _compared(
                f"carriers.{row['carrier']}.{row['flow']}.{name}",
                "carriers",
                f"{zh}（{flow.zh}）{said_zh}",
                f"{en} ({flow.en}){said_en}",
                unit,
                row[name],
                row,
                earlier.get(name),
                earlier,
                "carriers",
                gap=gap,
            )
        if row.get("manual"):
            yield _line(
                f"carriers.{row['carrier']}.{row['flow']}.manual",
                "carriers",
                f"{zh}（{flow.zh}） 其中手工填报",
                f"{en} ({flow.en}), of which entered by hand",
                row["manual"]["quantity"],
                row["quantity_unit"],
                question="carriers",
            )


def _dual_control(progress: Mapping[str, Any]) -> Iterator[BulletinLine]:
    def said(key: str, zh: str, en: str, value: float | None, unit: str, why: Mapping[str, Any] | None) -> BulletinLine:
        text = why or {}
        return _line(
            f"dual_control.{key}",
            "dual_control",
            zh,
            en,
            value,
            unit,
            gap=_gap_of(text),
            text_zh=text.get("text_zh"),
            text_en=text.get("text"),
            question="progress",
        )

    def number(key: str, zh: str, en: str, value: float | None, unit: str, of: Mapping[str, Any]) -> BulletinLine:
        return said(key, zh, en, value, unit, of if value is None and of["verdict"] == "cannot_judge" else None)

    basic, lights = progress["basic"], progress["lights"]
    intensity, total = progress["intensity"], progress["total"]
    last = progress["years"][-1] if progress["years"] else {}
    fallen = last.get("cumulative_percent")
    yield number("reduction", "能耗强度累计降低", "Fall of intensity so far", fallen, "%", intensity)
    yield number("required", "按进度应降低", "Fall that the path asks for", basic["required_percent"], "%", intensity)
    yield said(
        "completion",
        "强度目标完成率",
        "Completion of the target of intensity",
        basic["completion_percent"],
        "%",
        intensity,
    )
    yield said("total", "考核能源消费总量", "Energy as assessed", total["assessed_tce"], "tce", total)
    target = total["target"] or {}
    yield number("total_target", "总量目标", "Target of the total", target.get("target_tce"), "tce", total)
    yield number("excess", "超出总量目标", "Above the target of the total", total["excess_percent"], "%", total)
    for name, zh, en in (
        ("intensity", "强度预警灯", "Light of intensity"),
        ("total", "总量预警灯", "Light of the total"),
    ):
        light = lights[name]
        level = WORDS["warning_level"].get(light["level"])
        yield said(
            f"light.{name}", zh, en, None, "", light if level is None else {"text_zh": level.zh, "text": level.en}
        )


def _gap_of(why: Mapping[str, Any]) -> GapKind | None:
    """Why there is no number: of a reason, or of nothing; a word in its place is no gap."""
    if why and "reason" not in why:
        return None
    return "cannot_judge" if why and why["reason"] not in _WITHOUT_TARGET else "not_applicable"


def _efficiency(answers: Answers) -> Iterator[BulletinLine]:
    for placing, word in WORDS["placing"].items():
        count = answers["efficiency"]["counts"].get(placing)
        said = (f"单元：{word.zh}", f"Units {word.en}")
        yield _line(f"efficiency.{placing}", "efficiency", *said, count, "", question="efficiency")
    for row in answers["below_baseline"]["data"]:
        owner_zh = row["enterprise_name_zh"]
        yield _line(
            f"efficiency.unit.{row['unit']}",
            "efficiency",
            f"{owner_zh} {row['name_zh']}",
            f"{row['enterprise_name_en'] or owner_zh} {row['name_en'] or row['name_zh']}",
            row["value"],
            row["value_unit"],
            coverage=row["coverage"],
            text_zh=f"基准 {row['baseline']:g}",
            text_en=f"baseline {row['baseline']:g}",
            question="below_baseline",
        )
    for name, (zh, en) in _TWO_HIGH.items():
        count = answers["two_high"]["counts"].get(name)
        yield _line(f"two_high.{name}", "efficiency", zh, en, count, "", question="two_high")


def _alerts(counts: Mapping[str, Any]) -> Iterator[BulletinLine]:
    yield _line(
        "alerts.fired", "alerts", "本月触发的预警", "Alerts fired in the month", counts["alerts"], "", question="fired"
    )
    for code, word in WORDS["severity"].items():
        count, said = counts["severity"].get(code), (f"其中：{word.zh}", f"of which {word.en}")
        yield _line(f"alerts.severity.{code}", "alerts", *said, count, "", question="fired")
    resolved = counts["state"].get("resolved")
    yield _line("alerts.resolved", "alerts", "已解除", "resolved since", resolved, "", question="fired")
    for code, word in WORDS["handling"].items():
        count, said = counts["status"].get(code), (f"处置：{word.zh}", f"handling: {word.en}")
        yield _line(f"alerts.status.{code}", "alerts", *said, count, "", question="fired")


def _quality(answers: Answers) -> Iterator[BulletinLine]:
    row = _only(answers["quality"])
    judged: GapKind = "not_applicable" if row else "missing"
    for name, word in _SCORES.items():
        yield _line(f"quality.{name}", "quality", word.zh, word.en, row.get(name), "1", gap=judged, question="quality")
    read = row.get("readings")
    yield _line("quality.readings", "quality", "读数", "Readings", read, "", question="quality")
    found = answers["findings"]["total"]
    yield _line("quality.findings", "quality", "发现的数据问题", "Findings", found, "", question="findings")


def _line(
    key: str,
    section: Section,
    name_zh: str,
    name_en: str,
    value: float | None,
    unit: str,
    *,
    gap: GapKind | None = "missing",
    **more: Any,
) -> BulletinLine:
    """A line; `gap` says why there is no value where there is none."""
    return BulletinLine(
        key=key,
        section=section,
        name_zh=name_zh,
        name_en=name_en,
        value=value,
        unit=unit,
        gap=gap if value is None else None,
        **more,
    )


def _compared(
    key: str,
    section: Section,
    zh: str,
    en: str,
    unit: str,
    value: float | None,
    row: Mapping[str, Any],
    before: float | None,
    row_before: Mapping[str, Any],
    question: str,
    *,
    gap: GapKind = "missing",
) -> BulletinLine:
    """A line beside the month before; a change is told where both were measured alike."""
    is_told = alike(row, row_before)
    return _line(
        key,
        section,
        zh,
        en,
        value,
        unit,
        coverage=coverage_of(row),
        before=before,
        before_coverage=coverage_of(row_before),
        change=value - before if is_told and value is not None and before is not None else None,
        change_percent=change_percent(before, value) if is_told else None,
        gap=gap,
        question=question,
    )


def _only(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """The one row of an answer; empty where it has none."""
    data: Sequence[Mapping[str, Any]] = answer["data"]
    return data[0] if data else {}


def _within(row: Mapping[str, Any], part: str, name: str) -> float | None:
    found: Mapping[str, Any] = (row.get(part) or {}) if part else row
    value: float | None = found.get(name)
    return value

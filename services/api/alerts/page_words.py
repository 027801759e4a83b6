"""The words of the pages of alerts beside those of their messages, in Chinese and English."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.alerts.notify.wording import CHINESE, ENGLISH, Wording
from services.core.words import in_chinese, in_english


@dataclass(frozen=True, slots=True, kw_only=True)
class PageWords:
    """All words of the pages in one language."""

    messages: Wording
    tag: str
    other: str
    """The other language, as its readers call it."""
    other_tag: str
    alerts: str
    states: Mapping[str, str]
    statuses: Mapping[str, str]
    handling: str
    history: str
    happened: Mapping[str, str]
    by_service: str
    why_not: str
    title: str
    subject: str
    none: str
    more: str
    unknown: str


PAGE_WORDS: Mapping[str, PageWords] = {
    "zh": PageWords(
        messages=CHINESE,
        tag="zh-CN",
        other="English",
        other_tag="en",
        alerts="未解除的预警",
        states=in_chinese("alert_state"),
        statuses=in_chinese("handling"),
        handling="处置状态",
        history="经过",
        happened=in_chinese("alert_event"),
        by_service="系统",
        why_not="暂时无法判定的原因",
        title="预警",
        subject="对象",
        none="目前没有未解除的预警。",
        more="此处列出最近的 {shown} 条，共 {count} 条。",
        unknown="没有编号为 {number} 的预警。",
    ),
    "en": PageWords(
        messages=ENGLISH,
        tag="en",
        other="中文",
        other_tag="zh",
        alerts="Alerts that fire",
        states=in_english("alert_state"),
        statuses=in_english("handling"),
        handling="handling",
        history="History",
        happened=in_english("alert_event"),
        by_service="Enermon",
        why_not="cannot be judged for now, because",
        title="alert",
        subject="of",
        none="No alert fires now.",
        more="The newest {shown} of {count}.",
        unknown="There is no alert {number}.",
    ),
}

"""The words of the pages of alerts beside those of their messages, in Chinese and English."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.alerts.notify.wording import CHINESE, ENGLISH, Wording
from services.alerts.state.handling import IN_CHINESE, Action, Status


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
        states={"firing": "未解除", "resolved": "已解除"},
        statuses={status.value: IN_CHINESE[status] for status in Status},
        handling="处置状态",
        history="经过",
        happened={
            "fired": "发出预警",
            "reopened": "再次预警",
            "resolved": "解除",
            "cannot_judge": "暂时无法判定",
            "judged_again": "恢复判定",
            "inhibited": "暂停告知",
            "released": "恢复告知",
            "escalated": "逾期上报",
            "repeated": "再次提醒",
            "rule_changed": "规则修改",
            **{action.value: IN_CHINESE[action] for action in Action},
        },
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
        states={"firing": "firing", "resolved": "resolved"},
        statuses={status.value: status.value for status in Status},
        handling="handling",
        history="History",
        happened={
            "fired": "fired",
            "reopened": "fired again",
            "resolved": "resolved",
            "cannot_judge": "cannot be judged for now",
            "judged_again": "judged again",
            "inhibited": "not told for now",
            "released": "told again",
            "escalated": "late, told to the level above",
            "repeated": "told once more",
            "rule_changed": "rule changed",
            "acknowledge": "acknowledged",
            "explain": "explained",
            "plan": "rectification planned",
            "verify": "verified",
            "close": "closed",
            "reopen": "sent back",
            "comment": "comment",
            "attach": "attachment",
        },
        by_service="Enermon",
        why_not="cannot be judged for now, because",
        title="alert",
        subject="of",
        none="No alert fires now.",
        more="The newest {shown} of {count}.",
        unknown="There is no alert {number}.",
    ),
}

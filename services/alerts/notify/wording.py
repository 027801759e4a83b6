"""The words of messages in Chinese and English. Pure."""

from dataclasses import dataclass

from services.core.words import in_chinese, in_english


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """All words that a message needs beside those of its rules, in one language."""

    language: str
    kinds: dict[str, str]
    again: str
    """In place of `fired`, where all has fired again."""
    done: dict[str, str]
    """In place of `handled`: the step that was taken."""
    actors: dict[str, str]
    severities: dict[str, str]
    many: str
    one_severity: str
    between: str
    colon: str
    of: str
    by: str
    units: dict[str, str]
    """Of units that have a word, and of the parts of a length of time."""
    test: str
    number: str
    value: str
    limit: str
    coverage: str
    period: str
    place: str
    enterprise: str
    fired_at: str
    reopened_at: str
    resolved_at: str
    source: str
    beginning: str
    beginning_undelivered: str
    due: str
    due_step: str
    planned_for: str
    reference: str
    late: str
    late_step: str
    steps: dict[str, str]
    levels: dict[str, str]
    more: str
    open: str
    zone: str
    foot: str


CHINESE = Wording(
    language="zh",
    kinds=in_chinese("message_kind"),
    again="再次预警",
    done={
        "acknowledge": "预警已受理",
        "explain": "预警已说明原因",
        "plan": "预警已提交整改计划",
        "verify": "预警整改已核查",
        "close": "预警已办结",
        "reopen": "预警已退回，需重新处置",
    },
    actors=in_chinese("actor"),
    severities=in_chinese("severity"),
    many="{kind} {count} 条",
    one_severity="{severity} {count}",
    between="，",
    colon="：",
    of="（{of}）",
    by="{who}，{at}",
    units={
        **{"d": "天", "h": "小时", "tce": "吨标准煤"},
        **{"part_d": "天", "part_h": "小时", "part_min": "分", "part_s": "秒"},
    },
    test="这是一条测试消息，收到即表示该订阅的地址可用，无需处置。",
    number="预警编号",
    value="数值",
    limit="限值",
    coverage="完整率",
    period="统计期",
    place="行政区划",
    enterprise="用能单位",
    fired_at="预警时间",
    reopened_at="再次预警时间",
    resolved_at="解除时间",
    source="依据",
    beginning="说明",
    beginning_undelivered="该预警开始时的通知未能送达",
    due="办理期限",
    due_step="最迟于 {due_on} {step}",
    planned_for="整改完成日期",
    reference="附件",
    late="逾期事项",
    late_step="{step}，最迟应于 {due_on} 完成，已逾期 {days} 天，上报至{level}",
    steps=in_chinese("step"),
    levels=in_chinese("area_level"),
    more="另有 {count} 条未列出。",
    open="查看详情",
    zone="时间均为北京时间（UTC+8）。",
    foot="时间均为北京时间（UTC+8）。由 Enermon 自动发出，请勿回复。",
)

ENGLISH = Wording(
    language="en",
    kinds=in_english("message_kind"),
    again="Alert again",
    done={
        "acknowledge": "Alert acknowledged",
        "explain": "Alert explained",
        "plan": "Rectification planned",
        "verify": "Rectification verified",
        "close": "Alert closed",
        "reopen": "Alert sent back, to be handled again",
    },
    actors=in_english("actor"),
    severities=in_english("severity"),
    many="{kind}: {count}",
    one_severity="{count} {severity}",
    between=", ",
    colon=": ",
    of=" ({of})",
    by="{who}, {at}",
    units={"d": "days", "h": "hours", "part_d": "d", "part_h": "h", "part_min": "min", "part_s": "s"},
    test="This is a test message: the address of this subscription works. Nothing has to be done.",
    number="alert",
    value="value",
    limit="limit",
    coverage="coverage",
    period="period",
    place="area",
    enterprise="enterprise",
    fired_at="fired",
    reopened_at="fired again",
    resolved_at="resolved",
    source="source",
    beginning="note",
    beginning_undelivered="the message that it began could not be delivered",
    due="deadline",
    due_step="{step} by {due_on}",
    planned_for="to be rectified by",
    reference="attachment",
    late="late",
    late_step="to {step}, due on {due_on}, days late: {days}, told to the {level}",
    steps=in_english("step"),
    levels=in_english("area_level"),
    more="{count} more are not listed.",
    open="Show",
    zone="Times are those of Asia/Shanghai (UTC+8).",
    foot="Times are those of Asia/Shanghai (UTC+8). Sent by Enermon; please do not answer.",
)

WORDINGS = {"zh": (CHINESE,), "en": (ENGLISH,), "both": (CHINESE, ENGLISH)}

"""Messages as people and programs read them."""

import json
from datetime import UTC, datetime
from typing import Any, get_args

import pytest

from services.alerts.notify.figures import number_text, period_text, share_text
from services.alerts.notify.render import render
from services.alerts.notify.wording import WORDINGS, Wording
from services.alerts.routing.routing import MessageKind
from services.alerts.state.handling import MOVES, NEXT, ActorKind
from services.alerts.state.state import ResolutionCause
from services.core.reason import REASONS, About
from tests.unit.alerts.notify.contents import MESSAGE_ID, STEP, alert, content


def rendered(*alerts: dict[str, Any], **changed: Any) -> Any:
    return render(content(*alerts, **changed), message_id=MESSAGE_ID)


def test_one_alert_in_chinese() -> None:
    message = rendered()
    assert message.subject == "[Enermon] 预警（严重）：大型数据中心 PUE 高于 1.3，模拟数据中心，1.42"
    assert message.text == (
        "预警（严重）：大型数据中心 PUE 高于 1.3，模拟数据中心，1.42\n"
        "\n"
        "[严重] 大型数据中心 PUE 高于 1.3\n"
        "模拟数据中心（150105-0001-U1）\n"
        "PUE 为 1.42，高于 1.3\n"
        "  预警编号：7\n"
        "  办理期限：最迟于 2026-03-02 受理\n"
        "  数值：1.42\n"
        "  限值：1.3\n"
        "  完整率：98.7 %\n"
        "  统计期：2026-02\n"
        "  用能单位：模拟云公司\n"
        "  行政区划：赛罕区（150105）\n"
        "  预警时间：2026-03-01 08:05\n"
        "  依据：内政发〔2022〕17号\n"
        "\n"
        "查看详情：http://127.0.0.1:8000/alerts/7\n"
        "\n"
        "时间均为北京时间（UTC+8）。由 Enermon 自动发出，请勿回复。\n"
    )


def test_one_alert_in_english() -> None:
    message = rendered(language="en")
    assert message.subject == (
        "[Enermon] Alert (severe): PUE of a large data centre above 1.3, Simulated data centre, 1.42"
    )
    assert message.text.splitlines()[2:10] == [
        "[severe] PUE of a large data centre above 1.3",
        "Simulated data centre (150105-0001-U1)",
        "The PUE is 1.42, above 1.3",
        "  alert: 7",
        "  deadline: acknowledge by 2026-03-02",
        "  value: 1.42",
        "  limit: 1.3",
        "  coverage: 98.7 %",
    ]


def test_both_languages_stand_in_one_message_chinese_first() -> None:
    message = rendered(language="both")
    assert message.subject.startswith("[Enermon] 预警（严重）")
    assert " / Alert (severe): PUE" in message.subject
    assert message.text.index("完整率") < message.text.index("coverage")
    assert message.html.count("<section") == 2


def test_what_has_no_english_name_is_named_in_chinese() -> None:
    message = rendered(alert(subject_en="", area_en=None), language="en")
    assert "模拟数据中心 (150105-0001-U1)" in message.text
    assert "area: 赛罕区 (150105)" in message.text


def test_what_is_not_there_is_left_out() -> None:
    quiet = alert(
        rule="gateway_silent", value=None, unit=None, limit=None, coverage=None, period_start=None, period_end=None,
        enterprise_zh=None, enterprise_en=None, due=None, area_code=None, area_zh=None, area_en=None,
        text_zh="", text_en="", source=None,
    )  # fmt: skip
    text = rendered(quiet).text
    assert text.splitlines()[3:6] == [
        "模拟数据中心（150105-0001-U1）",
        "  预警编号：7",
        "  预警时间：2026-03-01 08:05",
    ]
    assert "None" not in text


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        ("resolved", "[Enermon] Alert resolved (severe): PUE of a large data centre above 1.3, Simulated data centre"),
        ("repeat", "[Enermon] Alert still firing (severe): PUE of a large data centre above 1.3"),
        ("escalated", "[Enermon] Alert overdue, escalated (severe): PUE of a large data centre above 1.3"),
        ("digest", "[Enermon] Digest of alerts: 1 (1 severe)"),
    ],
)
def test_the_subject_says_what_kind_of_message_it_is(kind: str, subject: str) -> None:
    assert rendered(kind=kind, language="en").subject.startswith(subject)


def test_an_escalation_names_the_late_step_in_both_languages() -> None:
    late = {"step": "acknowledge", "due_on": "2026-03-02", "days_late": 3, "level": "league"}
    message = rendered(alert(late=late), kind="escalated", language="both")
    assert "\n  逾期事项：受理，最迟应于 2026-03-02 完成，已逾期 3 天，上报至盟市\n" in message.text
    assert "办理期限" not in message.text
    assert "\n  late: to acknowledge, due on 2026-03-02, days late: 3, told to the league\n" in message.text
    assert "最迟应于 2026-03-02 完成，已逾期 3 天" in message.html
    assert json.loads(message.payload)["data"]["alerts"][0]["late"] == late


@pytest.mark.parametrize("words", WORDINGS["both"], ids=lambda words: words.language)
def test_every_step_level_and_reason_has_its_words(words: Wording) -> None:
    assert words.steps.keys() > words.done.keys() == {action.value for action in MOVES}
    assert words.steps.keys() > {action.value for action in NEXT.values() if action is not None}
    assert words.actors.keys() == {kind.value for kind in ActorKind}
    assert words.kinds.keys() == set(get_args(MessageKind))
    assert words.levels.keys() > {"banner", "league", "region"}
    assert REASONS[About.ENDED].keys() == {because.value for because in ResolutionCause}


def test_a_resolved_alert_says_since_when() -> None:
    resolved = alert(resolved_at="2026-03-02T09:30:00+08:00")
    assert "  解除时间：2026-03-02 09:30\n" in rendered(resolved, kind="resolved").text


def test_what_fires_again_says_so() -> None:
    again = alert(reopened_at="2026-03-02T09:30:00+08:00")
    message = rendered(again, language="both")
    assert message.subject.startswith("[Enermon] 再次预警（严重）：大型数据中心")
    assert "\n[严重] 再次预警：大型数据中心 PUE 高于 1.3\n" in message.text
    assert " / Alert again (severe): PUE" in message.subject
    mixed = rendered(again, alert(alert_id=8))
    assert mixed.subject == "[Enermon] 预警 2 条（严重 2）"
    assert [line for line in mixed.text.splitlines() if line.startswith("[严重]")] == [
        "[严重] 再次预警：大型数据中心 PUE 高于 1.3",
        "[严重] 大型数据中心 PUE 高于 1.3",
    ]
    assert "再次预警：" not in rendered(again, kind="repeat").text


def test_a_step_is_told_with_its_lines_who_took_it_and_what_is_next() -> None:
    step = STEP | {"action": "explain", "by": "enterprise", "text": "冷机故障：\n1. 停机\n2. <已报修>"}
    told = alert(step=step, due={"step": "plan", "due_on": "2026-03-09"})
    message = rendered(told, kind="handled")
    assert message.subject.startswith("[Enermon] 预警已说明原因（严重）：")
    assert (
        "\n预警已说明原因（用能单位，2026-03-02 09:30）：\n  冷机故障：\n  1. 停机\n  2. <已报修>\n  预警编号：7\n"
        in message.text
    )
    assert "\n  办理期限：最迟于 2026-03-09 提交整改计划\n" in message.text
    assert "冷机故障：<br>1. 停机<br>2. &lt;已报修&gt;</blockquote>" in message.html


def test_an_end_whose_beginning_was_never_delivered_says_so() -> None:
    ended = alert(beginning_undelivered=True, resolved_at="2026-03-02T09:30:00+08:00")
    message = rendered(ended, kind="resolved", language="both")
    assert "\n  说明：该预警开始时的通知未能送达\n" in message.text
    assert "\n  note: the message that it began could not be delivered\n" in message.text


def test_each_of_several_alerts_has_a_page_to_open() -> None:
    message = rendered(alert(), alert(alert_id=8, page="http://127.0.0.1:8000/alerts/8"))
    for number in (7, 8):
        assert f"\n  查看详情：http://127.0.0.1:8000/alerts/{number}\n" in message.text
        assert f'<a href="http://127.0.0.1:8000/alerts/{number}">查看详情</a>' in message.html


def test_a_group_says_how_many_of_each_severity_and_how_many_are_not_listed() -> None:
    listed = [alert(), *(alert(severity="warning", alert_id=n) for n in range(8, 27))]
    message = rendered(*listed, count=5000, counts={"severe": 12, "warning": 4988, "notice": 0})
    assert message.subject == "[Enermon] 预警 5000 条（严重 12，警告 4988）"
    assert message.text.count("  数值：1.42") == 20
    assert "另有 4980 条未列出。" in message.text
    assert "另有 4980 条未列出。" in message.html


def test_a_test_message_says_that_nothing_is_to_be_done() -> None:
    empty = content(kind="test", language="en", count=0, alerts=[], counts={"severe": 0, "warning": 0, "notice": 0})
    message = render(empty, message_id=MESSAGE_ID)
    assert message.subject == "[Enermon] Test message"
    assert "Nothing has to be done." in message.text
    assert json.loads(message.payload)["type"] == "alert.test"


def test_names_cannot_bring_markup_into_the_page() -> None:
    hostile = "<script>alert(1)</script>\"'&"
    page = rendered(alert(subject_zh=hostile, title_zh=hostile, text_zh=hostile, enterprise_zh=hostile)).html
    assert "<script" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39;&amp;") == 8


def test_names_cannot_break_a_line() -> None:
    message = rendered(alert(title_zh="超限\r\nBcc: x@example.cn", text_zh="一\n\n二\u2028三"))
    assert "\n" not in message.subject
    assert "超限 Bcc: x@example.cn" in message.subject
    assert "\n一 二 三\n" in message.text


def test_a_link_that_is_no_page_is_left_out() -> None:
    message = rendered(page="javascript:alert(1)")
    assert "javascript" not in message.html
    assert "查看详情" not in message.text
    assert '<a href="http://127.0.0.1:8000/alerts/7">查看详情</a>' in rendered().html


def test_a_long_subject_is_cut() -> None:
    subject = rendered(alert(title_zh="长" * 400)).subject
    assert len(subject) == len("[Enermon] ") + 180
    assert subject.endswith("…")


def test_the_payload_names_message_kind_and_time_and_carries_the_content() -> None:
    given = content()
    assert json.loads(render(given, message_id=MESSAGE_ID).payload) == {
        "id": "3f2b8c1e-5d34-4a3b-9f6e-1c2d3e4f5a6b",
        "type": "alert.fired",
        "timestamp": "2026-03-01T00:05:05+00:00",
        "data": given,
    }


def test_a_message_is_the_same_at_every_attempt() -> None:
    assert rendered() == rendered()


def test_a_time_without_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="2026-03-01T00:05:00 has no offset"):
        rendered(alert(fired_at="2026-03-01T00:05:00"))


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1.42, "1", "1.42"),
        (13350.0, "kWh/t", "13,350 kWh/t"),
        (48.2, "%", "48.2 %"),
        (0.1 + 0.2, "", "0.3"),
        (1234567.89, "tce", "1,234,568 tce"),
        (0.000012345678, "t", "0.0000123 t"),
        (-3.0, "d", "-3 d"),
        (0.0, "tce", "0 tce"),
        (999999.7, "", "1,000,000"),
        (1e300, "", f"{10**300:,}"),
        (None, "tce", "–"),
        (float("nan"), "tce", "–"),
    ],
)
def test_long_numbers_are_written_with_few_digits_and_their_unit(value: float | None, unit: str, text: str) -> None:
    assert number_text(value, unit) == text


def test_a_number_just_over_its_limit_does_not_read_as_the_limit() -> None:
    assert number_text(1.3000004, beside=1.3) == "1.3000004"
    assert number_text(13_350.0004, "kWh/t", beside=13_350.0) == "13,350.0004 kWh/t"
    assert number_text(1.31, beside=1.3) == "1.31"
    assert (number_text(1.3, beside=1.3), number_text(1.3, beside=None)) == ("1.3", "1.3")


@pytest.mark.parametrize(("share", "text"), [(0.8999, "89.9 %"), (0.9, "90 %"), (1.0, "100 %"), (0.29, "29 %")])
def test_a_share_just_under_the_limit_does_not_read_as_the_limit(share: float, text: str) -> None:
    assert share_text(share) == text


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        ("2025-12-31T16:00", "2026-12-31T16:00", "2026"),
        ("2026-01-31T16:00", "2026-02-28T16:00", "2026-02"),
        ("2025-02-28T16:00", "2026-02-28T16:00", "2025-03 – 2026-02"),
        ("2026-03-04T16:00", "2026-03-05T16:00", "2026-03-05"),
        ("2026-03-04T16:00", "2026-03-11T16:00", "2026-03-05 – 2026-03-11"),
        ("2026-03-05T01:00", "2026-03-05T02:00", "2026-03-05 09:00 – 10:00"),
        ("2026-03-05T15:00", "2026-03-05T16:00", "2026-03-05 23:00 – 2026-03-06 00:00"),
        ("2026-02-28T16:00", "2026-03-05T06:30", "2026-03-01 00:00 – 2026-03-05 14:30"),
    ],
)
def test_periods_are_named_as_in_the_region(start: str, end: str, text: str) -> None:
    first, after = (datetime.fromisoformat(moment).replace(tzinfo=UTC) for moment in (start, end))
    assert period_text(first, after) == text

"""What the mails say by the shipped rules, as an officer reads it: each rule rendered in both languages."""

import re
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from services.alerts.notify.content import content_of, entry_of, evidence_of
from services.alerts.notify.render import render
from services.alerts.rules.rule import Rule
from services.alerts.rules.shipped import load_rules
from services.alerts.state.observation import Observation
from services.core.calendar import SHANGHAI
from services.core.verdict import Verdict
from services.judging.data.tables import load_tables
from tests.unit.judging.test_reason_words import codes_in

RULES = {rule.slug: rule for rule in load_rules(load_tables())}
NOW = datetime(2026, 3, 3, 10, 5, tzinfo=SHANGHAI)
SEEN = Observation(
    subject_kind="unit",
    subject_code="150622-0007-1",
    name_zh="一号炉",
    name_en="Furnace 1",
    verdict=Verdict.BREACH,
    value=7.0,
    unit="1",
    limit=5.0,
    coverage=0.98,
    start=datetime(2026, 3, 2, tzinfo=SHANGHAI),
    end=datetime(2026, 3, 3, tzinfo=SHANGHAI),
)


def mail(rule: Rule, seen: Observation, language: str) -> str:
    """The text of the mail by which an alert of the rule is told."""
    row: dict[str, Any] = {
        "alert_id": 7,
        "rule": rule.slug,
        "rule_version": 1,
        "severity": str(rule.severity),
        "title_zh": rule.title.zh,
        "title_en": rule.title.en,
        "subject_kind": seen.subject_kind,
        "subject_code": seen.subject_code,
        "area_code": "150622",
        "area_zh": "准格尔旗",
        "area_en": "Jungar Banner",
        "enterprise_zh": "鑫源公司",
        "enterprise_en": "Xinyuan",
        "source": rule.source,
        "fired_at": NOW,
        "reopened_at": None,
        "resolved_at": None,
        "last_value": None,
        "because": None,
        "observed": evidence_of(rule, seen)["observed"],
    }
    entries = [entry_of(row, as_now=False, link="https://e.example")]
    content = content_of(kind="fired", group="g", language=language, now=NOW, link="https://e.example", entries=entries)
    return render(content, message_id=UUID(int=1)).text


def seen_by(rule: Rule) -> Observation:
    """With a unit such as the rule speaks of."""
    said = rule.text.zh
    return replace(SEEN, unit="d" if "{duration}" in said else "kWh" if "{unit}" in said else "1")


@pytest.mark.parametrize("slug", RULES)
def test_mail_of_a_shipped_rule_is_chinese_to_the_end(slug: str) -> None:
    text = mail(RULES[slug], seen_by(RULES[slug]), "zh")
    without_links = re.sub(r"https://\S+", "", text)
    assert codes_in(without_links) == set()
    assert slug not in text


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("slug", RULES)
def test_mail_of_a_shipped_rule_leaves_no_figure_out(slug: str, language: str) -> None:
    text = mail(RULES[slug], seen_by(RULES[slug]), language)
    assert not re.search(r"\{|\}|None|（）|\(\)|  +\S*  | ，| 。", text.replace("\n  ", "\n"))
    assert "7" in text


@pytest.mark.parametrize(
    ("slug", "value", "unit", "limit", "zh", "en"),
    [
        ("gateway_silent", 4312.0, "s", 3600.0, "已有 1 小时 11 分没有上传数据", "sent nothing for 1 h 11 min"),
        ("gateway_silent_day", 93_900.0, "s", 86_400.0, "已有 1 天 2 小时没有上传数据", "nothing for 1 d 2 h"),
        ("retrofit_overdue", -12.0, "d", 0.0, "改造期限已过 12 天", "its deadline passed 12 days ago"),
        ("meter_calibration_overdue", -33.0, "d", 0.0, "检定有效期已过 33 天", "ran out 33 days ago"),
        ("readings_stuck", 30.0, "h", 0.0, "读数连续 30 小时不变", "the same value for 30 hours"),
        ("balance_apart", 0.083, "1", 0.05, "偏差为 8.3 %，上限 5 %", "by 8.3 % on 2026-03-02; at most 5 %"),
        ("energy_above_approved", 1234.5, "tce", 0.0, "用能超出批复 1,234.5 吨标准煤", "1,234.5 tce (equivalent)"),
    ],
)
def test_figures_are_said_as_people_say_them(
    slug: str, value: float, unit: str, limit: float, zh: str, en: str
) -> None:
    seen = replace(SEEN, value=value, unit=unit, limit=limit)
    assert zh in mail(RULES[slug], seen, "zh")
    assert en in mail(RULES[slug], seen, "en")


def test_a_limit_of_zero_is_not_shown_as_one() -> None:
    seen = replace(SEEN, unit="d", limit=0.0)
    assert "限值" not in mail(RULES["retrofit_overdue"], seen, "zh")
    assert "  限值：5 天\n" in mail(RULES["retrofit_overdue"], replace(SEEN, unit="d"), "zh")

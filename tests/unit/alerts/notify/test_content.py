"""Messages say what was found at the moment of firing, where, and how many more there are."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.alerts.notify.content import (
    content_of,
    entry_of,
    evidence_of,
    figures_of,
    without_alert,
    without_beginning,
)
from services.alerts.rules.body import parse
from services.alerts.state.observation import Observation
from services.alerts.state.state import ResolutionCause
from services.core.calendar import SHANGHAI
from services.core.verdict import Verdict

NOW = datetime(2026, 3, 3, 2, tzinfo=UTC)
LINK = "https://e.example/"
RULE = parse(
    {
        "slug": "pue_high",
        "indicator": "pue",
        "period": "day",
        "subject": "unit",
        "compare": {"op": ">", "number": 1.3},
        "severity": "warning",
        "title": {"zh": "PUE 偏高", "en": "PUE too high"},
        "text": {
            "zh": "{subject} PUE {value}{unit}，上限 {limit}",
            "en": "{subject}: {value}{unit} on {period}, limit {limit}",
        },
        "source": "T12",
        "place": "1",
    }
)
SEEN = Observation(
    subject_kind="unit",
    subject_code="DC-1",
    name_zh="数据中心",
    name_en="",
    area_code="150622",
    verdict=Verdict.BREACH,
    value=1.42,
    unit="1",
    limit=1.3,
    coverage=0.98,
    start=datetime(2026, 3, 2, tzinfo=SHANGHAI),
    end=datetime(2026, 3, 3, tzinfo=SHANGHAI),
    evidence={"numerator": {"value": 1420.0, "unit": "kWh"}},
)


def row(alert_id: int = 7, severity: str = "warning", **given: Any) -> dict[str, Any]:
    """An alert as it is read with its names."""
    return {
        "alert_id": alert_id,
        "rule": "pue_high",
        "rule_version": 2,
        "severity": severity,
        "title_zh": "PUE 偏高",
        "title_en": "PUE too high",
        "subject_kind": "unit",
        "subject_code": "DC-1",
        "area_code": "150622",
        "area_zh": "准格尔旗",
        "area_en": "Jungar Banner",
        "enterprise_code": "x",
        "enterprise_zh": "云公司",
        "enterprise_en": None,
        "source": "T12",
        "fired_at": NOW,
        "reopened_at": None,
        "resolved_at": None,
        "last_value": None,
        "because": None,
        "observed": evidence_of(RULE, SEEN)["observed"],
    } | given


def content(numbers: range, **given: Any) -> dict[str, Any]:
    entries = [entry_of(row(number), as_now=False, link=LINK) for number in numbers]
    known: dict[str, Any] = {
        "kind": "fired",
        "group": "1/fired",
        "language": "zh",
        "now": NOW,
        "link": "https://e.example/",
    }
    return content_of(**(known | {"entries": entries} | given))


def test_evidence_keeps_the_sums_the_figures_and_the_text_in_both_languages() -> None:
    evidence = evidence_of(RULE, SEEN)
    assert evidence["numerator"] == {"value": 1420.0, "unit": "kWh"}
    assert evidence["observed"] == {
        "value": 1.42,
        "unit": "1",
        "limit": 1.3,
        "coverage": 0.98,
        "period_start": "2026-03-02T00:00:00+08:00",
        "period_end": "2026-03-03T00:00:00+08:00",
        "subject_zh": "数据中心",
        "subject_en": "",
        "text_zh": "数据中心 PUE 1.42，上限 1.3",
        "text_en": "数据中心: 1.42 on 2026-03-02, limit 1.3",
    }


def test_an_alert_is_told_with_the_figures_of_its_firing_and_its_end_with_the_last_ones() -> None:
    now_better = row(last_value=figures_of(SEEN) | {"value": 1.2}, resolved_at=NOW)
    assert entry_of(now_better, as_now=False, link=LINK)["value"] == 1.42
    after = entry_of(now_better, as_now=True, link=LINK)
    assert (after["value"], after["limit"], after["because"]) == (1.2, 1.3, "cleared")
    assert (after["text_zh"], after["text_en"]) == (
        "已恢复正常；以下为当前数值。",
        "In order again; the figures are those of now.",
    )
    assert (after["fired_at"], after["resolved_at"]) == ("2026-03-03T10:00:00+08:00", "2026-03-03T10:00:00+08:00")


@pytest.mark.parametrize("because", ResolutionCause)
def test_an_end_says_why_in_both_languages_and_not_what_fired(because: ResolutionCause) -> None:
    ended = entry_of(row(because=because.value, resolved_at=NOW), as_now=True, link=LINK)
    assert ended["because"] == because.value
    assert "1.42" not in ended["text_zh"] + ended["text_en"]
    assert ended["text_zh"].endswith("数值。")
    assert ("judged no more" in ended["text_en"]) is (because is ResolutionCause.RULE_OFF)


def test_what_fires_has_no_end_and_no_late_step() -> None:
    assert {"because", "late"}.isdisjoint(entry_of(row(), as_now=False, link=LINK))


def test_an_escalation_names_the_late_step() -> None:
    late = {"step": "plan", "due_on": "2026-03-09", "days_late": 2, "level": "league"}
    assert entry_of(row(), as_now=True, late=late, link=LINK)["late"] == late


def test_a_message_of_one_alert_links_to_it_and_one_of_more_to_the_list() -> None:
    one, more = content(range(7, 8)), content(range(7, 9))
    assert (one["link"], one["page"]) == ("https://e.example/api/v1/alerts/7", "https://e.example/alerts/7")
    assert (more["link"], more["page"]) == ("https://e.example/api/v1/alerts", "https://e.example/alerts")
    assert [alert["page"] for alert in more["alerts"]] == [f"https://e.example/alerts/{n}" for n in (7, 8)]


def test_a_message_says_no_more_of_an_alert_that_is_taken_out_listed_or_not() -> None:
    many = content(range(30))
    less = without_alert(without_alert(many, 3, "warning"), 25, "warning")
    assert (less["count"], less["counts"]["warning"], len(less["alerts"])) == (28, 28, 19)
    assert 3 not in [alert["alert_id"] for alert in less["alerts"]]


def test_an_end_says_of_which_alerts_the_beginning_could_not_be_delivered() -> None:
    first, second = without_beginning(content(range(1, 3), kind="resolved"), [2])["alerts"]
    assert "beginning_undelivered" not in first
    assert second["beginning_undelivered"] is True


def test_of_many_alerts_twenty_are_listed_and_all_are_counted() -> None:
    many = content(range(5000))
    assert (len(many["alerts"]), many["count"]) == (20, 5000)
    assert many["counts"] == {"severe": 0, "warning": 5000, "notice": 0}


def test_what_joins_a_waiting_message_is_counted_once_and_the_message_keeps_its_time() -> None:
    earlier = content(range(1, 3))
    joined = content(range(2, 5), earlier=earlier, earlier_ids=[1, 2], now=NOW.replace(hour=5))
    assert (joined["count"], [each["alert_id"] for each in joined["alerts"]]) == (4, [1, 2, 3, 4])
    assert joined["created_at"] == earlier["created_at"] == "2026-03-03T10:00:00+08:00"

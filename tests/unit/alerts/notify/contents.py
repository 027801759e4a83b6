"""Contents of messages as the alert service writes them."""

from typing import Any
from uuid import UUID

MESSAGE_ID = UUID("3f2b8c1e-5d34-4a3b-9f6e-1c2d3e4f5a6b")

STEP: dict[str, Any] = {
    "action": "acknowledge",
    "by": "supervision_body",
    "at": "2026-03-02T09:30:00+08:00",
    "text": None,
    "due_on": None,
    "reference": None,
}


def alert(**changed: Any) -> dict[str, Any]:
    """One data centre at 1.42 in February 2026."""
    return {
        "alert_id": 7,
        "rule": "pue_large",
        "rule_version": 1,
        "severity": "severe",
        "title_zh": "大型数据中心 PUE 高于 1.3",
        "title_en": "PUE of a large data centre above 1.3",
        "text_zh": "PUE 为 1.42，高于 1.3",
        "text_en": "The PUE is 1.42, above 1.3",
        "subject_kind": "unit",
        "subject_code": "150105-0001-U1",
        "subject_zh": "模拟数据中心",
        "subject_en": "Simulated data centre",
        "area_code": "150105",
        "area_zh": "赛罕区",
        "area_en": "Saihan",
        "enterprise_zh": "模拟云公司",
        "enterprise_en": "Simulated cloud company",
        "source": "内政发〔2022〕17号",
        "value": 1.42,
        "unit": "1",
        "limit": 1.3,
        "coverage": 0.9876,
        "fired_at": "2026-03-01T00:05:00+00:00",
        "reopened_at": None,
        "resolved_at": None,
        "period_start": "2026-01-31T16:00:00+00:00",
        "period_end": "2026-02-28T16:00:00+00:00",
        "due": {"step": "acknowledge", "due_on": "2026-03-02"},
        "page": "http://127.0.0.1:8000/alerts/7",
    } | changed


def content(*alerts: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """A message of these alerts, by default of one that fired."""
    listed = list(alerts) or [alert()]
    counts = dict.fromkeys(("severe", "warning", "notice"), 0)
    for one in listed:
        counts[one["severity"]] += 1
    return {
        "kind": "fired",
        "group": "150105",
        "language": "zh",
        "created_at": "2026-03-01T00:05:05+00:00",
        "link": "http://127.0.0.1:8000/api/v1/alerts/7",
        "page": "http://127.0.0.1:8000/alerts/7",
        "alerts": listed,
        "count": len(listed),
        "counts": counts,
    } | changed

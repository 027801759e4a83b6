"""The pages of alerts: what a person reads who follows the link of a mail."""

import re
from datetime import timedelta
from html import unescape

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.alerts.state.handling import Action, Status
from services.alerts.state.state import ChangeKind
from services.api.access.role import Role
from services.api.alerts.page_words import PAGE_WORDS
from tests.integration.alerted import ALERTS, NOW, Raised, of_enterprise, step
from tests.integration.clock import ask_at
from tests.integration.registered import JUNGAR, Registered
from tests.signed_in import add_with_key

pytestmark = pytest.mark.store


@pytest.fixture(autouse=True)
def _ten_in_the_morning(client: TestClient) -> None:
    ask_at(client, NOW)


def read(client: TestClient, path: str, **headers: str) -> str:
    """What a person sees on a page, a line each."""
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    shown = re.sub(r"<head>.*?</head>", "", answer.text, flags=re.DOTALL)
    return unescape(re.sub(r"\s*<[^>]+>\s*", "\n", shown))


def test_page_of_an_alert_says_what_it_is_what_to_do_and_what_happened(
    client: TestClient, raised: Raised, registered: Registered, database: psycopg.Connection
) -> None:
    enterprise = registered.enterprise()
    add_with_key(database, "wang", Role.SUPERVISOR, key="enk_wang", area=JUNGAR, display_name="准格尔旗监察大队 王工")
    raised.rule()
    number = raised.alert(enterprise_code=enterprise)
    raised.event(number, "fired", NOW - timedelta(hours=1))
    step(client, number, "acknowledge", key="enk_wang")
    own = of_enterprise(database, enterprise)
    step(client, number, "explain", key=own, text="冷机故障：\n<1> 停机\n2. 已报修")
    page = read(client, f"/alerts/{number}")
    for words in (
        "警告",
        "数据中心 PUE 偏高",
        "未解除",
        "已说明",
        "预警编号",
        "1.45",
        "98 %",
        "T12",
        "最迟于 2026-03-09 提交整改计划",
        "2026-03-02 09:00",
        "发出预警",
        "监察机构（准格尔旗监察大队 王工）",
        f"用能单位（of.{enterprise.lower()}）",
        "冷机故障：\n<1> 停机\n2. 已报修",
    ):
        assert words in page
    assert "<1>" not in client.get(f"/alerts/{number}").text
    english = read(client, f"/alerts/{number}", **{"accept-language": "en-GB,en;q=0.9"})
    assert "PUE too high" in english
    assert "plan the rectification by 2026-03-09" in english
    assert "supervision body (准格尔旗监察大队 王工)" in english
    assert english == read(client, f"/alerts/{number}?lang=en")


def test_page_of_the_list_leads_to_each_alert_that_fires(client: TestClient, raised: Raised) -> None:
    assert "目前没有未解除的预警。" in read(client, "/alerts")
    raised.rule()
    firing, over = raised.alert(), raised.alert(resolved_at=NOW)
    assert f'href="/alerts/{firing}?lang=zh"' in client.get("/alerts").text
    assert f"/alerts/{over}?" not in client.get("/alerts").text


def test_page_of_an_alert_that_is_not_there_says_so(client: TestClient) -> None:
    answer = client.get("/alerts/4711")
    assert (answer.status_code, "没有编号为 4711 的预警。" in answer.text) == (404, True)
    assert client.get(f"{ALERTS}/4711").json()["code"] == "unknown_alert"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_have_words_for_all_that_can_happen_to_an_alert(language: str) -> None:
    words = PAGE_WORDS[language]
    of_service = {"fired", "reopened", "inhibited", "released", "escalated"} | {str(kind) for kind in ChangeKind}
    assert words.happened.keys() == of_service | {str(action) for action in Action}
    assert words.statuses.keys() == {str(status) for status in Status}

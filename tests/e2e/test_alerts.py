"""Alerts on the running services: from readings to a mail and a signed webhook, handled, silenced and resolved.

The rule is a shipped one unless said otherwise. A centre is measured over the last twelve complete months, and nearly
over the month before them, so that `pue_existing` judges it at once, by the target for existing data centres of Ordos,
and does so too where a month ends while the tests run.
"""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import psycopg
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from services.core.calendar import SHANGHAI
from services.up.stack import Stack
from tests.e2e.alerting import PER_DAY, Body, Centre, Json, Watched, listening, watching
from tests.e2e.exceeding import DAYS, FIRST_DAY, MENDED_PUE, exceeding, mend, registered
from tests.integration.alerted import of_enterprise
from tests.integration.let_in import let_in, url_of
from tests.integration.running import wait_until
from tests.signed_in import BY_ADMINISTRATOR, bearer

DONGSHENG, KANGBASHI, DALAD, JUNGAR = "150602", "150603", "150621", "150622"
OTOG_FRONT, OTOG, HANGGIN, UXIN, EJIN_HORO = "150623", "150624", "150625", "150626", "150627"
LINK = "https://enermon.example"
RULE = "pue_existing"
OWN_RULE: Json = {
    "indicator": "pue",
    "period": "rolling_12_months",
    "subject": "unit",
    "scope": {"areas": [OTOG_FRONT]},
    "compare": {"op": ">", "number": 1.25},
    "severity": "severe",
    "title": {"zh": "机房 PUE 偏高", "en": "PUE of a hall too high"},
    "text": {"zh": "{subject} {period} PUE {value}", "en": "{subject}: PUE {value} in {period}"},
    "source": "本旗要求",
    "place": "会议纪要",
}

pytestmark = [
    pytest.mark.store,
    pytest.mark.timeout(300),
    # aiosmtpd within TLS does not know that it is
    pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS"),
]


@pytest.fixture(scope="module")
def watched(stack: Stack, module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """API, roll-up and alert service, and the two servers they tell."""
    with watching(stack, module_database_url, tmp_path_factory.mktemp("mail"), link=LINK) as found:
        yield found


def told(watched: Watched, body: Body, number: int) -> tuple[list[EmailMessage], list[Json]]:
    """All mails, and all that webhooks said, once the body has had so many of each."""
    mails, calls = watched.mailbox.mails[body.address], watched.hooks.calls[body.hook]
    wait_until(
        f"{number} mails and webhooks for {body.code}",
        lambda: len(mails) >= number and sum(call.answer == 204 for call in calls) >= number,
    )
    assert body.by_webhook.secret is not None
    verifier = Webhook(body.by_webhook.secret)
    return list(mails), [verifier.verify(call.body, call.headers) for call in calls if call.answer == 204]


def ask_for_tests(watched: Watched, body: Body) -> None:
    """Ask for a test message on both ways."""
    for subscription in (body.by_mail, body.by_webhook):
        watched.send("POST", f"{subscription.path}/test")


def alert_of(watched: Watched, centre: Centre) -> Json:
    """The one alert of a centre, whole."""
    subject = f"unit:{centre.unit}"
    wait_until("the alert is listed", lambda: bool(watched.ask("alerts", subject=subject)["data"]))
    [listed] = watched.ask("alerts", subject=subject)["data"]
    return watched.ask(f"alerts/{listed['alert_id']}")


def parts(mail: EmailMessage) -> tuple[str, str]:
    """Text and HTML of a mail."""
    text, html = (part.get_content().replace("\r\n", "\n") for part in mail.iter_parts())
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    return text, html


def test_a_centre_at_1_42_is_told_once_by_mail_and_once_by_signed_webhook(watched: Watched) -> None:
    body = watched.body(JUNGAR, language="both")
    centre = exceeding(watched, JUNGAR)
    told(watched, body, 1)
    ask_for_tests(watched, body)
    (mail, test_mail), (said, test) = told(watched, body, 2)

    alert_id = alert_of(watched, centre)["alert_id"]
    link, page = f"{LINK}/api/v1/alerts/{alert_id}", f"{LINK}/alerts/{alert_id}"
    assert mail["from"] == "Enermon <alerts@enermon.example>"
    assert mail["to"] == body.address
    assert "1.42" in mail["subject"]
    assert "既有数据中心 PUE 超过目标" in mail["subject"]
    for part in parts(mail):
        for words in (
            "既有数据中心 PUE 超过目标",
            "PUE of an existing data centre above its target",
            "一号机房",
            "Hall 1",
        ):
            assert words in part
        assert "1.42" in part
        assert page in part

    assert said["type"] == "alert.fired"
    assert said["data"]["counts"] == {"severe": 0, "warning": 1, "notice": 0}
    assert (said["data"]["link"], said["data"]["page"]) == (link, page)
    [told_alert] = said["data"]["alerts"]
    assert told_alert["value"] == pytest.approx(1.42)
    assert (told_alert["rule"], told_alert["limit"], told_alert["subject_code"]) == (RULE, 1.3, centre.unit)
    assert (test["type"], test["data"]["alerts"]) == ("alert.test", [])
    assert "测试消息" in test_mail["subject"]


def test_a_webhook_verifies_by_its_own_secret_alone(watched: Watched) -> None:
    body, other = watched.body(DONGSHENG), watched.body(HANGGIN)
    ask_for_tests(watched, body)
    told(watched, body, 1)
    [call] = watched.hooks.calls[body.hook]
    assert other.by_webhook.secret is not None
    with pytest.raises(WebhookVerificationError):
        Webhook(other.by_webhook.secret).verify(call.body, call.headers)


def test_an_alert_shows_what_it_stands_on_what_happened_and_who_was_told(watched: Watched) -> None:
    body = watched.body(DALAD)
    centre = exceeding(watched, DALAD)
    _, [said] = told(watched, body, 1)
    listed = watched.ask("alerts", area=DALAD)
    assert listed["counts"]["alerts"] == 1
    assert listed["data"][0]["last_value"]["value"] == pytest.approx(1.42)

    wait_until(
        "both are taken", lambda: watched.ask("deliveries", body=body.code, status="sent")["counts"]["messages"] == 2
    )
    alert = alert_of(watched, centre)
    assert (alert["rule"], alert["rule_version"], alert["state"], alert["status"]) == (RULE, 1, "firing", "open")
    assert alert["rule_body"]["slug"] == RULE
    evidence = alert["evidence"]
    assert evidence["numerator"]["value"] == pytest.approx(DAYS * 1.42 * PER_DAY)
    assert evidence["denominator"]["value"] == pytest.approx(DAYS * PER_DAY)
    assert evidence["coverage"] == 1
    assert [(limit["row"], limit["value"], limit["met"]) for limit in evidence["limits"]] == [("OR-04", 1.3, False)]
    assert "OR-04" in [row["code"] for row in evidence["rows"]]
    assert {(each["meter"], each["first"]["value"], each["last"]["value"]) for each in evidence["readings"]} == {
        (centre.input_meter, 1.42 * PER_DAY, 1.42 * PER_DAY),
        (centre.racks_meter, PER_DAY, PER_DAY),
    }
    assert [entry["kind"] for entry in alert["history"]] == ["fired"]
    deliveries = {each["channel"]: each for each in alert["deliveries"]}
    assert len(alert["deliveries"]) == 2
    assert [attempt["outcome"] for each in deliveries.values() for attempt in each["history"]] == ["sent", "sent"]
    assert watched.hooks.calls[body.hook][0].headers["webhook-id"] == deliveries["webhook"]["message_id"]
    mail_id = watched.mailbox.mails[body.address][0]["message-id"]
    assert mail_id == f"<{deliveries['email']['message_id']}@enermon.example>"
    assert said["data"]["alerts"][0]["alert_id"] == alert["alert_id"]


def test_a_centre_that_was_mended_is_told_as_resolved(watched: Watched) -> None:
    body = watched.body(KANGBASHI)
    centre = exceeding(watched, KANGBASHI)
    told(watched, body, 1)
    mend(watched, centre)
    (_, mail), (_, said) = told(watched, body, 2)

    assert "预警解除" in mail["subject"]
    text, html = parts(mail)
    assert f"{MENDED_PUE:.2f}" in text
    assert f"{MENDED_PUE:.2f}" in html
    assert "Alert resolved" not in text
    assert said["type"] == "alert.resolved"
    [ended] = said["data"]["alerts"]
    assert ended["value"] == pytest.approx(MENDED_PUE)
    assert ended["resolved_at"] is not None
    alert = alert_of(watched, centre)
    assert alert["state"] == "resolved"
    assert alert["evidence"]["observed"]["value"] == pytest.approx(1.42)
    assert [entry["kind"] for entry in alert["history"]] == ["fired", "resolved"]


def test_an_alert_is_handled_step_by_step_and_in_no_other_order(watched: Watched, module_database_url: str) -> None:
    watched.body(OTOG)
    centre = exceeding(watched, OTOG)
    path = f"alerts/{alert_of(watched, centre)['alert_id']}/steps"
    with psycopg.connect(module_database_url) as database:
        by_enterprise = bearer(of_enterprise(database, centre.credit_code))
    planned_for = (datetime.now(SHANGHAI) + timedelta(days=30)).date().isoformat()
    steps: list[tuple[dict[str, str], Json, str]] = [
        (BY_ADMINISTRATOR, {"action": "acknowledge"}, "acknowledged"),
        (by_enterprise, {"action": "explain", "text": "冷机故障"}, "explained"),
        (by_enterprise, {"action": "plan", "text": "更换冷机", "due_on": planned_for}, "planned"),
        (BY_ADMINISTRATOR, {"action": "verify"}, "verified"),
        (BY_ADMINISTRATOR, {"action": "close"}, "closed"),
    ]
    for number, (who, step, status) in enumerate(steps):
        for later, too_early, _ in steps[number + 1 :]:
            assert refusal(watched, path, later, too_early) == (409, "step_not_allowed")
        if status == "verified":
            assert refusal(watched, path, who, step) == (409, "still_firing")
            mend(watched, centre)
            wait_until("it is resolved", lambda: alert_of(watched, centre)["state"] == "resolved")
        answer = watched.api.post(f"/api/v1/{path}", json=step, headers=who)
        assert answer.json()["handling"]["status"] == status

    alert = alert_of(watched, centre)
    assert (alert["state"], alert["status"]) == ("resolved", "closed")
    assert [(entry["by"], entry["kind"]) for entry in alert["history"]] == [
        ("service", "fired"),
        ("supervision_body", "acknowledge"),
        ("enterprise", "explain"),
        ("enterprise", "plan"),
        ("service", "resolved"),
        ("supervision_body", "verify"),
        ("supervision_body", "close"),
    ]
    assert alert["history"][3]["due_on"] == planned_for


def refusal(watched: Watched, path: str, who: dict[str, str], step: Json) -> tuple[int, Any]:
    """Status and code of the answer to a step that is refused."""
    answer = watched.api.post(f"/api/v1/{path}", json=step, headers=who)
    return answer.status_code, answer.json().get("code")


def test_what_a_receiver_that_is_down_does_not_take_comes_later_by_the_same_id(watched: Watched) -> None:
    body = watched.body(UXIN)
    watched.hooks.failures[body.hook] = 2
    centre = exceeding(watched, UXIN)
    _, said = told(watched, body, 1)
    calls = watched.hooks.calls[body.hook]
    assert [call.answer for call in calls] == [500, 500, 204]
    assert len({call.headers["webhook-id"] for call in calls}) == 1
    assert [each["type"] for each in said] == ["alert.fired"]

    message = f"deliveries/{calls[0].headers['webhook-id']}"
    wait_until("it is known as sent", lambda: watched.ask(message)["status"] == "sent")
    delivery = watched.ask(message)
    assert [(attempt["outcome"], attempt["detail"]) for attempt in delivery["history"]] == [
        ("failed", "answered 500"),
        ("failed", "answered 500"),
        ("sent", "taken"),
    ]
    assert delivery["alert_ids"] == [alert_of(watched, centre)["alert_id"]]


def test_a_silenced_alert_is_shown_and_not_told_until_the_silence_ends(watched: Watched) -> None:
    body = watched.body(EJIN_HORO)
    exceeding(watched, EJIN_HORO)
    told(watched, body, 1)
    second = registered(watched, EJIN_HORO)
    ends_at = (datetime.now(SHANGHAI) + timedelta(days=1)).isoformat()
    silence = {"subject": second.unit, "reason": "停产检修", "ends_at": ends_at}
    silence_id = watched.send("POST", "silences", silence)["silence_id"]
    watched.measure(second, FIRST_DAY, days=DAYS, pue=1.42)

    alert = alert_of(watched, second)
    assert (alert["state"], alert["inhibited_by"]) == ("firing", f"silence:{silence_id}")
    assert [entry["kind"] for entry in alert["history"]] == ["fired", "inhibited"]
    ask_for_tests(watched, body)
    _, said = told(watched, body, 2)
    assert [each["type"] for each in said] == ["alert.fired", "alert.test"]
    assert alert_of(watched, second)["deliveries"] == []

    watched.send("POST", f"silences/{silence_id}/end")
    _, said = told(watched, body, 3)
    assert [each["type"] for each in said] == ["alert.fired", "alert.test", "alert.fired"]
    assert [each["subject_code"] for each in said[-1]["data"]["alerts"]] == [second.unit]
    assert alert_of(watched, second)["inhibited_by"] is None


def test_a_severe_rule_of_ones_own_tried_and_put_reaches_banner_league_and_enterprise(
    watched: Watched, stack: Stack
) -> None:
    banner = watched.body(OTOG_FRONT)
    # as soon as any centre is measured, the league is warned of its own share of non-fossil energy too
    league = watched.body("150600", least_severity="severe")
    centre = registered(watched, OTOG_FRONT)
    watched.send("POST", f"enterprises/{centre.credit_code}/subscriptions", {"channel": "mqtt"})
    let_in(stack.broker, [centre.credit_code])
    topic = f"enermon/v1/enterprises/{centre.credit_code}/alerts"
    with listening(url_of(stack, centre.credit_code), topic) as at_the_enterprise:
        # less than the 1.3 of the shipped rule
        watched.measure(centre, FIRST_DAY, days=DAYS, pue=1.28)
        wait_until("it is booked", lambda: pue_of(watched, centre) == pytest.approx(1.28))
        tried = {"start": FIRST_DAY.isoformat(), "end": (FIRST_DAY + timedelta(days=3)).isoformat()}
        tried_rule = {"body": OWN_RULE | {"slug": "own_pue", "period": "day"}}
        [would_fire] = watched.send("POST", "rules/dry_run", tried_rule | tried)["data"]
        assert would_fire["subject"] == f"unit:{centre.unit}"
        assert would_fire["value"] == pytest.approx(1.28)
        assert watched.ask("alerts", area=OTOG_FRONT)["data"] == []

        watched.send("PUT", "rules/own_pue", {"enabled": False, "body": OWN_RULE})
        watched.send("PUT", "rules/own_pue", {"enabled": True})
        for body in (banner, league):
            _, [said] = told(watched, body, 1)
            [alert] = said["data"]["alerts"]
            assert (alert["rule"], alert["rule_version"], alert["severity"]) == ("own_pue", 2, "severe")
            assert (alert["subject_code"], alert["limit"]) == (centre.unit, 1.25)
        payload = json.loads(at_the_enterprise.get(timeout=120))
    assert payload["type"] == "alert.fired"
    assert payload["data"]["alerts"] == [alert]
    alert = alert_of(watched, centre)
    assert (alert["rule_version"], alert["rule_body"]["compare"]["number"]) == (2, 1.25)


def pue_of(watched: Watched, centre: Centre) -> float | None:
    """The PUE of a centre on its first day, as the API tells it."""
    day = {"start": FIRST_DAY.isoformat(), "end": (FIRST_DAY + timedelta(days=1)).isoformat()}
    [row] = watched.ask("indicators/pue", scope=f"unit:{centre.unit}", **day)["data"]
    value: float | None = row["value"]
    return value

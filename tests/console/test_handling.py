"""An alert from the mail that tells of it to its end, by clicks of the officer and of the enterprise."""

import re
from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest
from playwright.sync_api import expect

from services.api.access.role import Role
from services.core.calendar import SHANGHAI
from tests.console.at_work import AtWork
from tests.console.conftest import Seated, fill_in_login
from tests.console.screen import Screen
from tests.e2e.exceeding import exceeding, mend
from tests.integration.running import wait_until

JUNGAR = "150622"
WAITS_MS = 60_000

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS"),
]


def take(screen: Screen, step: str, status: str, **fields: str) -> None:
    """Take a step by its button and dialog, and see how far the handling has come then."""
    page = screen.page
    page.locator(".step-buttons").get_by_role("button", name=step, exact=True).click()
    dialog = page.get_by_role("dialog")
    for name, text in fields.items():
        dialog.locator(f"[name={name}]").fill(text)
    dialog.get_by_role("button", name=step, exact=True).click()
    expect(dialog).to_have_count(0, timeout=WAITS_MS)
    expect(page.locator(".stepper [aria-current=step]")).to_contain_text(status, timeout=WAITS_MS)


def mails_to(at_work: AtWork, address: str, number: int) -> list[EmailMessage]:
    mails = at_work.watched.mailbox.mails[address]
    wait_until(f"{number} mails for {address}", lambda: len(mails) >= number)
    return list(mails)


def page_in(mail: EmailMessage, address: str) -> str:
    """Where a mail leads."""
    text = next(mail.iter_parts()).get_content()
    found = re.search(rf"{re.escape(address)}/alerts/\d+", text)
    assert found is not None, text
    return found[0]


def test_an_alert_is_handled_from_the_mail_to_its_end(at_work: AtWork, seated: Seated) -> None:
    body = at_work.watched.body(JUNGAR)
    centre = exceeding(at_work.watched, JUNGAR)
    officer = at_work.let_in("jungar.officer", Role.SUPERVISOR, area=JUNGAR, display_name="准格尔监察员")
    at_works = at_work.let_in("hall.works", Role.ENTERPRISE, enterprise=centre.credit_code, display_name="机房填报员")
    planned_for = (datetime.now(SHANGHAI) + timedelta(days=30)).date().isoformat()

    [mail] = mails_to(at_work, body.address, 1)
    assert "1.42" in mail["subject"]
    of_officer = seated()
    of_officer.page.goto(page_in(mail, at_work.address))
    fill_in_login(of_officer, officer)
    of_officer.settle()
    assert "一号机房" in of_officer.page.inner_text("main h1")
    value = of_officer.page.locator(".alert-head [data-value]").first
    assert float(value.get_attribute("data-value") or "nan") == pytest.approx(1.42)
    assert value.inner_text() == "1.42"
    take(of_officer, "受理", "已受理", text="请说明原因")

    of_works = seated(at_works)
    of_works.open(page_in(mail, at_work.address).removeprefix(at_work.address))
    take(of_works, "说明原因", "已说明", text="冷机故障")
    take(of_works, "提交整改计划", "整改中", text="更换冷机", due_on=planned_for)

    of_officer.open(page_in(mail, at_work.address).removeprefix(at_work.address))
    expect(of_officer.page.get_by_text("预警尚未解除，待解除后方可核查、办结。")).to_be_visible()
    mend(at_work.watched, centre)
    resolved = mails_to(at_work, body.address, 2)[-1]
    assert "预警解除" in resolved["subject"]
    of_officer.open(page_in(mail, at_work.address).removeprefix(at_work.address))
    take(of_officer, "核查", "已核查")
    take(of_officer, "办结", "已办结")

    told = of_officer.page.locator(".timeline li strong").all_inner_texts()
    assert told == ["办结", "核查", "解除", "提交整改计划", "说明原因", "受理", "发出预警"]
    shown = of_officer.page.locator(".timeline").inner_text()
    for said in ("冷机故障", "更换冷机", planned_for, "准格尔监察员", "机房填报员"):
        assert said in shown
    assert standing(at_work, centre.unit) == ("resolved", "closed")
    assert of_officer.faults == []
    assert of_works.faults == []


def standing(at_work: AtWork, unit: str) -> tuple[str, str]:
    """State and status of the one alert of a unit, as the API says them."""
    [alert] = at_work.watched.ask("alerts", subject=f"unit:{unit}")["data"]
    return alert["state"], alert["status"]

"""What changes while one looks: a reading that moves a number, a correction that moves a month."""

import json
from datetime import datetime, time, timedelta

import pytest
from playwright.sync_api import Locator, expect

from services.api.access.role import Role
from services.core.calendar import SHANGHAI
from tests.console.at_work import AtWork
from tests.console.conftest import Seated
from tests.e2e.alerting import PER_DAY, Json
from tests.e2e.exceeding import YEAR_END
from tests.integration.connecting import connected, published
from tests.integration.let_in import let_in, url_of
from tests.integration.running import environment_of, running, wait_until

UXIN, HANGGIN = "150626", "150625"
EQUIVALENT = 0.321 / 1000
"""tce by equivalent value of a kWh that was bought."""
WAITS_MS = 60_000

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS"),
]


def value_of(number: Locator) -> float:
    """A number that is shown, as it is and not as it is rounded."""
    return float(number.get_attribute("data-value") or "nan")


def consumption(at_work: AtWork, enterprise: str, start: str, end: str) -> float:
    """What an enterprise consumed by equivalent values, tce, as the API says; not a number where nothing is booked."""
    span = {"start": start, "end": end, "bucket": "total"}
    rows: list[Json] = at_work.watched.ask("energy/balance", scope=f"enterprise:{enterprise}", **span)["data"]
    return float(rows[0]["equivalent"]["consumption_tce"] or "nan") if rows else float("nan")


def test_reading_that_comes_by_mqtt_moves_the_number_on_the_page(at_work: AtWork, seated: Seated) -> None:
    now = datetime.now(SHANGHAI)
    today = now.date()
    midnight = datetime.combine(today, time(), SHANGHAI)
    centre = at_work.watched.centre(
        UXIN, first_day=today, until=today + timedelta(days=2), name_zh="三号机房", name_en="Hall 3"
    )
    counter = {"code": f"{centre.unit}-C", "unit_code": centre.unit, "gateway_code": centre.gateway, "name_zh": "总表"}
    counter |= {"kind": "counter", "carrier": "electricity", "flow": "input", "unit_of_measure": "kWh"}
    at_work.watched.send("POST", "meters", counter)
    account = at_work.let_in("uxin.works", Role.ENTERPRISE, enterprise=centre.credit_code)
    let_in(at_work.stack.broker, [centre.gateway])

    screen = seated(account)
    screen.open("/targets")
    screen.page.get_by_role("button", name="实时").click()
    of_today = screen.page.locator(".live-facts dd").first
    screen.page.evaluate("() => { window.isTheSame = true; }")
    address = url_of(at_work.stack, centre.gateway)
    with (
        running("ingest", **environment_of(at_work.stack, at_work.database_url)),
        connected(address, centre.gateway) as gateway,
    ):

        def send_and_see(*readings: tuple[datetime, float]) -> None:
            told = [{"meter": counter["code"], "ts": at.isoformat(), "value": value} for at, value in readings]
            payload = json.dumps({"seq": len(readings), "readings": told})
            assert published(gateway, f"enermon/v1/{centre.gateway}/readings", payload) == 0
            tonnes = readings[-1][1] * EQUIVALENT
            wait_until("it is booked", lambda: of_this_day() == pytest.approx(tonnes))
            expect(of_today.locator(f"[data-value='{of_this_day()}']")).to_be_visible(timeout=WAITS_MS)

        def of_this_day() -> float:
            return consumption(at_work, centre.credit_code, today.isoformat(), (today + timedelta(days=1)).isoformat())

        send_and_see((midnight, 0.0), (now, 1000.0))
        send_and_see((now + timedelta(seconds=1), 5000.0))
    assert screen.page.evaluate("() => window.isTheSame")
    assert screen.faults == []


def test_correction_of_a_closed_month_moves_it_once_a_second_person_confirms(at_work: AtWork, seated: Seated) -> None:
    last = YEAR_END.date() - timedelta(days=1)
    first = last.replace(day=1)
    month, end = first.isoformat()[:7], YEAR_END.date().isoformat()
    centre = at_work.watched.centre(
        HANGGIN, first_day=first, until=YEAR_END.date(), name_zh="四号机房", name_en="Hall 4"
    )
    at_work.watched.measure(centre, first, days=last.day, pue=1.2)
    author, second = (
        at_work.let_in(name, Role.SUPERVISOR, area=HANGGIN, display_name=name) for name in ("hanggin.1", "hanggin.2")
    )
    month_of = (centre.credit_code, first.isoformat(), end)
    whole = last.day * 1.2 * PER_DAY * EQUIVALENT
    wait_until("the month is booked", lambda: consumption(at_work, *month_of) == pytest.approx(whole))

    by_author = seated(author)
    figure = by_author.page.locator("main .figures [data-value]").first
    by_author.open(f"/enterprise/{centre.credit_code}", p=month)
    assert value_of(figure) == consumption(at_work, *month_of)

    by_author.open("/quality", p=month, meter=centre.input_meter, day=first.isoformat())
    page = by_author.page
    page.get_by_role("button", name="更正", exact=True).click()
    form = page.get_by_role("dialog").locator("form")
    form.locator("[name=value]").fill("12880")
    form.locator("[name=reason]").fill("抄表时多读一位")
    form.get_by_role("button", name="保存").click()
    expect(page.get_by_role("dialog").get_by_role("status").filter(has_text="复核")).to_be_visible(timeout=WAITS_MS)
    assert consumption(at_work, *month_of) == pytest.approx(whole)

    by_second = seated(second)
    by_second.open("/registry/proposals")
    proposal = by_second.page.locator(".proposal").filter(has_text=centre.input_meter)
    proposal.get_by_role("button", name="同意并执行").click()
    expect(proposal).to_have_count(0, timeout=WAITS_MS)
    corrected = whole + 10_000 * EQUIVALENT
    wait_until("it is booked again", lambda: consumption(at_work, *month_of) == pytest.approx(corrected))
    by_author.open(f"/enterprise/{centre.credit_code}", p=month)
    assert value_of(figure) == consumption(at_work, *month_of)
    assert (by_author.faults, by_second.faults) == ([], [])

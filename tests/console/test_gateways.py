"""A gateway of another format, by clicks: its unknown points are mapped, and what was held of them is energy."""

import json
from datetime import datetime, time, timedelta

import psycopg
import pytest
from playwright.sync_api import expect

from services.api.access.role import Role
from services.core.calendar import SHANGHAI
from tests.console.at_work import AtWork
from tests.console.conftest import Opened, RunningConsole, Seated
from tests.e2e.alerting import Watched
from tests.e2e.exceeding import registered
from tests.integration.connecting import connected, published
from tests.integration.let_in import let_in, url_of
from tests.integration.running import environment_of, running, wait_until

JUNGAR = "150622"
WAITS_MS = 60_000
expect.set_options(timeout=WAITS_MS)

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS"),
]


def kepware(day: datetime) -> str:
    """A message of two points: energy of a day, and a voltage."""
    at_ms = int(day.timestamp() * 1000)
    values = [("Hall.E_in", 1234.5), ("Hall.E_racks", 1000.25), ("Hall.Ua", 230.1)]
    rows = [{"id": name, "v": value, "q": True, "t": at_ms} for name, value in values]
    return json.dumps({"timestamp": at_ms, "values": rows})


def unknown_points(watched: Watched, gateway: str) -> int:
    (listed,) = watched.ask("gateways", q=gateway)["data"]
    return int(listed["counters"]["unknown_points"])


def test_unknown_points_are_mapped_in_one_act_and_their_kept_readings_are_energy(
    at_work: AtWork, seated: Seated
) -> None:
    watched = at_work.watched
    centre = registered(watched, JUNGAR)
    gateway = centre.gateway
    watched.extend(centre, datetime.now(SHANGHAI).date() + timedelta(days=1))
    watched.send("PUT", f"gateways/{gateway}/profile", {"profile": "kepware"})
    day = datetime.combine(datetime.now(SHANGHAI).date() - timedelta(days=2), time(), SHANGHAI)
    let_in(at_work.stack.broker, [gateway])
    with (
        running("ingest", **environment_of(at_work.stack, at_work.database_url)),
        connected(url_of(at_work.stack, gateway), gateway) as client,
    ):
        assert published(client, f"x/{gateway}/iotgateway", kepware(day)) == 0
        wait_until("its points are known to be unknown", lambda: unknown_points(watched, gateway) == 3)
    keeper = at_work.let_in("points.keeper", Role.SUPERVISOR, area=JUNGAR, display_name="登记员")
    screen = seated(keeper)
    page = screen.page
    screen.open(f"/gateways/{gateway}")
    for text in ("kepware 1", "不能补传"):
        expect(page.locator("main")).to_contain_text(text)
    expect(page.get_by_role("row", name="Hall.E_in")).to_contain_text("1234.5")
    for name in ("Hall.E_in", "Hall.E_racks"):
        page.get_by_role("row", name=name).get_by_role("checkbox").check()
    page.get_by_role("button", name="映射所选").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Hall.E_in: 计量点").fill(centre.input_meter)
    dialog.get_by_label("Hall.E_racks: 计量点").fill("no-such-meter")
    screen.faults.clear()
    dialog.get_by_role("button", name="保存", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("Hall.E_racks")
    dialog.get_by_label("Hall.E_racks: 计量点").fill(centre.racks_meter)
    dialog.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("已设置 2 个测点，取回 2 个读数")
    page.get_by_role("button", name="按模式忽略").click()
    dialog.get_by_label("模式").fill("*.U?")
    dialog.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_role("row", name="*.U?")).to_contain_text("忽略")
    window = {"start": f"{day.date()}", "end": f"{day.date() + timedelta(days=1)}", "bucket": "total"}

    def energy() -> list[float]:
        data = watched.ask("energy", scope=f"meter:{centre.input_meter}", **window)["data"]
        return [row["quantity"] for row in data]

    wait_until("what was held is energy", lambda: energy() == [1234.5])
    page.get_by_role("link", name="解析模板").click()
    page.get_by_label("消息", exact=True).fill('{"timestamp": 1, "values": [{"id": "A", "v": 1, "q": false, "t": 1}]}')
    page.get_by_role("button", name="试算").click()
    expect(page.get_by_role("alert")).to_contain_text("not_good")
    page.get_by_role("button", name="在留存消息上比较").click()
    expect(page.get_by_role("status")).to_contain_text("比较 1 条消息：相同 1，不同 0")


def test_who_may_not_register_sees_no_buttons_and_a_gateway_without_points_says_so(
    opened: Opened, console: RunningConsole
) -> None:
    code = console.looked.gateway
    screen = opened("auditor")
    screen.open(f"/gateways/{code}")
    expect(screen.page.get_by_text("尚无测点")).to_be_visible()
    assert screen.page.get_by_role("button", name="由文件映射").count() == 0
    assert (screen.faults, screen.findings_of_axe(), screen.beyond()) == ([], [], [])
    screen.open(f"/gateways/{code}", l="en")
    expect(screen.page.get_by_text("No points yet")).to_be_visible()


def test_rejected_message_without_proof_says_whom_it_claims_to_be(at_work: AtWork, seated: Seated) -> None:
    with psycopg.connect(at_work.database_url) as database:
        database.execute(
            "INSERT INTO rejected_message (received_at, claimed, topic, payload, payload_bytes, code, detail)"
            " VALUES (now(), 'MN-CLAIMED-1', '10.0.0.9', '##', 2, 'not_admitted', 'wrong password')"
        )
    screen = seated(at_work.let_in("claims.keeper", Role.SUPERVISOR, area="150000", display_name="值班员"))
    screen.open("/quality?tab=rejected")
    expect(screen.page.locator("main")).to_contain_text("自称 MN-CLAIMED-1")

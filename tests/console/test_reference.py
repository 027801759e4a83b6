"""The reference of the API: read from this server alone, and tried as whoever is signed in."""

from urllib.parse import urlsplit

from playwright.sync_api import Page

from tests.console.conftest import Opened, RunningConsole


def show(page: Page, tag: str, operation: str) -> None:
    """Open an operation to be tried."""
    page.click(f"#operations-tag-{tag}")
    page.click(f"#operations-{tag}-{operation} .opblock-summary-control")


def test_reference_is_read_from_this_server_alone(opened: Opened, console: RunningConsole) -> None:
    screen = opened(None, stands=False)
    asked: list[str] = []
    screen.page.on("request", lambda request: asked.append(request.url))
    screen.page.goto(f"{console.address}/reference")
    screen.page.wait_for_selector(".opblock-tag")
    assert {urlsplit(url).netloc for url in asked if not url.startswith("data:")} == {urlsplit(console.address).netloc}
    assert screen.page.evaluate("() => violations") == []
    # That nobody is signed in is all that went wrong.
    assert [fault for fault in screen.faults if "401" not in fault] == []
    assert "尚未登录" in screen.page.inner_text("#who")


def test_operation_is_tried_as_who_is_signed_in(opened: Opened, console: RunningConsole) -> None:
    screen = opened("ordos", stands=False)
    page = screen.page
    page.goto(f"{console.address}/reference")
    show(page, "session", "who_am_i_api_v1_session_get")
    assert "鄂尔多斯监察员" in page.inner_text("#who")
    page.click(".opblock.is-open button.execute")
    page.wait_for_selector(".live-responses-table tbody .response-col_status")
    assert page.inner_text(".live-responses-table tbody .response-col_status").startswith("200")
    assert '"ordos"' in page.inner_text(".live-responses-table tbody")
    assert screen.faults == []


def test_a_write_says_that_it_comes_from_a_page_of_enermon(opened: Opened, console: RunningConsole) -> None:
    screen = opened("root", stands=False)
    page = screen.page
    page.goto(f"{console.address}/reference")
    show(page, "parks", "create_park_api_v1_parks_post")
    body = '{"code": "P-TRIED", "name_zh": "试用园区", "kind": "ordinary", "area_code": "150622"}'
    page.fill(".opblock.is-open textarea", body)
    page.click(".opblock.is-open button.execute")
    page.wait_for_selector(".live-responses-table tbody .response-col_status")
    assert page.inner_text(".live-responses-table tbody .response-col_status").startswith("201")
    assert console.client.get("/api/v1/parks/P-TRIED").json()["name_zh"] == "试用园区"
    console.client.delete("/api/v1/parks/P-TRIED")

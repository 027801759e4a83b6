"""Charts, heat maps and tiles: honest gaps, keys, a table of the same numbers, no more drawn than is seen."""

from typing import Any

import pytest
from playwright.sync_api import Page

from services.api.web_folder import web_folder
from tests.console.conftest import Opened
from tests.console.screen import Screen

DRAW = """
async ({ digest, part, name, given }) => {
  const from = (file) => import(`/web/${digest}/${file}`);
  const [{ html, render }, parts] = await Promise.all([from("vendor/preact.js"), from(part)]);
  window.told = [];
  const told = (...all) => window.told.push(all.map((each) => each.key ?? each.code ?? each));
  document.body.innerHTML = '<main><h1>h</h1><div id="drawn"></div></main>';
  const whole = { ...given, onPick: told, onOpen: told, onTurn: told };
  render(html`<${parts[name]} ...${whole} />`, document.querySelector("#drawn"));
}
"""
DAYS = [f"2026-11-{day:02}T00:00:00+08:00" for day in range(1, 6)]


def draw(screen: Screen, part: str, name: str, **given: Any) -> Page:
    """Draw a part in place of the view that is shown."""
    screen.open("/")
    screen.page.evaluate(
        DRAW, {"digest": web_folder().files().digest, "part": f"parts/{part}.js", "name": name, "given": given}
    )
    return screen.page


@pytest.fixture
def series(opened: Opened) -> Screen:
    """Five days of energy: one measured for half of it, one missing."""
    screen = opened()
    values = [52_000, 51_000, None, 49_000, 53_000]
    bars = {"name": "本期", "kind": "bar", "values": values, "coverage": [1, 1, None, 0.5, 0.985], "token": "accent"}
    limit = {"value": 60_000, "name": "上限"}
    given: dict[str, Any] = {"starts": DAYS, "unit": "tce", "series": [bars], "limits": [limit]}
    page = draw(screen, "series", "SeriesChart", caption="日用能", **given)
    page.wait_for_function("() => document.querySelector('#drawn svg path')")
    return screen


def test_chart_is_walked_by_keys_and_says_its_numbers(series: Screen) -> None:
    page = series.page
    page.focus(".chart-plot")
    page.keyboard.press("End")
    assert page.inner_text(".chart-tip strong") == "2026-11-05"
    assert page.get_attribute(".chart-tip [data-value]", "data-value") == "53000"
    assert "5.30 万吨标准煤" in page.inner_text(".chart-tip")
    assert "98.5 %" in page.inner_text(".chart-tip")
    page.keyboard.press("ArrowLeft")
    assert "50.0 %" in page.inner_text(".chart-tip")
    page.keyboard.press("ArrowLeft")
    assert "缺数" in page.inner_text(".chart-tip")
    page.keyboard.press("Enter")
    assert page.evaluate("() => told") == [[2]]
    page.keyboard.press("Escape")
    assert page.query_selector(".chart-tip") is None
    assert series.faults == []


def test_chart_has_its_numbers_as_a_table(series: Screen) -> None:
    page = series.page
    page.click(".chart-toggle")
    rows = page.eval_on_selector_all("#drawn tbody tr", "(all) => all.map((each) => each.innerText.split(/\\s+/)[1])")
    assert rows == ["5.20", "5.10", "缺数", "4.90", "5.30"]
    assert "万吨标准煤" in page.inner_text("#drawn thead")
    page.click(".chart-toggle")
    page.wait_for_function("() => document.querySelector('#drawn svg path')")


def test_chart_names_its_gaps_and_its_limit(series: Screen) -> None:
    page = series.page
    assert "完整率低于 90 %" in page.inner_text("#drawn .legend")
    assert "缺数" in page.inner_text("#drawn .legend")
    assert "上限" in page.inner_text("#drawn .chart-box")
    assert page.eval_on_selector_all("#drawn pattern", "(all) => all.length") >= 1
    assert series.findings_of_axe() == []
    assert series.page.evaluate("() => violations") == []


def test_flows_name_what_passes_through(opened: Opened) -> None:
    named = {"c": "焦炭", "u": "高炉", "o": "消费"}
    nodes = [{"id": code, "name": name, "token": "series-coal"} for code, name in named.items()]
    links = [{"from": "c", "to": "u", "value": 89_500}, {"from": "u", "to": "o", "value": 89_500}]
    page = draw(opened(), "sankey", "Sankey", caption="流向", nodes=nodes, links=links, unit="tce")
    page.wait_for_function("() => document.querySelector('#drawn svg path')")
    assert "高炉 8.95" in page.inner_text("#drawn .chart-box")
    page.click(".chart-toggle")
    assert page.eval_on_selector_all("#drawn tbody [data-value]", "(all) => all.map((each) => each.dataset.value)") == [
        "89500",
        "89500",
    ]


def test_heat_map_draws_what_is_looked_at_and_is_walked_by_keys(opened: Opened) -> None:
    columns = [{"key": str(day), "title": str(day), "name": f"11-{day:02}"} for day in range(1, 32)]
    cells = {column["key"]: {"step": 4, "text": "100 %", "sign": None} for column in columns}
    rows = [{"key": f"M-{n}", "name": f"计量点{n}", "depth": 0, "open": None, "cells": cells} for n in range(462)]
    legend = ["<50 %", "50–80 %", "80–95 %", "95–99.9 %", "100 %"]
    screen = opened()
    page = draw(screen, "heatmap", "HeatMap", caption="完整率", columns=columns, rows=rows, legend=legend)
    assert page.get_attribute("#drawn table", "aria-rowcount") == "463"
    assert page.eval_on_selector_all("#drawn td.heat", "(all) => all.length") < 2000
    page.focus("#drawn td[tabindex='0']")
    for key in ("PageDown", "PageDown", "ArrowRight", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    assert page.evaluate("() => document.activeElement.getAttribute('aria-label')") == "计量点47 11-02: 100 %"
    assert page.evaluate("() => told") == [["M-47", "2"]]
    page.keyboard.press("Control+End")
    assert page.evaluate("() => document.activeElement.getAttribute('aria-label')") == "计量点461 11-31: 100 %"
    assert screen.findings_of_axe() == []


def test_leagues_stand_as_tiles_and_on_a_narrow_screen_from_most_to_least(opened: Opened) -> None:
    items = [
        {"code": "150600", "name": "鄂尔多斯市", "value": 58_000, "coverage": 1, "light": "I"},
        {"code": "150100", "name": "呼和浩特市", "value": 90_000, "coverage": 0.7},
        {"code": "150700", "name": "呼伦贝尔市", "value": None},
    ]
    screen = opened()
    page = draw(screen, "tiles", "Tiles", caption="用能", items=items)
    classes = page.eval_on_selector_all("#drawn .tile", "(all) => all.map((each) => each.className)")
    assert classes == ["tile fill-missing", "tile fill-4", "tile fill-low"]
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_selector("#drawn .tile-list")
    names = page.eval_on_selector_all("#drawn .tile-name", "(all) => all.map((each) => each.innerText)")
    assert [name.split()[0] for name in names] == ["呼和浩特市", "鄂尔多斯市", "呼伦贝尔市"]
    assert screen.beyond() == []

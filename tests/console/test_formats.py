"""How the console writes numbers and periods, tried in a browser over many of them at once."""

import json
import math
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page

WEB = Path(__file__).parents[2] / "services/api/web"
EACH = 200

numbers = st.floats(min_value=-1e14, max_value=1e14, allow_nan=False, allow_infinity=False)


class _Files(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """A page that may import the console's modules."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=str(WEB)))
    Thread(target=server.serve_forever, daemon=True).start()
    opened = browser.new_page(timezone_id="America/Los_Angeles")
    opened.goto(f"http://127.0.0.1:{server.server_port}/style/icon.svg")
    yield opened
    opened.close()
    server.shutdown()


def _each(page: Page, module: str, of_one: str, given_all: list[Any]) -> list[Any]:
    """What the function `of_one`, which sees the module as `m`, gives of each."""
    script = f"async (all) => {{ const m = await import('/lib/{module}.js'); return all.map({of_one}); }}"
    found: list[Any] = page.evaluate(script, given_all)
    return found


def _read(text: str) -> float:
    return float(text.replace("−", "-").replace(",", ""))


def _shown(page: Page, cases: list[dict[str, Any]]) -> list[str]:
    return _each(page, "format", "({ value, ...rest }) => m.shown(value, rest)", cases)


@settings(max_examples=10, deadline=None)
@given(values=st.lists(numbers, min_size=EACH, max_size=EACH))
def test_what_is_written_is_the_number_to_its_last_decimal(page: Page, values: list[float]) -> None:
    for value, text in zip(values, _shown(page, [{"value": value} for value in values]), strict=True):
        if "<" in text or ">" in text:
            assert 0 < abs(value) < 0.005
            continue
        decimals = len(text.partition(".")[2])
        assert abs(_read(text) - value) <= 0.5 * 10**-decimals + 1e-9 * abs(value)
        assert decimals == (0 if abs(value) >= 999.95 else 1 if abs(value) >= 99.995 else 2)


@settings(max_examples=10, deadline=None)
@given(
    limits=st.lists(st.sampled_from([1.3, 0.0, 361.0, 1850.0, 55.0, 13.5]), min_size=EACH, max_size=EACH),
    steps=st.lists(st.floats(min_value=-1e-3, max_value=1e-3), min_size=EACH, max_size=EACH),
)
def test_rounding_never_hides_a_verdict(page: Page, limits: list[float], steps: list[float]) -> None:
    cases = [{"value": limit + step, "limit": limit, "digits": 2} for limit, step in zip(limits, steps, strict=True)]
    written = _shown(page, [{"value": limit, "digits": 2} for limit in limits])
    for case, text, bound in zip(cases, _shown(page, cases), written, strict=True):
        if case["value"] == case["limit"]:
            assert text == bound
        else:
            assert text != bound
            seen = text.lstrip("<>")
            if seen == text:
                assert (_read(seen) > case["limit"]) == (case["value"] > case["limit"])


@settings(max_examples=10, deadline=None)
@given(
    values=st.lists(st.floats(min_value=-1e13, max_value=1e13), min_size=1, max_size=20),
    unit=st.sampled_from(["tce", "kWh", "t", "GJ", "m3", "tCO2", "CNY", "kgce/t"]),
    language=st.sampled_from(["zh", "en"]),
)
def test_numbers_of_a_column_have_one_scale_and_as_many_decimals(
    page: Page, values: list[float], unit: str, language: str
) -> None:
    (scale,) = _each(page, "format", f"(all) => m.scaleOf(all, {json.dumps(unit)}, {json.dumps(language)})", [values])
    most = max(map(abs, values))
    assert scale["divisor"] == 1 or most >= scale["divisor"]
    if unit != "kgce/t" and language == "zh":
        assert scale["divisor"] == (1e8 if most >= 1e8 else 1e4 if most >= 1e4 else 1)
    texts = _shown(page, [{"value": value, "scale": scale, "digits": scale["digits"]} for value in values])
    assert {len(text.partition(".")[2]) for text in texts if "<" not in text and ">" not in text} <= {scale["digits"]}
    for value, text in zip(values, texts, strict=True):
        assert (text.strip("0.,−") == "") == (value == 0)


@pytest.mark.parametrize(
    ("kgce", "zh", "en"),
    [
        (512.0, "512.0 kgce", "512.0 kgce"),
        (27_098_185.0, "2.71 万吨标准煤", "27.10 ktce"),
        (4.2e11, "4.20 亿吨标准煤", "420.0 Mtce"),
    ],
)
def test_kilogrammes_of_standard_coal_are_written_as_tonnes_where_they_are_many(
    page: Page, kgce: float, zh: str, en: str
) -> None:
    of_one = "(lang) => { const s = m.scaleOf([%r], 'kgce', lang); return `${m.shown(%r, { scale: s })} ${s.name}`; }"
    assert _each(page, "format", of_one % (kgce, kgce), ["zh", "en"]) == [zh, en]


@settings(max_examples=10, deadline=None)
@given(shares=st.lists(st.floats(min_value=0, max_value=1), min_size=EACH, max_size=EACH))
def test_coverage_is_cut_and_never_reads_whole_nor_nothing_where_it_is_not(page: Page, shares: list[float]) -> None:
    for share, text in zip(shares, _each(page, "format", "(each) => m.shareCut(each)", shares), strict=True):
        assert (text == "100.0 %") == (share == 1 or math.isclose(share, 1, abs_tol=1e-9))
        assert (text == "0.0 %") == (share == 0)
        if "<" not in text:
            assert float(text.removesuffix(" %")) <= share * 100 + 1e-6


KEYS = [
    "2026",
    "2026-Q1",
    "2026-Q4",
    "2026-02",
    "2026-12",
    "2026-11-30",
    "w2026-01-01",
    "12m2026-10",
    "2026-01-31..2026-03-01",
]


def test_a_period_and_the_one_after_it_meet(page: Page) -> None:
    there_and_back = (
        "(key) => { const p = m.periodOf(key), q = m.periodOf(m.stepped(p, 1)); return [p, q, m.stepped(q, -1)]; }"
    )
    for key, (period, following, back) in zip(KEYS, _each(page, "time", there_and_back, KEYS), strict=True):
        # Twelve months go on by a month.
        assert following["start"] == ("2025-12-01" if key.startswith("12m") else period["end"])
        assert period["kind"] == following["kind"]
        if key.startswith("w"):
            assert (key, back) == ("w2026-01-01", "w2025-12-29")
        else:
            assert back == key


def test_what_is_no_period_is_none(page: Page) -> None:
    wrong = ["", "x", "2026-13", "2026-02-30", "2026-Q5", "12m2026-13", "2026-11-15..2026-11-01", "w2026-02-30"]
    assert _each(page, "time", "(key) => m.periodOf(key)", wrong) == [None] * len(wrong)


def test_days_are_those_of_shanghai_in_a_browser_of_california(page: Page) -> None:
    of_one = "(instant) => [m.toDay(Date.parse(instant)), m.timeText(instant), m.dayText(instant)]"
    (found, before) = _each(page, "time", of_one, ["2026-11-30T16:00:00Z", "2026-11-30T23:59:59+08:00"])
    assert found == ["2026-12-01", "2026-12-01 00:00", "2026-12-01"]
    assert before == ["2026-11-30", "2026-11-30 23:59", "2026-11-30"]
    assert _each(page, "time", "(now) => m.lastMonth(Date.parse(now))", ["2026-12-31T16:30:00Z"]) == ["2026-12"]


hundredths = st.integers(-(10**8), 10**8).map(lambda each: each / 100)


@settings(max_examples=20, deadline=None)
@given(spans=st.lists(st.tuples(hundredths, hundredths, hundredths), min_size=1, max_size=50))
def test_an_axis_leaves_room_beyond_what_is_drawn_and_beyond_every_limit(
    page: Any, spans: list[tuple[float, float, float]]
) -> None:
    cases = [{"found": {"min": min(a, b), "max": max(a, b)}, "limits": [limit]} for a, b, limit in spans]
    of_one = "({ found, limits }) => [false, true].map((zero) => m.axisBounds(found, limits, zero))"
    for (a, b, limit), (anywhere, from_zero) in zip(spans, _each(page, "format", of_one, cases), strict=True):
        low, high = min(a, b, limit), max(a, b, limit)
        assert anywhere["least"] < low
        assert high < anywhere["most"]
        assert from_zero["least"] == 0 if low >= 0 else from_zero["least"] < low
        assert from_zero["most"] == 0 if high <= 0 else from_zero["most"] > high


def test_the_bounds_of_an_axis_are_round(page: Any) -> None:
    spans = [(1.18, 1.36, 1.5), (0, 21.9, 18), (95, 99.5, 90)]
    cases = [[{"min": low, "max": high}, [limit]] for low, high, limit in spans]
    found = _each(page, "format", "([span, limits]) => m.axisBounds(span, limits, false)", cases)
    assert [(each["least"], each["most"]) for each in found] == [(1.1, 1.6), (-5, 25), (88, 100)]

"""Every view, in both languages, both themes and both widths: whole, readable, and with the numbers of the API."""

import math
from collections.abc import Mapping

import pytest

from services.api.web_folder import web_folder
from tests.console.addresses import address_of, declared
from tests.console.conftest import Opened, RunningConsole
from tests.console.region import Looked
from tests.console.screen import NARROW, Screen

MOST_CALLS = 4
MOST_BYTES = 350_000
EACH_VIEW = pytest.mark.parametrize("view", sorted(declared()))
LOOKS = pytest.mark.parametrize(("language", "theme"), [("zh", "light"), ("en", "dark")])


def given_to(view: str, looked: Looked) -> Mapping[str, str]:
    """What stands in the address of a view on the small region."""
    given: Mapping[str, Mapping[str, str]] = {
        "area": {"code": "150622"},
        "park": {"code": looked.park},
        "enterprise": {"code": looked.enterprise},
        "gateway": {"code": looked.gateway},
        "alert": {"id": str(looked.alerts["overdue"])},
        "bulletin": {"code": "150600", "month": "2026-10"},
    }
    return given.get(view, {})


def is_among(value: float, known: set[float]) -> bool:
    """Whether a number is one of these, or one of them in per cent or as a share."""
    return any(
        math.isclose(value, each * factor, rel_tol=1e-9, abs_tol=1e-12) for each in known for factor in (1, 100, 0.01)
    )


def look(screen: Screen, view: str, console: RunningConsole, language: str) -> None:
    """Open a view on the last whole month."""
    screen.open(address_of(declared()[view], given_to(view, console.looked)), p="2026-10", l=language)


@EACH_VIEW
@LOOKS
def test_view_is_whole_and_readable_by_everyone(
    opened: Opened, console: RunningConsole, view: str, language: str, theme: str
) -> None:
    screen = opened(theme=theme)
    look(screen, view, console, language)
    assert screen.faults == []
    assert screen.beyond() == []
    assert screen.findings_of_axe() == []
    screen.sees(*NARROW)
    assert screen.beyond() == []
    assert screen.findings_of_axe() == []
    assert screen.faults == []


@EACH_VIEW
def test_view_asks_little_and_shows_what_it_was_answered(opened: Opened, console: RunningConsole, view: str) -> None:
    screen = opened()
    look(screen, view, console, "zh")
    assert len(screen.calls) <= MOST_CALLS, screen.calls
    # What the page itself fetches ahead is what its scripts ask for.
    ahead = ("/api/v1/session", "/api/v1/words", "/api/v1/areas")
    assert {path: screen.asked.count(path) for path in ahead if screen.asked.count(path) > 1} == {}
    known = screen.answered() | screen.rows_of_tables()
    assert [value for value in screen.numbers() if not is_among(value, known)] == []


@EACH_VIEW
def test_view_in_english_has_no_chinese_words_of_its_own(opened: Opened, console: RunningConsole, view: str) -> None:
    screen = opened()
    look(screen, view, console, "en")
    labels = screen.page.eval_on_selector_all(
        "main h1, main h2, main thead th, main label", "(all) => all.map((each) => each.innerText)"
    )
    assert [label for label in labels if any("一" <= sign <= "鿿" for sign in label)] == []


def test_today_weighs_little(opened: Opened, console: RunningConsole) -> None:
    screen = opened()
    look(screen, "today", console, "zh")
    files = web_folder().files()
    names = {path.partition(f"/web/{files.digest}/")[2] for path in screen.asked if "/web/" in path}
    sent = {name: file for name in names if (file := files.file(name)) is not None}
    assert "app.js" in sent
    assert sum(min(len(file.zipped), len(file.content)) for file in sent.values()) <= MOST_BYTES

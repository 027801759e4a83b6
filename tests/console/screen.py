"""A browser that looks at the console: what it shows, what it asked for, and what went wrong on the way."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Response, sync_playwright

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
WIDE, NARROW = (1366, 768), (390, 844)
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--force-color-profile=srgb"]
_OF_THE_FRAME = ("/api/v1/session", "/api/v1/words", "/api/v1/areas?limit=1000", "/api/v1/live", "/api/v1/map")
"""What is asked once a page is opened, whichever view it shows."""
_SETTLED_MS = 120_000
"""Long enough on a machine that is busy with other tests."""
_WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  violations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""
_AXE_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"], "resultTypes": ["violations"]}


def chromium_installed() -> str | None:
    """The program of Debian's chromium, or of another that is there."""
    return next(
        (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
    )


@contextmanager
def chromium(program: str) -> Iterator[Browser]:
    """A browser without windows."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


class Screen:
    """A page of a browser, and all that it met."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        self.faults: list[str] = []
        """Errors of the console, of scripts and of requests, and what the policy of the page has forbidden."""
        self._answers: list[Response] = []
        page.set_default_timeout(_SETTLED_MS)
        page.add_init_script(_WATCH)
        page.on("console", self._note_message)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("response", self._note_answer)

    def _note_message(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.faults.append(f"{message.text} {message.location['url']}".rstrip())

    def _note_answer(self, answer: Response) -> None:
        self._answers.append(answer)

    def open(self, path: str, **query: str) -> None:
        """Go to an address of the console, and wait until all is there."""
        text = ("&" if "?" in path else "?") + urlencode(query) if query else ""
        self.page.goto(self.address + path + text, wait_until="commit")
        # What the page before has still been told is not of this one.
        self.faults.clear()
        self._answers = [answer for answer in self._answers if answer.request.is_navigation_request()][-1:]
        self.settle()

    def settle(self) -> None:
        """Wait until nothing is read any more, and nothing drawn."""
        # By a function of the page: what Playwright waits for by selectors, an old browser cannot tell.
        self.page.wait_for_function(
            "() => !document.querySelector('.skeleton, [aria-busy=true]')"
            " && document.querySelector('main') && document.querySelector('main').innerText.trim() !== ''"
        )
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        self.faults += self.page.evaluate("() => violations.splice(0)")

    @property
    def calls(self) -> list[str]:
        """What the view asked of the API, without what every page asks."""
        asked = (urlsplit(answer.url) for answer in self._answers)
        paths = [f"{each.path}?{each.query}".rstrip("?") for each in asked if each.path.startswith("/api/v1/")]
        return [path for path in paths if not path.startswith(_OF_THE_FRAME)]

    @property
    def asked(self) -> list[str]:
        """The path of everything that was asked for."""
        return [urlsplit(answer.url).path for answer in self._answers]

    def answered(self) -> set[float]:
        """Every number in the answers of the API, and how long each of their lists is."""
        found: set[float] = set()
        for answer in self._answers:
            if "/api/v1/" in answer.url and "json" in answer.headers.get("content-type", ""):
                found.update(_numbers(json.loads(answer.body() or b"null")))
        return found

    def rows_of_tables(self) -> set[float]:
        """How many rows each table has: that may be said beside it."""
        found = self.page.eval_on_selector_all("main table", "(all) => all.map((each) => each.tBodies[0].rows.length)")
        return {float(rows) for rows in found}

    def numbers(self) -> list[float]:
        """The numbers that are shown, as they are and not as they are rounded."""
        texts = self.page.eval_on_selector_all(
            "[data-value]", "(all) => all.filter((each) => each.dataset.value !== '').map((each) => each.dataset.value)"
        )
        return [float(text) for text in texts]

    def text(self) -> str:
        """What the page says."""
        return self.page.inner_text("body")

    def beyond(self) -> list[str]:
        """What is wider than the page, where the page has to be moved sideways to be read."""
        found: list[str] = self.page.evaluate(
            """() => document.documentElement.scrollWidth <= innerWidth
                ? []
                : [...document.querySelectorAll("main *, header *")]
                .filter((each) => each.getBoundingClientRect().right > innerWidth + 1).slice(0, 5)
                .map((each) => `${each.tagName} ${each.className} ${Math.round(each.getBoundingClientRect().right)}`)"""
        )
        return found

    def sees(self, width: int, height: int) -> None:
        """Have a window of another size."""
        self.page.set_viewport_size({"width": width, "height": height})
        self.settle()

    def findings_of_axe(self) -> list[str]:
        """What axe finds against WCAG 2.1 AA and its own good practice: rule, what it asks, where."""
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.evaluate(AXE.read_text("utf-8"))
        found = self.page.evaluate("(rules) => axe.run(document, rules)", _AXE_RULES)
        told = []
        for each in found["violations"]:
            places = [" ".join(map(str, node["target"])) for node in each["nodes"][:3]]
            told.append(f"{each['id']}: {each['help']}: {', '.join(places)}")
        return told


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, int | float):
        yield float(value)
    elif isinstance(value, str):
        if re.fullmatch(r"-?\d+(\.\d+)?", value):
            yield float(value)
    elif isinstance(value, list):
        yield float(len(value))
        for each in value:
            yield from _numbers(each)
    else:
        for each in value.values():
            yield from _numbers(each)

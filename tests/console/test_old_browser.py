"""Every view in the oldest browser that is served, Chromium 92 of npm. ENERMON_TEST_OLD_BROWSER=1 asks for it."""

import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.console.addresses import address_of, declared
from tests.console.conftest import Looks, RunningConsole, SignedIn, opening
from tests.console.screen import ARGUMENTS
from tests.console.test_views import given_to

PACKAGE = "@sparticuz/chromium@92.0.0"
_UNPACK = """
const fs = require("fs"), zlib = require("zlib");
fs.writeFileSync("chromium", zlib.brotliDecompressSync(fs.readFileSync("package/bin/chromium.br")), { mode: 0o755 });
"""

pytestmark = pytest.mark.skipif(
    not os.environ.get("ENERMON_TEST_OLD_BROWSER") or shutil.which("npm") is None,
    reason="needs node, npm and its registry; ENERMON_TEST_OLD_BROWSER=1 asks for it",
)


@pytest.fixture(scope="module")
def old_browser(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium 92."""
    folder = tmp_path_factory.mktemp("old")
    for command in (["npm", "pack", PACKAGE], ["tar", "xzf", "sparticuz-chromium-92.0.0.tgz"], ["node", "-e", _UNPACK]):
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    # A single process: the package is cut down to what runs without the others.
    arguments = [*ARGUMENTS, "--single-process", "--no-zygote"]
    running = browser.browser_type.launch(executable_path=folder / "chromium", args=arguments)
    assert running.version.startswith("92.")
    yield running
    running.close()


def test_views_are_whole_in_the_oldest_browser(
    old_browser: Browser, console: RunningConsole, signed_in: SignedIn
) -> None:
    with opening(old_browser, console.address, Looks(state=signed_in("region"))) as screen:
        for view, path in sorted(declared().items()):
            screen.open(address_of(path, given_to(view, console.looked)), p="2026-10", l="zh")
            assert screen.faults == [], view
            assert screen.beyond() == [], view
            # Without its colours a page is black on white: light-dark() is not known there.
            assert screen.page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--card')"), view

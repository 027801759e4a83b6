"""Pictures of every view, in both languages, both themes and both widths: `make screenshots`.

make screenshots                                       of what `make up` runs here, as the region's supervisor
make screenshots ARGS="--address URL --key FILE"       of another, with the key of an account
make screenshots ARGS="--views today,alert --out DIR"  of some views, elsewhere
"""

import argparse
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser

from tests.console.addresses import address_of, declared
from tests.console.screen import NARROW, WIDE, Screen, chromium, chromium_installed
from tests.signed_in import bearer

ROOT = Path(__file__).parents[2]
HOME = Path(os.environ.get("ENERMON_HOME", ROOT / ".enermon"))
LANGUAGES, THEMES, SIZES = ("zh", "en"), ("light", "dark"), (WIDE, NARROW)


def subjects(api: httpx.Client) -> Mapping[str, Mapping[str, str]]:
    """What is shown by the views that show one of many: the first of each that there is."""

    def first(path: str, **query: Any) -> dict[str, Any]:
        found: list[dict[str, Any]] = api.get(f"/api/v1/{path}", params=query | {"limit": 1}).json()["data"]
        return found[0] if found else {}

    unit = first("efficiency-list").get("unit")
    enterprise = api.get(f"/api/v1/units/{unit}").json().get("credit_code") if unit else None
    return {
        "area": {"code": "150600"},
        "park": {"code": first("parks").get("code", "")},
        "enterprise": {"code": enterprise or first("enterprises").get("credit_code", "")},
        "alert": {"id": str(first("alerts").get("alert_id", "0"))},
        "bulletin": {"code": "150600", "month": "2026-10"},
    }


def pictures(browser: Browser, address: str, key: str, paths: Mapping[str, str]) -> Iterator[tuple[str, Screen]]:
    """Each view as each looks, with the name of its picture."""
    for theme in THEMES:
        for width, height in SIZES:
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme="dark" if theme == "dark" else "light",
                extra_http_headers=bearer(key),
                reduced_motion="reduce",
            )
            screen = Screen(context.new_page(), address)
            for name, path in paths.items():
                for language in LANGUAGES:
                    screen.open(path, l=language)
                    yield f"{name}-{language}-{theme}-{width}", screen
            context.close()


def main() -> None:
    """Write the pictures, and say of each what went wrong on its page."""
    parser = argparse.ArgumentParser(description="Pictures of the console")
    parser.add_argument("--address", default="http://127.0.0.1:8000")
    parser.add_argument("--key", type=Path, default=HOME / "secrets" / "region.key", help="file with an account's key")
    parser.add_argument("--views", default="", help="names with commas between; all where none is given")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "screenshots")
    asked = parser.parse_args()
    program = chromium_installed()
    if program is None:
        raise SystemExit("no chromium is installed: apt install chromium, or deploy/bootstrap.py --dev")
    key = asked.key.read_text("utf-8").strip()
    with httpx.Client(base_url=asked.address, headers=bearer(key), timeout=60) as api:
        given = subjects(api)
    wanted = asked.views.split(",") if asked.views else sorted(declared())
    paths = {name: address_of(declared()[name], given.get(name, {})) for name in wanted}
    asked.out.mkdir(parents=True, exist_ok=True)
    with chromium(program) as browser:
        for name, screen in pictures(browser, asked.address, key, paths):
            screen.page.screenshot(path=asked.out / f"{name}.png", full_page=True)
            print(name, *screen.faults, *screen.beyond(), sep="\n    ", flush=True)


if __name__ == "__main__":
    main()

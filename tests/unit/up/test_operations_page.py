"""docs/operations.md names every error of `enermon up` and every variable it reads."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SOURCE = "\n".join(path.read_text() for path in sorted((ROOT / "services" / "up").glob("*.py")))
PAGE = (ROOT / "docs" / "operations.md").read_text()


def test_page_names_every_error_code() -> None:
    codes = set(re.findall(r"StartError\(\s*\"([a-z_]+)\"", SOURCE))
    assert len(codes) > 10
    assert sorted(code for code in codes if f"`{code}`" not in PAGE) == []


def test_page_names_every_variable() -> None:
    read = set(re.findall(r"ENERMON_[A-Z0-9_]+", SOURCE))
    assert sorted(name for name in read if f"`{name}`" not in PAGE) == []

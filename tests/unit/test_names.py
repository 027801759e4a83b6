"""A class name says what is meant wherever it stands: none has two owners, but for those that are named here."""

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]

SHARED = {
    "ScopeKind": "a sum can be asked of a meter, an indicator cannot",
}
"""Names with two owners, and why."""


def _owners() -> dict[str, list[str]]:
    owners: dict[str, list[str]] = defaultdict(list)
    for file in sorted((ROOT / "services").rglob("*.py")):
        for node in ast.parse(file.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef):
                owners[node.name].append(file.relative_to(ROOT).as_posix())
    return owners


def test_no_class_name_has_two_owners_without_a_reason() -> None:
    doubled = {name: files for name, files in _owners().items() if len(files) > 1}
    assert {name: files for name, files in doubled.items() if name not in SHARED} == {}
    assert set(SHARED) <= set(doubled), "a name that is given here has one owner by now: take it out"

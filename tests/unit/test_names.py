"""The name of a class or of a list of words says what is meant wherever it stands: none has two owners.

A list of words is a `Literal` with a name. The exceptions are named here.
"""

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]

SHARED = {
    "ScopeKind": "a sum can be asked of a meter, an indicator cannot",
}
"""Names with two owners, and why."""


def _named(node: ast.stmt) -> str | None:
    """The name of the class, or of the list of words, that a statement makes."""
    if isinstance(node, ast.ClassDef):
        return node.name
    if isinstance(node, ast.Assign) and ast.unparse(node.value).startswith("Literal["):
        return ast.unparse(node.targets[0])
    return None


def _owners() -> dict[str, list[str]]:
    owners: dict[str, list[str]] = defaultdict(list)
    for file in sorted((ROOT / "services").rglob("*.py")):
        for node in ast.parse(file.read_text("utf-8")).body:
            if (name := _named(node)) is not None:
                owners[name].append(file.relative_to(ROOT).as_posix())
    return owners


def test_no_name_has_two_owners_without_a_reason() -> None:
    doubled = {name: files for name, files in _owners().items() if len(files) > 1}
    assert {name: files for name, files in doubled.items() if name not in SHARED} == {}
    assert set(SHARED) <= set(doubled), "a name that is given here has one owner by now: take it out"

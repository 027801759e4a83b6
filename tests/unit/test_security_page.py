"""docs/security.md: every line of OWASP's list has its tests, and each test that it names is there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))
OWASP_2023 = {
    "API1": "Broken object level authorization",
    "API2": "Broken authentication",
    "API3": "Broken object property level authorization",
    "API4": "Unrestricted resource consumption",
    "API5": "Broken function level authorization",
    "API6": "Unrestricted access to sensitive business flows",
    "API7": "Server side request forgery",
    "API8": "Security misconfiguration",
    "API9": "Improper inventory management",
    "API10": "Unsafe consumption of APIs",
}


@cache
def names_in(path: str) -> set[str]:
    """The names of the tests in a file."""
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("number", OWASP_2023)
def test_each_line_of_the_list_says_the_risk_what_holds_it_and_its_tests(number: str) -> None:
    heading = f"### {number}:2023 {OWASP_2023[number]}\n"
    assert PAGE.count(heading) == 1
    section = re.split(r"^##", PAGE.partition(heading)[2], maxsplit=1, flags=re.MULTILINE)[0]
    assert "*Here*: " in section
    assert "*Held*: " in section
    assert re.search(r"^- `tests/", section, re.MULTILINE)


@pytest.mark.parametrize(("path", "name"), NAMED, ids=[name for _, name in NAMED])
def test_each_test_that_is_named_is_there(path: str, name: str) -> None:
    assert name in names_in(path)


def test_no_test_is_named_in_another_way() -> None:
    assert len(NAMED) > 50
    assert PAGE.count("`tests/") == len(re.findall(r"`tests/[\w/]+\.py::test_\w+`", PAGE))


def test_each_attack_has_its_test() -> None:
    table = PAGE.partition("## What was attacked\n")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ") and not line.startswith("| |")][1:]
    assert len(rows) > 10
    assert [row for row in rows if not re.search(r"`tests/[\w/]+\.py::test_\w+` \|$", row)] == []

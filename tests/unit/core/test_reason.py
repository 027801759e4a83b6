"""The catalogue of reasons has all that are given and no others, each in both languages."""

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from pydantic_core.core_schema import ErrorType

from services.core.reason import REASONS, About, InBoth, reason_text

SERVICES = Path(__file__).parents[3] / "services"
TREES = [ast.parse(file.read_text("utf-8")) for file in sorted(SERVICES.rglob("*.py"))]
NODES = [node for tree in TREES for node in ast.walk(tree)]
ALL = [(about, code) for about in About for code in REASONS[about]]
BY_PYDANTIC = frozenset(get_args(ErrorType))
OF_VERDICTS = {**REASONS[About.VERDICT], **REASONS[About.PROGRESS]}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def literal(node: ast.AST) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def calls(name: str, argument: int) -> Iterator[str]:
    """What is given as text in this place of every call of `name`."""
    for node in NODES:
        if isinstance(node, ast.Call) and ast.unparse(node.func) == name and len(node.args) > argument:
            text = literal(node.args[argument])
            if text is not None:
                yield text


def pairs_in(node: ast.expr) -> Iterator[str]:
    """The codes of the pairs of code and what it is of, written out in an expression."""
    for each in ast.walk(node):
        if isinstance(each, ast.Tuple) and len(each.elts) == 2:
            yield from codes_in(each.elts[0])


def codes_in(node: ast.expr) -> Iterator[str]:
    for each in ast.walk(node):
        code = literal(each)
        if code is not None and re.fullmatch("[a-z]+(_[a-z]+)*", code):
            yield code


def given() -> Iterator[str]:
    """The codes that reasons of verdicts are written out with."""
    for node in NODES:
        if isinstance(node, ast.keyword) and node.arg in ("reasons", "lacking"):
            yield from pairs_in(node.value)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "reasons":
            yield from pairs_in(node.value)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("reasons.append", "Judgement"):
            for argument in node.args:
                yield from pairs_in(argument)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("Finding.ok", "Finding.breach", "Finding.cannot"):
            yield from codes_in(node.args[0])


@pytest.mark.parametrize(("about", "code"), ALL)
def test_a_reason_mentions_the_same_in_both_languages(about: About, code: str) -> None:
    english, chinese = REASONS[about][code]
    assert placeholders(chinese) <= {"noun_zh" if name == "noun" else name for name in placeholders(english)}
    mentions = dict.fromkeys(placeholders(english) | placeholders(chinese), InBoth("x", "某"))
    said = reason_text(about, code, **mentions)
    assert said.en.isascii()
    assert said.zh
    assert "{" not in said.en + said.zh


@pytest.mark.parametrize("about", [About.VERDICT, About.SUM, About.PROGRESS, About.ENDED])
def test_a_reason_is_in_english_and_in_chinese(about: About) -> None:
    assert not [code for code, text in REASONS[about].items() if not text.en.isascii() or text.zh.isascii()]


def test_every_reason_that_is_given_stands_in_the_catalogue() -> None:
    assert sorted(set(given()) - OF_VERDICTS.keys()) == []
    refused = {*calls("refusal", 0), *calls("Fault", 1)}
    assert sorted(refused - REASONS[About.REFUSAL].keys()) == []
    of_rules = {*calls("RuleError", 1), *calls("fault", 0), *calls("_read_as", 1), *calls("fields.codes", 1)}
    assert sorted(of_rules - REASONS[About.RULE].keys()) == []
    assert len(of_rules) > len(REASONS[About.RULE]) // 2


def test_every_reason_in_the_catalogue_is_given() -> None:
    written = {node.value for node in NODES if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    assert [(str(about), code) for about, code in ALL if code not in written | BY_PYDANTIC] == []

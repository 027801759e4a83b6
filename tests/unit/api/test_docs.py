"""What the API can do and refuse is in docs/api.md: what the page does not name fails the run."""

import importlib
import pkgutil
from pathlib import Path
from typing import Any

import pytest

import services.api
from services.api.app import REGISTRY
from services.api.errors import ProblemKind
from services.api.registry.nouns import Noun
from tests.integration.served import document

PAGE = (Path(__file__).parents[3] / "docs" / "api.md").read_text("utf-8")
DESCRIPTION: dict[str, Any] = document()


def problem_kinds() -> list[ProblemKind]:
    modules = [
        importlib.import_module(found.name)
        for found in pkgutil.walk_packages(services.api.__path__, "services.api.")
        if not found.ispkg
    ]
    values = [value for module in modules for value in vars(module).values()]
    kinds = [value for value in values if isinstance(value, ProblemKind)]
    return [*kinds, *(noun.unknown for noun in values if isinstance(noun, Noun))]


def problem_codes() -> set[str]:
    return {kind.code for kind in problem_kinds()}


@pytest.mark.parametrize("path", DESCRIPTION["paths"])
def test_every_address_is_documented(path: str) -> None:
    assert path in PAGE


@pytest.mark.parametrize("code", sorted(problem_codes()))
def test_every_error_code_is_documented(code: str) -> None:
    assert f"`{code}`" in PAGE


@pytest.mark.parametrize("module", REGISTRY, ids=lambda module: module.RESOURCE.noun.en)
def test_every_field_and_filter_of_the_registry_is_documented(module: Any) -> None:
    resource = module.RESOURCE
    missing = {name for name in [*resource.entry.model_fields, *resource.filters] if f"`{name}`" not in PAGE}
    assert missing == set()


@pytest.mark.parametrize("path", DESCRIPTION["paths"])
def test_every_operation_describes_itself_and_its_refusals(path: str) -> None:
    for method, operation in DESCRIPTION["paths"][path].items():
        assert operation["summary"], method
        assert operation["tags"], method
        for status, response in operation["responses"].items():
            if status >= "400":
                assert list(response["content"]) == ["application/problem+json"], (method, status)


def test_the_description_refers_to_nothing_it_lacks() -> None:
    schemas = DESCRIPTION["components"]["schemas"]
    referred = set()

    def visit(part: Any) -> None:
        if isinstance(part, dict):
            if "$ref" in part:
                referred.add(part["$ref"].rpartition("/")[2])
            for inner in part.values():
                visit(inner)
        elif isinstance(part, list):
            for inner in part:
                visit(inner)

    visit(DESCRIPTION)
    assert referred <= set(schemas)

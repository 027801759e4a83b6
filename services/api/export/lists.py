"""Which operations answer lists, and what their rows are: as the OpenAPI document says."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args, get_origin

from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import TypeAdapter
from starlette.routing import compile_path

from services.api.export.columns import REFERENCE, ExportColumn, Schema, columns_of_rows, row_schema
from services.api.words import say_kinds_of_words

JSON = "application/json"


def lists_of(document: Schema) -> Mapping[str, Schema]:
    """By its path what a row of each list is."""
    return {path: row for path, _, row in list_operations(document)}


def list_operations(document: Schema) -> Iterator[tuple[str, dict[str, Any], Schema]]:
    """The operations that answer a list, each with its path and what a row is."""
    for path, operations in document["paths"].items():
        answers = operations.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        row = row_schema(answers.get(JSON, {}).get("schema", {}), document)
        if row is not None:
            yield path, operations["get"], row


class Lists:
    """The lists of an API."""

    def __init__(self, app: FastAPI) -> None:
        self._addresses = [
            (compile_path(found.path)[0], found.path, found.route.response_model)
            for found in iter_route_contexts(app.routes)
            if isinstance(found.route, APIRoute) and found.path is not None and "GET" in (found.methods or ())
        ]

    @property
    def paths(self) -> set[str]:
        """Where they are, as the document writes it."""
        return {path for _, path, model in self._addresses if _answers_list(model)}

    def at(self, address: str) -> str | None:
        """The path of the list that a GET at this address asks for; None: it is no list."""
        for pattern, path, model in self._addresses:
            if pattern.match(address):
                return path if _answers_list(model) else None
        return None

    def columns(self, path: str) -> Sequence[ExportColumn]:
        """The columns of its rows; none where they are not known beforehand.

        As the OpenAPI document describes them, but of this list alone: the whole document takes seconds.
        """
        model = next(model for _, known, model in self._addresses if known == path)
        answer = TypeAdapter(model).json_schema(mode="serialization", ref_template=f"{REFERENCE}{{model}}")
        document: Schema = {"components": {"schemas": answer.get("$defs", {})}}
        say_kinds_of_words(document)
        row = row_schema(answer, document)
        return () if row is None else columns_of_rows(row, document)


def _answers_list(model: Any) -> bool:
    """Whether an answer of this model, or of one of several, has `data` with entries."""
    fields = getattr(model, "model_fields", {})
    if "data" in fields:
        return get_origin(fields["data"].annotation) is list
    return any(map(_answers_list, get_args(model)))

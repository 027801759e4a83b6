"""Columns of a file, as the OpenAPI document describes a row of the list: its fields, and those of what lies in it."""

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]

REFERENCE = "#/components/schemas/"


class CellKind(enum.StrEnum):
    """What the cells of a column hold."""

    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"
    MOMENT = "moment"
    DAY = "day"
    OTHER = "other"
    """Lists and objects without fixed fields: they become one text."""


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """A field of a row, or of an object in it.

    `path`: names of the fields down to it. `pair`: the same in Chinese and in English, where a text is in both
    languages. `words`: the kind of words that explain its codes, if they are of a kind. `model`: of what the innermost
    object is, as the document names it. `may_lack`: its value may be null.
    """

    path: tuple[str, ...]
    kind: CellKind
    model: str = ""
    may_lack: bool = False
    pair: tuple[str, str] | None = None
    words: str | None = None

    @property
    def name(self) -> str:
        """Name of the field; of a text in both languages without its language."""
        return self.path[-1]


def row_schema(schema: Schema, document: Schema) -> Schema | None:
    """What the document says of an entry of `data` in an answer of `schema`; None where that is no list."""
    for found in _alternatives(schema, document):
        data = found.get("properties", {}).get("data", {})
        if data.get("type") == "array":
            rows: Schema = data["items"]
            return rows
    return None


def columns_of_rows(row: Schema, document: Schema) -> Sequence[ExportColumn]:
    """The columns of rows of this schema; none where the fields are not known beforehand."""
    return tuple(_columns(row, document, ()))


def _columns(schema: Schema, document: Schema, above: tuple[str, ...]) -> Iterator[ExportColumn]:
    model = str(schema.get("$ref", "")).removeprefix(REFERENCE)
    properties: Mapping[str, Schema] = _resolved(schema, document).get("properties", {})
    passed = {other for name in properties for other in _pair(name, properties) or ()}
    for name, field in properties.items():
        pair = _pair(name, properties)
        if pair is not None:
            yield ExportColumn((*above, name.removesuffix("_zh")), CellKind.TEXT, model, pair=pair)
        elif name not in passed:
            yield from _of_field(name, field, document, above, model)


def _pair(name: str, properties: Mapping[str, Schema]) -> tuple[str, str] | None:
    """The fields of a text that is there in Chinese and in English, where `name` is the Chinese one."""
    if not name.endswith("_zh"):
        return None
    plain = name.removesuffix("_zh")
    return next(((name, other) for other in (f"{plain}_en", plain) if other in properties), None)


def _of_field(name: str, field: Schema, document: Schema, above: tuple[str, ...], model: str) -> Iterator[ExportColumn]:
    path = (*above, name)
    found = list(_alternatives(field, document))
    inner = next((each for each in _references(field) if _resolved(each, document).get("properties")), None)
    # An object within itself would have no end.
    if inner is not None and name not in above:
        yield from _columns(inner, document, path)
        return
    may_lack = any(each.get("type") == "null" for each in found)
    kinds = {kind for each in found if (kind := _kind(each)) is not None}
    kind = kinds.pop() if len(kinds) == 1 else CellKind.OTHER
    words = next((each["x-words"] for each in (field, *found) if "x-words" in each), None)
    yield ExportColumn(path, kind, model, may_lack, words=words)


def _kind(schema: Schema) -> CellKind | None:
    """What a value of this schema is in a cell; None of null."""
    match schema.get("type"):
        case "null":
            return None
        case "string":
            return {"date-time": CellKind.MOMENT, "date": CellKind.DAY}.get(schema.get("format", ""), CellKind.TEXT)
        case "number" | "integer":
            return CellKind.NUMBER
        case "boolean":
            return CellKind.FLAG
    return CellKind.TEXT if isinstance(schema.get("const"), str) else CellKind.OTHER


def _references(schema: Schema) -> Iterator[Schema]:
    if "$ref" in schema:
        yield schema
    for part in (*schema.get("anyOf", ()), *schema.get("allOf", ())):
        yield from _references(part)


def _alternatives(schema: Schema, document: Schema) -> Iterator[Schema]:
    """The schemas of which one fits."""
    found = _resolved(schema, document)
    parts = (*found.get("anyOf", ()), *found.get("oneOf", ()), *found.get("allOf", ()))
    if not parts:
        yield found
    for part in parts:
        yield from _alternatives(part, document)


def _resolved(schema: Schema, document: Schema) -> Schema:
    if "$ref" not in schema:
        return schema
    found: Schema = document["components"]["schemas"][schema["$ref"].removeprefix(REFERENCE)]
    return found

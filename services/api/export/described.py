"""How lists are asked for as files, as the OpenAPI document says it."""

from collections.abc import Iterator
from typing import Any

from services.api.export.lists import list_operations

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMATS = ("json", "csv", "xlsx")
LANGUAGES = ("zh", "en")

_PARAMETERS = (
    {
        "name": "format",
        "in": "query",
        "required": False,
        "schema": {"type": "string", "enum": list(FORMATS), "default": FORMATS[0]},
        "description": "csv or xlsx: all pages as one file, whatever `limit` and `cursor` say",
    },
    {
        "name": "lang",
        "in": "query",
        "required": False,
        "schema": {"type": "string", "enum": list(LANGUAGES), "default": LANGUAGES[0]},
        "description": "FileLanguage of titles, names and texts of a file",
    },
)
_CONTENT = {
    CSV: {"schema": {"type": "string"}},
    XLSX: {"schema": {"type": "string", "format": "binary"}},
}


def describe_files(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Say of each list that it may be had as a file. Gives the operations."""
    for _, operation, _ in list(list_operations(document)):
        operation["parameters"] = [*operation.get("parameters", ()), *_PARAMETERS]
        operation["responses"]["200"]["content"] |= _CONTENT
        yield operation

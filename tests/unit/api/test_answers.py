"""Two laws of all answers, held over the document of the API: codes have names beside them, lists are asked alike."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from services.api.export.lists import JSON, list_operations
from tests.integration.served import document

Schema = Mapping[str, Any]

_OF_SOMETHING = re.compile(
    r"(area|park|enterprise|unit|meter|gateway|credit|parent)_code|area|park|enterprise|meter|gateway"
)
"""A field that holds a code of something that has a name. `unit` alone is the unit of a number as well."""

UNNAMED = {
    "/api/v1/session": "who one is; the lists that a page reads first name areas, and an enterprise its own record",
}
"""What is read with codes and without `names`, and why."""

_SERIES = "sums in the order of time and group: `total` is the whole beside them, and what is greatest depends on basis"
_WHOLE = "a catalogue of the product, in the order of its table: all of it at once"
_OF_ONE = "one thing from its beginning to its end, in its own order"
_OUTLETS = "one row an outlet, or an outlet and factor, whose ratio of sums is of all of them"
ASKED_OTHERWISE = {
    "/api/v1/energy": ({"order"}, _SERIES),
    "/api/v1/energy/activity": ({"order", "total"}, _SERIES),
    "/api/v1/energy/balance": ({"order"}, _SERIES),
    "/api/v1/indicators/{slug}": ({"order"}, _SERIES),
    "/api/v1/indicators/values": ({"order"}, _SERIES),
    "/api/v1/quality": ({"order", "total"}, _SERIES),
    "/api/v1/quality/matrix": ({"order"}, "rows by code: a page computes its own rows alone"),
    "/api/v1/quality/missing": ({"order"}, "by day and meter, as it is searched: a page reads its own days alone"),
    "/api/v1/tables/{name}": ({"order"}, _WHOLE),
    "/api/v1/indicators": ({"limit", "cursor", "order", "total"}, _WHOLE),
    "/api/v1/statistic-kinds": ({"limit", "cursor", "order", "total"}, _WHOLE),
    "/api/v1/quality/checks": ({"limit", "cursor", "order", "total"}, _WHOLE),
    "/api/v1/search": ({"cursor", "order", "total"}, "the best first, a few of each kind; `counts` says how many"),
    "/api/v1/alerts/{alert_id}/series": ({"limit", "cursor", "order", "total"}, _OF_ONE),
    "/api/v1/emissions/amounts": ({"limit", "cursor", "order", "total"}, _OUTLETS),
    "/api/v1/transmission-rates": ({"limit", "cursor", "order", "total"}, _OUTLETS),
    "/api/v1/parks/{code}/renewables": ({"limit", "cursor", "order", "total"}, _OF_ONE),
    "/api/v1/bulletins/{area}/{month}": ({"limit", "cursor", "order", "total"}, _OF_ONE),
    "/api/v1/bulletins/{area}/{month}/diff": ({"limit", "cursor", "order", "total"}, _OF_ONE),
}
"""Lists that lack something of what a list is asked with, and why."""


def _resolved(schema: Schema) -> Schema:
    while "$ref" in schema:
        schema = document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def _objects(schema: Schema) -> Iterator[Schema]:
    found = _resolved(schema)
    parts = [*found.get("anyOf", ()), *found.get("oneOf", ()), *found.get("allOf", ())]
    for part in parts or [found]:
        yield from [found] if part is found else _objects(part)


def _codes(schema: Schema, above: tuple[str, ...] = ()) -> Iterator[str]:
    """The fields that hold codes, with what they lie in; what has `names` of its own has named them."""
    for found in _objects(schema):
        properties = found.get("properties", {})
        if "names" in properties:
            continue
        if "items" in found:
            yield from _codes(found["items"], above)
        for name, field in properties.items():
            holds_text = any(each.get("type") == "string" for each in _objects(field))
            if _OF_SOMETHING.fullmatch(name) and holds_text and not _names_itself(name, properties):
                yield ".".join((*above, name))
            if name not in above:
                yield from _codes(field, (*above, name))


def _names_itself(name: str, properties: Schema) -> bool:
    """A field beside the name of what it is: the key of what is read, or what has `…_name_zh` beside it."""
    is_key = (name == "credit_code" and "name_zh" in properties) or (name == "gateway" and "name" in properties)
    return is_key or f"{name.removesuffix('_code')}_name_zh" in properties


def test_each_read_names_what_it_has_codes_of() -> None:
    unnamed = {}
    for path, operations in document()["paths"].items():
        answer = operations.get("get", {}).get("responses", {}).get("200", {}).get("content", {}).get(JSON)
        if answer is not None and (codes := sorted(set(_codes(answer["schema"])))):
            unnamed[path] = codes
    assert unnamed.keys() == UNNAMED.keys(), unnamed


def test_each_list_is_asked_in_the_same_way() -> None:
    lacking = {}
    for path, operation, _ in list_operations(document()):
        asked = {each["name"] for each in operation["parameters"]}
        if lacks := {"limit", "cursor", "order", "total"} - asked:
            lacking[path] = lacks
    assert lacking == {path: lacks for path, (lacks, _) in ASKED_OTHERWISE.items()}


def test_each_order_says_its_columns() -> None:
    for path, operation, _ in list_operations(document()):
        for order in (each["schema"] for each in operation["parameters"] if each["name"] == "order"):
            columns = order["items"]["enum"]
            assert {f"-{each}" for each in columns[::2]} == set(columns[1::2]), path

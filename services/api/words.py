"""Every word of the API: those of its enumerations, and the names of what its tables list."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Protocol

from services.core.reason import REASONS, InBoth
from services.core.words import WORDS
from services.judging.data.tables import Tables
from services.judging.dual_control.metric import METRICS
from services.judging.dual_control.reason import NAMES
from services.judging.indicators.listing import BY_SLUG

_ENUMERATED: Mapping[str, Mapping[str, InBoth]] = {
    **WORDS,
    "metric": {str(code): metric.name for code, metric in METRICS.items()},
    "dual_control_number": NAMES,
    "indicator": {slug: InBoth(each.name_en, each.name_zh) for slug, each in BY_SLUG.items()},
    **{f"{about}_reason": reasons for about, reasons in REASONS.items()},
}
_EXTENSION = "x-words"
_OF_ITS_OWN = ("order",)
"""Parameters whose values are names of fields."""


class _NamedRow(Protocol):
    @property
    def code(self) -> str: ...
    @property
    def name_zh(self) -> str: ...
    @property
    def name_en(self) -> str: ...


def words_of_all(tables: Tables) -> Mapping[str, Mapping[str, InBoth]]:
    """By kind and code the words of all enumerations, and the names of the rows of `tables` that answers speak of."""
    return {
        **_ENUMERATED,
        "carrier": _named(tables.carriers),
        "statistic_kind": _named(tables.statistic_kinds),
        "parameter": _named(tables.parameters),
        "process": _named(tables.processes),
        "check": _named(tables.checks),
    }


def _named(rows: Iterable[_NamedRow]) -> Mapping[str, InBoth]:
    return {row.code: InBoth(row.name_en, row.name_zh) for row in rows}


@cache
def kind_of(codes: frozenset[str]) -> str | None:
    """The smallest kind that has a word for each of `codes`; None where there is none, or several fit as well."""
    sizes = {kind: len(words) for kind, words in _ENUMERATED.items() if codes <= words.keys()}
    fitting = [kind for kind, size in sizes.items() if size == min(sizes.values())]
    return fitting[0] if len(fitting) == 1 else None


def say_kinds_of_words(description: Mapping[str, Any]) -> None:
    """Let each enumeration of an OpenAPI document say by which kind of words its codes are named: `x-words`."""
    for schema, codes in enumerations(description):
        if (kind := kind_of(frozenset(codes))) is not None:
            schema[_EXTENSION] = kind


def enumerations(part: Any) -> Iterator[tuple[dict[str, Any], list[str]]]:
    """Each enumeration below a part of an OpenAPI document: its schema, and its codes."""
    if isinstance(part, list):
        for each in part:
            yield from enumerations(each)
    elif isinstance(part, dict) and part.get("name") not in _OF_ITS_OWN:
        codes = [part["const"]] if isinstance(part.get("const"), str) else part.get("enum")
        if isinstance(codes, list) and all(isinstance(code, str) for code in codes):
            yield part, codes
        for name, each in part.items():
            if name not in ("example", "examples"):
                yield from enumerations(each)

"""Lists narrowed by what their entries have, with counts of what each other choice would leave. Pure."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

FacetCounts = dict[str, dict[str, int]]
"""How many entries there are by facet and value."""


@dataclass(frozen=True, slots=True)
class Facets(Generic[T]):
    """What a list may be narrowed by: of each facet the values that an entry has, none or several."""

    values: Mapping[str, Callable[[T], Iterable[str]]]

    def narrowed(
        self, entries: Iterable[T], asked: Mapping[str, Collection[str] | None]
    ) -> tuple[list[T], FacetCounts]:
        """The entries that have one of the values asked for of each facet, None asking for nothing; and the counts.

        A facet is counted over what the other facets leave, as if nothing were asked of itself: its counts say what
        each choice would give.
        """
        wanted = {name: frozenset(values) for name, values in asked.items() if values is not None}
        left: list[T] = []
        counts: dict[str, Counter[str]] = {name: Counter() for name in self.values}
        for entry in entries:
            has = {name: tuple(values(entry)) for name, values in self.values.items()}
            missed = [name for name, values in wanted.items() if values.isdisjoint(has[name])]
            if not missed:
                left.append(entry)
            for name in missed if len(missed) == 1 else () if missed else self.values:
                counts[name].update(has[name])
        return left, {name: dict(sorted(found.items())) for name, found in counts.items()}


def choices(query: object, facets: Iterable[str]) -> dict[str, list[str] | None]:
    """What a question asks of facets whose values are parameters of the same name; None of one it does not speak of."""
    found = {name: getattr(query, name) for name in facets}
    return {name: None if values is None else [str(value) for value in values] for name, values in found.items()}


def found_in(q: str | None, texts: Sequence[str | None]) -> bool:
    """Whether one of the texts contains `q`, whatever the case; without `q` all do."""
    return q is None or any(q.casefold() in text.casefold() for text in texts if text is not None)

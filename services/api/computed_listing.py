"""Lists that are computed and not read: ordered, counted and cut into pages as those of the database are.

A list is declared once, as a ComputedSource: the columns by which it may be ordered, each with its value of an entry.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cmp_to_key, partial
from operator import attrgetter
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from services.api.list_query import ListQuery
from services.api.listing import MOST_COUNTED, columns_of, completed_order, parted
from services.api.paging import Page, Pager

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, kw_only=True)
class ComputedSource(Generic[T]):
    """How the entries of a list are ordered.

    `name`: in cursors. `usual`: its usual order, as `order` has it; its columns name an entry. `columns`: of each by
    which it may be ordered what it holds, and its value of an entry; entries where it is None come last, whichever way
    round.
    """

    name: str
    usual: tuple[str, ...]
    columns: Mapping[str, tuple[type, Callable[[T], Any]]]

    def page(self, entries: Iterable[T], query: ListQuery) -> Page[T]:
        """The page of `entries` that `query` asks for. Raises Refused(BAD_CURSOR)."""
        order = completed_order(query.asked_order, self.usual)
        names = [parted(column)[0] for column in order]
        turned = [parted(column)[1] for column in order]
        pager = Pager(query, of=self.name, order=order)
        after = pager.after(*(self.columns[name][0] for name in names), may_lack=True)
        placed = [([self.columns[name][1](entry) for name in names], entry) for entry in entries]
        left = [each for each in placed if after is None or _compared(each[0], after, turned) > 0]
        place = cmp_to_key(partial(_compared, turned=turned))
        left.sort(key=lambda each: place(each[0]))
        shown, following = pager.cut(left, lambda each: each[0])
        total = min(len(placed), MOST_COUNTED) if query.total else None
        return Page.model_construct(data=[entry for _, entry in shown], next=following, total=total)


def short_list(model: type[M], query: type[ListQuery], *, name: str, usual: tuple[str, ...]) -> ComputedSource[M]:
    """What belongs to one thing, all of which is read at once: ordered by what `query` says, which `model` has."""
    names = dict.fromkeys([*query.columns(), *(parted(column)[0] for column in usual)])
    kinds = columns_of(model, *names)
    return ComputedSource(
        name=name, usual=usual, columns={each: (kinds[each].kind, attrgetter(each)) for each in names}
    )


def _compared(one: Sequence[Any], other: Sequence[Any], turned: Sequence[bool]) -> int:
    """Below zero where `one` comes before `other`, above where it comes after."""
    for mine, theirs, is_turned in zip(one, other, turned, strict=True):
        if mine == theirs:
            continue
        if mine is None or theirs is None:
            return 1 if mine is None else -1
        return 1 if (mine > theirs) is not is_turned else -1
    return 0

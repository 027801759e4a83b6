"""What a question may cost, known before it is answered: rows read, and sums in the answer.

All that are answered at once may cost as much as one may (turns.py), those aside that cost little.

An answer is to take 2 s and 100 MB at most: six million kept rows are summed a second, and a sum of an answer takes
some 19 µs and 1 kB until it is told (docs/decisions/0037): 41 µs as a row of CSV, 63 µs as one of a workbook.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from services.api.errors import ProblemKind, Refused
from services.api.guard.turns import require_turn

MOST_READ = 5_000_000
MOST_SUMS = 60_000
MOST_LIGHT = 6_000
"""What costs as much as so many sums, or less, waits for nobody."""
_LEAST_HEAVY = 15_000
"""As so many counts what costs more: of the connections of the API half are left for what is light."""

TOO_MUCH = ProblemKind("too_much", 422, "The question asks for too much at once")


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """A form in which answers are given, and what it costs."""

    name: str
    weight: float
    """As how many sums one counts that is told so."""
    most_cells: int
    """Of a file: rows times columns."""


PAGES = AnswerForm("JSON", 1, 0)
CSV = AnswerForm("CSV", 2, 500_000)
XLSX = AnswerForm("XLSX", 2.5, 300_000)

_FORM: ContextVar[AnswerForm] = ContextVar("form of the answer that is asked for", default=PAGES)


@contextmanager
def told_as(form: AnswerForm) -> Iterator[None]:
    """Weigh what is asked for in the block as what is told in this form."""
    before = _FORM.set(form)
    try:
        yield
    finally:
        _FORM.reset(before)


def weight_of_form() -> float:
    """As how many sums one counts, in the form that is asked for."""
    return _FORM.get().weight


def require_affordable(*, sums: float, read: int = 0) -> None:
    """Refuse a question with more than 60 000 `sums` in its answer, or for which more than 5 million rows are read.

    Raises Refused(TOO_MUCH), which says what is too much, and how to ask for less; and NotYet, as `take_turn`.
    """
    if sums > MOST_SUMS:
        much = f"groups and periods make about {sums:.0f} sums; at most {MOST_SUMS} are formed at once"
    elif read > MOST_READ:
        much = f"about {read} kept sums of meters or places would be read; at most {MOST_READ} are at once"
    else:
        take_turn(max(sums, read * MOST_SUMS / MOST_READ))
        return
    less = "ask for a longer bucket, a shorter range, a narrower scope or fewer groups"
    if weight_of_form() > 1:
        less += f"; a sum counts {CSV.weight:g} in CSV, {XLSX.weight:g} in XLSX, and 1 in pages of JSON"
    raise Refused(TOO_MUCH, f"{much}: {less}")


def take_turn(sums: float) -> None:
    """Have what costs as much as so many sums wait for others, unless it is light. Raises NotYet (turns.py)."""
    if sums > MOST_LIGHT:
        require_turn(min(max(math.ceil(sums), _LEAST_HEAVY), MOST_SUMS))


def take_turn_for_file(*, rows: int, columns: int) -> None:
    """Have a file of the form wait for others: the largest costs as much as any question may. Raises NotYet."""
    take_turn(MOST_SUMS * rows * columns / _FORM.get().most_cells)


def require_fits_file(*, rows: int, columns: int) -> None:
    """Refuse more rows of so many columns than a file of the form may have. Raises Refused(TOO_MUCH)."""
    form = _FORM.get()
    if rows * columns > form.most_cells:
        most = ", ".join(f"{each.most_cells // columns} as {each.name}" for each in (CSV, XLSX))
        less = "narrow the list or its range for a file, or ask for pages of JSON"
        raise Refused(TOO_MUCH, f"the result has more rows of {columns} columns than a file may have ({most}): {less}")

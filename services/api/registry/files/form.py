"""The forms of fields: what a cell has to say in each."""

import enum
from collections.abc import Iterator
from typing import Any, get_args

from pydantic.fields import FieldInfo


class Form(enum.Enum):
    """How a field is written in a cell."""

    CODE = "code"
    FREE = "free text"
    NUMBER = "number"
    WHOLE = "whole number"
    DAY = "day"
    PERIOD = "period"


NUMBERS = frozenset({Form.NUMBER, Form.WHOLE})
TIMES = frozenset({Form.DAY, Form.PERIOD})


def form_of(info: FieldInfo) -> Form:
    """The form of a field: the one its type is marked with, a number by its kind, else a code."""
    parts = [*info.metadata, *_parts(info.annotation)]
    marked = next((part for part in parts if isinstance(part, Form)), None)
    if marked is not None:
        return marked
    if float in parts:
        return Form.NUMBER
    return Form.WHOLE if int in parts else Form.CODE


def _parts(annotation: Any) -> Iterator[Any]:
    """The kinds in an annotation, and what they are marked with."""
    yield annotation
    for part in get_args(annotation):
        yield from _parts(part)
    yield from getattr(annotation, "__metadata__", ())

"""What may be asked of every list that the database answers: several values of a filter, an order, a count."""

from collections.abc import Sequence
from typing import Annotated, Any, Self, TypeVar

from pydantic import BeforeValidator, Field, GetCoreSchemaHandler, model_validator
from pydantic_core import CoreSchema, core_schema

from services.api.paging import PageQuery, is_for_file

MOST_VALUES = 100

T = TypeVar("T")


def _values(given: object) -> object:
    """The values of a parameter that is repeated, or has several between commas."""
    parts = [given] if isinstance(given, str) else given
    if not isinstance(parts, list | tuple):
        return given
    return [value for part in parts for value in (part.split(",") if isinstance(part, str) else [part])]


Many = Annotated[list[T], BeforeValidator(_values), Field(max_length=MOST_VALUES)]
"""One value of a filter or several, of which any may fit."""


class OrderedBy:
    """Marks a parameter as the columns by which a list is ordered; a - before one turns its order round."""

    def __init__(self, *columns: str) -> None:
        self.columns = columns

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        """A list of the columns."""
        known = [sign + column for column in self.columns for sign in ("", "-")]
        schema = core_schema.list_schema(core_schema.literal_schema(known), max_length=len(self.columns))
        return core_schema.no_info_before_validator_function(_values, schema)


class ListQuery(PageQuery):
    """The parameters of a list that the database answers."""

    total: bool = Field(False, description="Whether to count the entries of all pages")

    @model_validator(mode="after")
    def _counted_for_a_file(self) -> Self:
        # One that is too long is refused with its first page.
        if is_for_file() and self.cursor is None:
            self.total = True
        return self

    @property
    def asked_order(self) -> Sequence[str]:
        """By what the list is to be ordered; empty: as it usually is."""
        return getattr(self, "order", ())

    @classmethod
    def columns(cls) -> Sequence[str]:
        """By what it may be ordered."""
        marks = cls.model_fields["order"].metadata if "order" in cls.model_fields else ()
        return next((mark.columns for mark in marks if isinstance(mark, OrderedBy)), ())


ORDER: list[str] = Field(
    [],
    description="Columns by which it is ordered; - before one turns its order round; left out: as it usually is",
)

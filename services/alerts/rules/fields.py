"""The types of a rule's fields: what each may hold, and the reason that is given for anything else. Pure."""

import string
from fractions import Fraction
from typing import Annotated, Any, get_args

from pydantic import AfterValidator, AllowInfNan, Field, PlainValidator, Strict, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from services.alerts.rules.words import PLACEHOLDERS
from services.core.reason import REASONS, About

_MOST_ENTRIES = 200
_GREATEST = 1e15


def fault(code: str, /, *, at: str = "", **mentions: Any) -> PydanticCustomError:
    """The error by which a field, or the field `at` within it, is refused for a reason of the catalogue."""
    return PydanticCustomError(code, REASONS[About.RULE][code].en, {"at": at, **mentions})


def _read_as(kind: Any, code: str, /, **mentions: Any) -> PlainValidator:
    """Reads a value as `kind`; one that is no such thing is refused by `code`, an entry within it by its own code."""
    adapter: TypeAdapter[Any] = TypeAdapter(kind)

    def read(given: object) -> Any:
        try:
            return adapter.validate_python(given)
        except ValidationError as error:
            if error.errors()[0]["loc"]:
                raise
            raise fault(code, given=repr(given), **mentions) from None

    return PlainValidator(read)


def one_of(words: Any) -> PlainValidator:
    """One of the words of an enum or a Literal."""
    return _read_as(words, "not_one_of", known=", ".join(get_args(words) or words))


def whole(*, least: int = 0, most: int) -> PlainValidator:
    """A whole number."""
    kind = Annotated[int, Strict(), Field(ge=least, le=most)]
    return _read_as(kind, "not_a_whole_number", least=least, most=most)


def list_of(entry: PlainValidator) -> PlainValidator:
    """A list that is not empty, as a set."""
    entries = list[Annotated[Any, entry]]
    kind = Annotated[entries, Strict(), Field(min_length=1, max_length=_MOST_ENTRIES), AfterValidator(frozenset)]
    return _read_as(kind, "not_a_list", most=_MOST_ENTRIES)


def codes(pattern: str, code: str) -> PlainValidator:
    """A list of codes that are written so."""
    return list_of(_read_as(Annotated[str, Strict(), Field(pattern=f"^{pattern}$")], code))


def at_most(most_characters: int) -> AfterValidator:
    """Of a text, how long it may be; gives it without the spaces around it."""

    def stripped(given: str) -> str:
        if len(given) > most_characters:
            raise fault("too_long", length=len(given), most=most_characters)
        return given.strip()

    return AfterValidator(stripped)


def _not_blank(given: str) -> str:
    if not given.strip():
        raise ValueError(given)
    return given


def _with_places(text: str) -> str:
    """A text in which braces hold the name of a figure and nothing else."""
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError as error:
        raise fault("unpaired_brace", problem=str(error)) from None
    for _, name, spec, conversion in parts:
        if name is not None and (name not in PLACEHOLDERS or spec or conversion):
            raise fault("not_a_placeholder", given=_in_braces(name), known=", ".join(map(_in_braces, PLACEHOLDERS)))
    return text


def _in_braces(name: str) -> str:
    return f"{{{name}}}"


def _exact(given: float) -> Fraction:
    """As exact as it is written."""
    if abs(given) > _GREATEST:
        raise fault("too_great", least=f"{-_GREATEST:g}", most=f"{_GREATEST:g}")
    return Fraction(repr(given))


def _not_below_zero(given: Fraction) -> Fraction:
    if given < 0:
        raise fault("below_zero")
    return given


Filled = Annotated[str, _read_as(Annotated[str, Strict(), AfterValidator(_not_blank)], "not_a_text")]
"""A text that is not empty."""
WITH_PLACES = AfterValidator(_with_places)
"""Of a text: may hold the placeholders of Words."""
Slug = Annotated[str, _read_as(Annotated[str, Strict(), Field(pattern="^[a-z0-9][a-z0-9_]{0,63}$")], "not_a_slug")]
"""A name for programs."""
Truth = Annotated[bool, _read_as(Annotated[bool, Strict()], "not_true_or_false")]
Number = Annotated[
    Fraction, _read_as(Annotated[float, Strict(), AllowInfNan(False)], "not_a_number"), AfterValidator(_exact)
]
Distance = Annotated[Number, AfterValidator(_not_below_zero)]
Share = Annotated[float, _read_as(Annotated[float, Strict(), Field(ge=0, le=1)], "not_a_share")]

OnlyTrue = Annotated[bool, _read_as(Annotated[bool, Strict(), Field(ge=True)], "not_true")]
"""true, and nothing else."""

"""One entry or a list of them, as it is posted: judged in the thread of its route, and no further than it must be."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Protocol, TypeVar

from pydantic import Field, PlainValidator, TypeAdapter, ValidationError

from services.api.errors import INVALID_BODY, MOST_FAULTS, refused_fields
from services.api.reasons import Fault, faults_of
from services.api.registry.fields import Entry

MOST_ENTRIES = 5000

E = TypeVar("E", bound=Entry)


class Keyed(Protocol):
    """An entry that says of what it speaks."""

    @property
    def key(self) -> tuple[Any, ...]:
        """The same of two entries that speak of the same."""


_LIST: TypeAdapter[list[Any]] = TypeAdapter(Annotated[list[Any], Field(min_length=1, max_length=MOST_ENTRIES)])


def unjudged(kind: type[Entry]) -> PlainValidator:
    """Marks a body as a `kind` or a list of them, to be given to `judged`: a list of thousands holds up nobody else."""
    described: Any = kind | Annotated[list[kind], Field(min_length=1, max_length=MOST_ENTRIES)]  # type: ignore[valid-type]
    return PlainValidator(lambda given: given, json_schema_input_type=described)


def judged(kind: type[E], given: object) -> E | list[E]:
    """What was posted; its faults name the fields as they were sent.

    Raises Refused(INVALID_BODY) with the faults, looking no further once there are a hundred.
    """
    if isinstance(given, dict):
        entries, faults = _judged(kind, [given])
        faults = [Fault(fault.field.partition(".")[2] or "body", fault.code, fault.mentions) for fault in faults]
    else:
        entries, faults = _judged(kind, _listed(given))
    if faults:
        raise refused_fields(INVALID_BODY, faults)
    return entries[0] if isinstance(given, dict) else entries


def repeated(entries: Iterable[Keyed]) -> list[tuple[int, int]]:
    """Numbers of entries that stand earlier too, with the number of the first."""
    first: dict[tuple[Any, ...], int] = {}
    return [
        (number, earlier)
        for number, entry in enumerate(entries)
        if (earlier := first.setdefault(entry.key, number)) != number
    ]


def refuse_any(faults: Sequence[Sequence[Fault]], *, is_single: bool) -> None:
    """Raises Refused(INVALID_BODY) if any entry has faults; of several, fields begin with the number of the entry."""
    found = [
        fault if is_single else Fault(f"{number}.{fault.field}", fault.code, fault.mentions)
        for number, of_entry in enumerate(faults)
        for fault in of_entry
    ]
    if found:
        raise refused_fields(INVALID_BODY, found)


def _listed(given: object) -> list[Any]:
    try:
        return _LIST.validate_python(given)
    except ValidationError as error:
        raise refused_fields(INVALID_BODY, faults_of(error.errors(include_url=False))) from None


def _judged(kind: type[E], given: list[Any]) -> tuple[list[E], list[Fault]]:
    entries: list[E] = []
    faults: list[Fault] = []
    for number, each in enumerate(given):
        try:
            entries.append(kind.model_validate(each))
        except ValidationError as error:
            found = error.errors(include_url=False)
            faults += faults_of([{**one, "loc": (number, *one["loc"])} for one in found])
            if len(faults) >= MOST_FAULTS:
                break
    return entries, faults

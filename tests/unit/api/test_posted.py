"""What is posted is judged no further than it must be, however much of it is wrong."""

from typing import Any, ClassVar, get_args

import pytest
from pydantic import ValidationError

from services.api.errors import Refused
from services.api.posted import MOST_ENTRIES, judged
from services.api.registry.fields import Entry, Name
from tests.integration.served import bodies

MANY = {f"field_{number}": 1 for number in range(100_000)}


class Meal(Entry):
    """Something to post."""

    name: Name
    looked_at: int = 0


class Counted(Meal):
    """Counts how often one was looked at."""

    seen: ClassVar[int] = 0

    @classmethod
    def model_validate(cls, *given: Any, **options: Any) -> Any:
        Counted.seen += 1
        return super().model_validate(*given, **options)


def faults(given: object, kind: type[Meal] = Meal) -> list[tuple[str, str]]:
    with pytest.raises(Refused) as refusal:
        judged(kind, given)
    assert refusal.value.kind.code == "invalid_body"
    return [(fault.field, fault.code) for fault in refusal.value.faults]


def test_one_is_answered_as_one_and_several_as_a_list() -> None:
    assert judged(Meal, {"name": "面"}) == Meal(name="面")
    assert judged(Meal, [{"name": "面"}] * 2) == [Meal(name="面")] * 2


def test_faults_name_the_fields_as_they_were_sent() -> None:
    assert faults({"name": "", "fork": 1}) == [("name", "string_too_short"), ("fork", "extra_forbidden")]
    assert faults([{"name": "面"}, {}]) == [("1.name", "missing")]
    assert faults([[]]) == [("0", "model_type")]


@pytest.mark.parametrize(
    ("given", "code"),
    [(None, "list_type"), ("面", "list_type"), (7, "list_type"), ([], "too_short"), ([{}] * 300_000, "too_long")],
)
def test_what_is_no_list_of_a_length_is_one_fault(given: object, code: str) -> None:
    assert faults(given) == [("body", code)]


def test_a_hundred_thousand_unknown_fields_are_one_fault() -> None:
    """Each was a fault with its texts in two languages: two seconds of everybody's time."""
    assert faults(MANY) == [("body", "too_many_fields")]
    with pytest.raises(ValidationError) as caught:
        Meal.model_validate(MANY)
    assert caught.value.error_count() == 1


def test_of_many_wrong_entries_no_more_are_looked_at_than_make_a_hundred_faults() -> None:
    Counted.seen = 0
    assert len(faults([{"fork": 1}] * MOST_ENTRIES, Counted)) == 100
    assert Counted.seen == 50
    Counted.seen = 0
    assert len(faults([MANY] * MOST_ENTRIES, Counted)) == 100
    assert Counted.seen == 100


def test_every_body_is_bounded_in_its_fields() -> None:
    """Those that are judged by their route come unjudged."""
    read = bodies()
    assert len(read) > 30
    unbounded = {where for where, kind in read.items() if not all(map(is_bounded, get_args(kind) or (kind,)))}
    assert unbounded == {f"POST /api/v1/{kind}" for kind in ("statistics", "heat-values", "manual-reports")}


def is_bounded(kind: Any) -> bool:
    return kind is type(None) or (isinstance(kind, type) and issubclass(kind, Entry))

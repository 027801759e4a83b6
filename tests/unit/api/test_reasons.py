"""What pydantic refuses is told in both languages."""

from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field, ValidationError

from services.api.reasons import faults_of


class Asked(BaseModel):
    """A choice and a pattern."""

    choice: Literal["a", "b", "c"] = "a"
    node: Annotated[str, Field(pattern="^x/y$")] = "x/y"


@pytest.mark.parametrize(
    ("given", "english", "chinese"),
    [
        ({"choice": "d"}, "must be one of 'a', 'b' or 'c'", "只能是以下取值之一：'a'、'b'、'c'"),
        ({"node": "x"}, "must be written as the pattern ^x/y$ says", "格式不符，须符合 ^x/y$"),
    ],
)
def test_choices_and_patterns_are_told_in_each_language(given: dict[str, str], english: str, chinese: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Asked.model_validate(given)
    (fault,) = faults_of(refused.value.errors())
    assert (fault.reason, fault.reason_zh) == (english, chinese)

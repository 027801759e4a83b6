"""Rows written one after another are the JSON that all of them would be."""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from services.api.encoded import encoded
from services.core.calendar import SHANGHAI


def test_rows_are_written_as_a_list_is() -> None:
    rows = [
        {"start": datetime(2026, 1, 1, tzinfo=SHANGHAI), "name": "一号", "value": 0.1, "none": None},
        {},
        {"a": [1]},
    ]
    answer = msgspec.json.encode({"data": encoded(rows), "next": None})
    assert answer == msgspec.json.encode({"data": rows, "next": None})
    assert msgspec.json.encode({"data": encoded([])}) == b'{"data":[]}'


def test_a_row_is_made_when_the_one_before_is_written() -> None:
    made: list[dict[str, int]] = []

    def rows() -> Iterator[dict[str, int]]:
        for number in range(3):
            for before in made:
                before["number"] = -1
            made.append({"number": number})
            yield made[-1]

    assert msgspec.json.decode(encoded(rows())) == [{"number": 0}, {"number": 1}, {"number": 2}]

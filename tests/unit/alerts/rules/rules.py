"""Bodies of rules for tests."""

from typing import Any


def body(**given: Any) -> dict[str, Any]:
    """A rule on the PUE of a day, changed as given; a field given as None is left out."""
    whole: dict[str, Any] = {
        "slug": "pue_high",
        "indicator": "pue",
        "period": "day",
        "subject": "unit",
        "compare": {"op": ">", "number": 1.3},
        "severity": "warning",
        "title": {"zh": "PUE 偏高", "en": "PUE too high"},
        "text": {"zh": "{subject} 的 PUE 为 {value}，限值 {limit}", "en": "PUE of {subject} is {value}, limit {limit}"},
        "source": "GB 40879-2021",
        "place": "4",
    } | given
    return {name: value for name, value in whole.items() if value is not None}

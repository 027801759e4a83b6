"""How an answer names the rows it used."""

from typing import Any

from services.core.data.loader import Number
from services.core.data.places import place_in_chinese


def used_row(number: Number, carried: bool = False) -> dict[str, Any]:
    """The row as it stands in an answer; `carried`: it was used beyond the time it was published for."""
    return {
        "code": number.code,
        "value": float(number.value),
        "unit": number.unit,
        "valid_from": number.valid_from.isoformat(),
        "source": number.source,
        "place": number.place,
        "place_zh": place_in_chinese(number.place) or None,
        "verified": number.verified,
        "carried": carried,
    }

"""Records of an upload of data, as an end device sends them. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from services.core.calendar import SHANGHAI

_TIME = "%Y-%m-%d %H:%M:%S"
_SEALED = ("dataCode", "dataValue", "inputType", "statType", "statDate", "scope", "valid")
_WHOLE_PLANT, _VALID = "1", "1"


@dataclass(frozen=True, slots=True)
class WaitingValue:
    """A version of a value that is to be sent."""

    item: str
    """Data code of 16 digits."""
    stat_type: int
    period: date
    version: int
    value: str
    input_type: int


def record_of(waiting: WaitingValue, sealed: Callable[[str], str], now: datetime) -> dict[str, str]:
    """The record, each field of it as `sealed` makes it; times are local, of the start of the period."""
    code = waiting.item
    fields = {
        "dataCode": f"{code[:2]}-{code[2:4]}-{code[4:8]}-{code[8:14]}-{code[14:]}",
        "dataValue": waiting.value,
        "inputType": str(waiting.input_type),
        "statType": str(waiting.stat_type),
        "statDate": f"{waiting.period:%Y-%m-%d} 00:00:00",
        "uploadDate": now.astimezone(SHANGHAI).strftime(_TIME),
        "scope": _WHOLE_PLANT,
        "valid": _VALID,
    }
    return {name: sealed(text) if name in _SEALED else text for name, text in fields.items()}

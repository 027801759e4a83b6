"""The types of Sparkplug B and what the number of a metric is by its type. Pure.

Sparkplug 3.0, section 6.4.16: types 1-4 Int8 to Int64, 5-8 UInt8 to UInt64, 9 Float, 10 Double; negative integers come
as two's complement, in the width of the type or wider.
"""

from services.ingest.sparkplug.payload import BOOLEAN, DOUBLE, FLOAT, INT, LONG, SparkplugMetric

_SIGNED = {1: 8, 2: 16, 3: 32, 4: 64}
_UNSIGNED = {5: 8, 6: 16, 7: 32, 8: 64}
_REAL = {9, 10}
_OTHER = {11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, *range(22, 35)}
"""Boolean, String, DateTime, Text, UUID, DataSet, Bytes, File, Template, properties, arrays."""
_WIDTH = {INT: 32, LONG: 64}
BOOLEAN_TYPE = 11


class ValueFault(Exception):  # noqa: N818 - named after the fact, not the class
    """A value that its type does not allow."""


def is_number(datatype: int) -> bool:
    """Whether metrics of this type are numbers. Raises ValueFault for a type that Sparkplug B does not have."""
    if datatype in _SIGNED or datatype in _UNSIGNED or datatype in _REAL:
        return True
    if datatype in _OTHER:
        return False
    raise ValueFault(f"there is no datatype {datatype}; numbers are 1 to 10")


def number_of(metric: SparkplugMetric, datatype: int) -> float:
    """The number that a metric of a numeric type has. Raises ValueFault.

    Whole numbers beyond 2^53 become the nearest that a reading can hold.
    """
    value, form = metric.value, metric.form
    if datatype in _REAL:
        if form in (FLOAT, DOUBLE) and isinstance(value, float):
            return value
        raise ValueFault(f"datatype {datatype} is a real number, and field {form} holds none")
    if form not in _WIDTH or isinstance(value, bool) or not isinstance(value, int):
        held = "a Boolean" if form == BOOLEAN else "no whole number"
        raise ValueFault(f"datatype {datatype} is a whole number, and field {form} holds {held}")
    if datatype in _UNSIGNED:
        if value >> _UNSIGNED[datatype]:
            raise ValueFault(f"{value} is beyond datatype {datatype} ({_UNSIGNED[datatype]} bits)")
        return float(value)
    return float(_signed(value, _SIGNED[datatype], _WIDTH[form]))


def _signed(value: int, bits: int, width: int) -> int:
    """What a two's complement of `bits`, written in `width` bits or in its own, means."""
    # A long that holds an Int8 to Int32 may be extended to 32 bits or to 64.
    wide = [each for each in (32, 64) if bits <= each <= width]
    if not value >> bits or any(value >> bits - 1 == (1 << each - bits + 1) - 1 for each in wide):
        low = value & (1 << bits) - 1
        return low - (1 << bits) if low >> bits - 1 else low
    raise ValueFault(f"{value} is beyond a whole number of {bits} bits with sign")

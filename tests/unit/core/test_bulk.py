"""Rows of binary COPY are read as they were written, and only where each value stands where it should."""

import pytest

from services.core.db.bulk import RowType, framed

DAY = RowType(meter_id="int4", energy_kwh="float8", estimated="bool")
WHOLE = DAY.wire(2, meter_id=[1, 2], energy_kwh=[0.5, 1.5], estimated=[False, True])


def test_rows_are_read_as_they_were_written() -> None:
    rows = DAY.read(bytearray(framed(WHOLE)))
    assert rows[["meter_id", "energy_kwh", "estimated"]].tolist() == [(1, 0.5, 0), (2, 1.5, 1)]


def test_no_row_is_no_fault() -> None:
    assert DAY.read(bytearray(framed())).tolist() == []


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("meter_id", {"energy_kwh": [2.5], "estimated": [False]}),
        ("energy_kwh", {"meter_id": [3], "estimated": [False]}),
        ("estimated", {"meter_id": [3], "energy_kwh": [2.5]}),
    ],
)
@pytest.mark.parametrize("after", [0, 1, 13])
def test_null_is_refused_by_the_name_of_its_column_wherever_its_row_is(
    column: str, values: dict[str, list[float]], after: int
) -> None:
    sent = bytearray(framed(WHOLE, DAY.wire(1, **values), *[WHOLE] * after))
    with pytest.raises(ValueError, match=rf"^{column} is NULL in row 2, and not "):
        DAY.read(sent)


def test_nulls_that_are_together_as_long_as_a_row_are_refused() -> None:
    row_bytes = DAY.layout(DAY.columns).itemsize
    nulls = DAY.wire(row_bytes, meter_id=1, estimated=False)
    with pytest.raises(ValueError, match=r"^energy_kwh is NULL in row 0, "):
        DAY.read(bytearray(framed(nulls)))


def test_column_of_another_type_is_refused() -> None:
    other = RowType(meter_id="int8", energy_kwh="float8", estimated="bool")
    with pytest.raises(ValueError, match=r"^meter_id has 8 bytes in row 0, and not 4 bytes of int4$"):
        DAY.read(bytearray(framed(other.wire(1, meter_id=1, energy_kwh=0.5, estimated=True))))


def test_column_too_many_is_refused() -> None:
    other = RowType(**DAY.columns, more="int2")
    with pytest.raises(ValueError, match=r"^row 0 has 4 columns, not 3$"):
        DAY.read(bytearray(framed(other.wire(1, meter_id=1, energy_kwh=0.5, estimated=True, more=1))))

"""Which line of a table names its columns."""

from collections.abc import Collection, Sequence

from services.api.registry.files.blanks import seen

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}


def half_width(text: str) -> str:
    """The text with the full-width signs of Chinese keyboards as the signs of ASCII: Ａ１％ becomes A1%."""
    return text if text.isascii() else text.translate(_FULL_WIDTH)


def column_name(cell: str) -> str:
    """The name of a column as it stands in a header, which may have been typed with capitals or full-width signs."""
    name = half_width(seen(cell))
    return name.lower() if name.isascii() else name


def columns_named(cells: Sequence[str], columns: Collection[str]) -> int:
    """How many of `columns` the cells of a line name."""
    return len({column_name(cell) for cell in cells}.intersection(columns))

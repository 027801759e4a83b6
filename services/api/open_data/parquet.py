"""Rows as Parquet, from the CSV in which the database has written them: in a process that may take so much memory.

pyarrow takes some 100 MB, so no process has it that does anything else.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from services.api.limited import MEGABYTE, LimitedWork, Limits

LIMITS = Limits(memory_bytes=400 * MEGABYTE, processor_s=60, longest_s=120)
_BLOCK_BYTES = 1_000_000

_work = LimitedWork()


def write_parquet(source: Path, target: Path, columns: Sequence[str], types: Mapping[str, str]) -> None:
    """Write the rows of a CSV without headings into a file; `types` of the columns that hold no text.

    A time is one of UTC, a decimal has 38 digits with 12 after the point. Raises OverLimitError.
    """
    _work.done(LIMITS, _convert, str(source), str(target), list(columns), dict(types))


def _convert(source: str, target: str, columns: list[str], types: dict[str, str]) -> None:
    import pyarrow
    from pyarrow import csv, parquet

    pyarrow.set_memory_pool(pyarrow.system_memory_pool())
    kinds: dict[str, Any] = {
        "timestamp": pyarrow.timestamp("us", tz="UTC"),
        "decimal": pyarrow.decimal128(38, 12),
        "int64": pyarrow.int64(),
        "int32": pyarrow.int32(),
    }
    schema = pyarrow.schema([(name, kinds.get(types.get(name, ""), pyarrow.string())) for name in columns])
    with parquet.ParquetWriter(target, schema, compression="zstd") as writer:
        if Path(source).stat().st_size:
            batches = csv.open_csv(
                source,
                csv.ReadOptions(column_names=columns, block_size=_BLOCK_BYTES, use_threads=False),
                csv.ParseOptions(newlines_in_values=True),
                csv.ConvertOptions(
                    column_types=schema, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False
                ),
            )
            for batch in batches:
                writer.write_batch(batch)

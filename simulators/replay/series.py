"""Reads a file as its mapping says: series of (meter, times, values), each in the order of time."""

import csv
import datetime as dt
import json
import lzma
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from simulators.replay.mapping import Mapping, MappingError, MeterRule, TimeRule

Row = dict[str, str]


@dataclass(frozen=True)
class Series:
    """ts_ms: epoch ms; for interval meters the start of the period. values: what is sent, in unit_of_measure."""

    meter_code: str
    ts_ms: NDArray[np.int64]
    values: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.ts_ms)


def read_series(mapping: Mapping, data_dir: Path) -> list[Series]:
    """One series a meter, in the order of the mapping. Raises MappingError that names file and line."""
    path = data_dir / mapping.file.path
    rows = read_rows(mapping, path)
    times = row_times(mapping.time, rows, path)
    if mapping.layout.kind == "wide":
        return [_one(mapping, meter, rows, times, path, meter.column) for meter in mapping.meter]
    by_key: dict[tuple[str, ...], list[int]] = {}
    for index, row in enumerate(rows):
        by_key.setdefault(tuple(row[key] for key in mapping.layout.keys), []).append(index)
    result = []
    for meter in mapping.meter:
        indexes = by_key.get(meter.key)
        if not indexes:
            raise MappingError(f"{path}: no rows for {dict(zip(mapping.layout.keys, meter.key, strict=True))}")
        own_rows = [rows[index] for index in indexes]
        result.append(_one(mapping, meter, own_rows, times[indexes], path, mapping.layout.value))
    return result


def read_rows(mapping: Mapping, path: Path) -> list[Row]:
    """The rows of the file as printed, by column. Raises MappingError."""
    try:
        with _open(path, mapping.file.encoding) as file:
            if mapping.file.format == "json":
                return [{name: str(value) for name, value in row.items()} for row in json.load(file)]
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeError, lzma.LZMAError, json.JSONDecodeError) as error:
        raise MappingError(f"{path}: {error}") from error
    needed = {*mapping.time.columns, *mapping.layout.keys, *(m.column for m in mapping.meter if m.column)}
    needed |= {shift.column for shift in mapping.time.shift}
    absent = sorted(needed - set(rows[0])) if rows else sorted(needed)
    if absent:
        raise MappingError(f"{path}: the columns {', '.join(absent)} are missing")
    return rows


def _open(path: Path, encoding: str) -> TextIO:
    if path.suffix == ".xz":
        return lzma.open(path, "rt", encoding=encoding, newline="")
    return path.open(encoding=encoding, newline="")


def row_times(rule: TimeRule, rows: Sequence[Row], path: Path) -> NDArray[np.int64]:
    """Starts (or moments) of the rows, epoch ms. Raises MappingError."""
    stamps = [" ".join(row[column] for column in rule.columns) for row in rows]
    try:
        times = _parse(rule, stamps)
    except ValueError as error:
        raise MappingError(f"{path}: a time is not as {rule.format!r}: {error}") from error
    for shift in rule.shift:
        moved = np.fromiter((row[shift.column] == shift.equals for row in rows), dtype=bool, count=len(rows))
        times = times + moved * (shift.days * 86_400_000)
    if rule.stamp == "end":
        times = times - rule.interval_s * 1000
    return times


def _parse(rule: TimeRule, stamps: Sequence[str]) -> NDArray[np.int64]:
    if rule.format == "epoch_ms":
        return np.array([int(stamp) for stamp in stamps], dtype=np.int64)
    if rule.format == "iso":
        # numpy knows no zones; a trailing Z is the only one that these files have.
        local = np.array([stamp.removesuffix("Z") for stamp in stamps], dtype="datetime64[ms]").astype(np.int64)
    else:
        parsed = [dt.datetime.strptime(stamp, rule.format).replace(tzinfo=dt.UTC) for stamp in stamps]
        local = np.array([round(each.timestamp() * 1000) for each in parsed], dtype=np.int64)
    return local - round(rule.offset().total_seconds() * 1000)


def _one(
    mapping: Mapping, meter: MeterRule, rows: Sequence[Row], times: NDArray[np.int64], path: Path, column: str
) -> Series:
    absent = {"", *mapping.missing.values}
    cells = [row[column].strip() for row in rows]
    present = np.fromiter((cell not in absent for cell in cells), dtype=bool, count=len(cells))
    try:
        values = np.array([float(cell) for cell in cells if cell not in absent])
    except ValueError as error:
        raise MappingError(f"{path}: column {column}: {error}") from error
    if not np.isfinite(values).all():
        raise MappingError(f"{path}: column {column} holds a value that is not finite; name it under [missing]")
    if meter.constant is not None:
        values = np.full_like(values, meter.constant)
    elif meter.scale != 1.0:
        values = values * meter.scale
    own_times = times[present]
    order = np.argsort(own_times, kind="stable")
    own_times, values = own_times[order], values[order]
    twice = np.flatnonzero(np.diff(own_times) == 0)
    if twice.size:
        moment = dt.datetime.fromtimestamp(int(own_times[twice[0]]) / 1000, dt.UTC).isoformat()
        raise MappingError(f"{path}: meter {meter.code} has two values for {moment}")
    return Series(meter.code, own_times, values)


def limited(series: Iterator[Series] | Sequence[Series], *, from_ms: int | None, to_ms: int | None) -> list[Series]:
    """Only what lies in [from_ms, to_ms)."""
    result = []
    for each in series:
        first = 0 if from_ms is None else int(np.searchsorted(each.ts_ms, from_ms))
        last = len(each) if to_ms is None else int(np.searchsorted(each.ts_ms, to_ms))
        result.append(Series(each.meter_code, each.ts_ms[first:last], each.values[first:last]))
    return result

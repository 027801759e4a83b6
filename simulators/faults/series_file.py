"""A recorded series with faults, written as the source prints it so that it can be replayed; and the truth."""

import csv
import datetime as dt
import lzma
import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

from simulators.faults.inject import SERIES_FAULTS, Injected, inject
from simulators.faults.truth import TruthLog
from simulators.options import SHANGHAI
from simulators.replay.mapping import MAPPINGS_DIR, Mapping, load_mapping
from simulators.replay.series import read_rows, read_series, row_times

TRUTH_FILE = "faults.jsonl"


class InjectionError(ValueError):
    """The series cannot be given faults; the message says why."""


def write_with_faults(name: str, kind: str, *, rate: float, seed: int, data_dir: Path, out_dir: Path) -> list[Injected]:
    """Write the series `name` with faults of `kind`, its mapping and the truth log into `out_dir`.

    What lies there of an earlier run is replaced. Raises InjectionError, and MappingError where the series cannot be
    read.
    """
    mapping = load_mapping(name)
    _check(mapping, kind, data_dir, out_dir)
    made = [
        inject(series, kind, rate=rate, seed=seed, interval_s=mapping.time.interval_s)
        for series in read_series(mapping, data_dir)
    ]
    out_dir.mkdir(parents=True, exist_ok=True)
    _write_series(mapping, made, data_dir, out_dir)
    _write_mapping(name, out_dir, is_counter=SERIES_FAULTS[kind].of_counter)
    truth = out_dir / TRUTH_FILE
    truth.unlink(missing_ok=True)
    log = TruthLog(truth)
    for each in made:
        for fault in each.faults:
            log.write(fault.kind, meter=fault.meter, start=_iso(fault.first_ms), end=_iso(fault.end_ms), **fault.facts)
    log.close()
    return made


def _check(mapping: Mapping, kind: str, data_dir: Path, out_dir: Path) -> None:
    if kind not in SERIES_FAULTS:
        raise InjectionError(f"unknown fault {kind!r}; there are {', '.join(SERIES_FAULTS)}")
    if out_dir.resolve() == data_dir.resolve():
        raise InjectionError(f"{out_dir} holds the source itself: choose another folder")
    odd = [
        each.code for each in mapping.meter if each.kind != "interval" or each.scale != 1 or each.constant is not None
    ]
    if odd:
        raise InjectionError(f"{mapping.name}: only interval meters sent as printed can be given faults, not {odd[0]}")


def _write_series(mapping: Mapping, made: list[Injected], data_dir: Path, out_dir: Path) -> None:
    rows = read_rows(mapping, data_dir / mapping.file.path)
    times = row_times(mapping.time, rows, data_dir / mapping.file.path).tolist()
    by_meter = {each.series.meter_code: dict(_told(each)) for each in made}
    for meter in mapping.meter:
        column = meter.column if mapping.layout.kind == "wide" else mapping.layout.value
        values = by_meter[meter.code]
        for row, at_ms in zip(rows, times, strict=True):
            is_own = mapping.layout.kind == "wide" or tuple(row[key] for key in mapping.layout.keys) == meter.key
            if is_own and at_ms in values:
                row[column] = f"{values[at_ms]:.15g}"
    text = StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    path = out_dir / mapping.file.path
    content = text.getvalue().encode(mapping.file.encoding)
    path.write_bytes(lzma.compress(content, preset=1) if path.suffix == ".xz" else content)


def _told(injected: Injected) -> Iterator[tuple[int, float]]:
    return zip(injected.series.ts_ms.tolist(), injected.series.values.tolist(), strict=True)


def _write_mapping(name: str, out_dir: Path, *, is_counter: bool) -> None:
    """The mapping itself, so that the folder can be replayed; with counters where the values are registers."""
    source = Path(name) if name.endswith(".toml") else MAPPINGS_DIR / f"{name}.toml"
    text = source.read_text("utf-8")
    if is_counter:
        text = re.sub(r'^kind = "interval"$', 'kind = "counter"', text, flags=re.MULTILINE)
    (out_dir / source.name).write_text(text, encoding="utf-8")


def _iso(at_ms: int) -> str:
    return dt.datetime.fromtimestamp(at_ms / 1000, SHANGHAI).isoformat()

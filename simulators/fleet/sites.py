"""Where the simulated enterprises and parks are, from sites.csv and parks.csv."""

import csv
from pathlib import Path

import msgspec

from simulators.registry import Park

_HERE = Path(__file__).parent


class Site(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of sites.csv with its number. scale: size against the model."""

    number: int
    area_code: str
    park_code: str
    model: str
    label_zh: str
    label_en: str
    scale: float

    @property
    def prefix(self) -> str:
        return f"{self.area_code}-{self.number:04d}"


def load_parks() -> list[Park]:
    with (_HERE / "parks.csv").open(encoding="utf-8", newline="") as file:
        return [Park(**row) for row in csv.DictReader(file)]


def load_sites(count: int) -> list[Site]:
    """The first `count` sites; after the end of the list it is gone through again, with other numbers and sizes."""
    with (_HERE / "sites.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    sites = []
    for index in range(count):
        row, lap = rows[index % len(rows)], index // len(rows)
        scale = float(row["scale"]) * (1.0 + 0.13 * lap) / (1.0 + 0.1 * lap * lap)
        suffix = f"{lap + 1}" if lap else ""
        sites.append(
            Site(
                number=index + 1,
                area_code=row["area_code"],
                park_code=row["park_code"],
                model=row["model"],
                label_zh=row["label_zh"] + suffix,
                label_en=row["label_en"] + (f" {suffix}" if suffix else ""),
                scale=scale,
            )
        )
    return sites

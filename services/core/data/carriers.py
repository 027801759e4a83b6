"""Energy carriers, and the energy-free quantities measured beside them."""

from dataclasses import dataclass

from services.core.data.loader import DATA, Sourced, load

FILE = DATA / "carriers.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier(Sourced):
    """One carrier and the unit in which its quantities are kept and answered."""

    name_zh: str
    name_en: str
    unit: str
    is_energy: bool
    nbs_code: str | None = None
    """Two-digit code in the energy table 205-1 of the statistics bureau; `verified` speaks of it."""


def carriers() -> tuple[Carrier, ...]:
    """All carriers. Raises DataFileError when the file does not keep its rules."""
    return load(Carrier, FILE)

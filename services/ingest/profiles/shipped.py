"""Profiles that Enermon is shipped with: a file each, for the products whose messages are known."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from services.ingest.profiles.language import Profile, compiled

_FOLDER = Path(__file__).parent / "products"


@dataclass(frozen=True, slots=True)
class ShippedProfile:
    """A profile as it was shipped: its document is what `compiled` takes."""

    name: str
    version: int
    document: Mapping[str, Any]

    def profile(self) -> Profile:
        """Compiled. Raises ProfileError."""
        return compiled(dict(self.document))


@cache
def shipped_profiles() -> Mapping[str, ShippedProfile]:
    """All of them, by name."""
    found = {}
    for file in sorted(_FOLDER.glob("*.toml")):
        document = tomllib.loads(file.read_text("utf-8"))
        found[file.stem] = ShippedProfile(file.stem, document.pop("version"), document)
    return found

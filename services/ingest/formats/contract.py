"""What a format of messages is: declared once, beside its decoder."""

from collections.abc import Callable
from dataclasses import dataclass

from services.ingest.message import Decoded


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatKind:
    """A format: its name, and its decoder, which is pure."""

    name: str
    """As topics and requests name it; lower case letters, digits and -."""
    decode: Callable[[str, bytes], Decoded]
    """From gateway and payload to samples. Raises UnreadableMessage."""

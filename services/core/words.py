"""The words of every enumeration, by kind and code: one catalogue for the API, messages, pages and exports. Pure."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from services.core.reason import InBoth


def _read() -> Mapping[str, Mapping[str, InBoth]]:
    whole = tomllib.loads(Path(__file__).with_name("words.toml").read_text("utf-8"))
    return {kind: {code: InBoth(**texts) for code, texts in codes.items()} for kind, codes in whole.items()}


WORDS = _read()


def in_english(kind: str) -> dict[str, str]:
    """The English words of a kind by code. Raises KeyError."""
    return {code: text.en for code, text in WORDS[kind].items()}


def in_chinese(kind: str) -> dict[str, str]:
    """The Chinese words of a kind by code. Raises KeyError."""
    return {code: text.zh for code, text in WORDS[kind].items()}

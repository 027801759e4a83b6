"""Every reason that Enermon gives, by what it is about and by its code: one catalogue, English and Chinese. Pure.

The words stand in reasons.toml. A code has one meaning within what it is about: a list that is `too_short` is one
thing, a period another.
"""

import enum
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple


class InBoth(NamedTuple):
    """The same in both languages."""

    en: str
    zh: str


class About(enum.StrEnum):
    """What a reason explains."""

    VERDICT = "verdict"
    """Why a value is judged as it is, or cannot be."""
    PROGRESS = "progress"
    """Why an area is judged as it is in dual control."""
    SUM = "sum"
    """Why something is not in a sum, and why nothing is said of its change."""
    REFUSAL = "refusal"
    """Why a value is refused."""
    RULE = "rule"
    """What is wrong with a rule of alerts."""
    ENDED = "ended"
    """Why an alert has ended."""


def _read() -> Mapping[About, Mapping[str, InBoth]]:
    whole = tomllib.loads(Path(__file__).with_name("reasons.toml").read_text("utf-8"))
    return {about: {code: InBoth(**texts) for code, texts in whole[about].items()} for about in About}


REASONS = _read()


def reason_text(about: About, code: str, /, **mentions: Any) -> InBoth:
    """The reason with what it mentions; a mention InBoth has its own words in each language. Raises KeyError."""
    known = REASONS[about][code]
    return InBoth(*(text.format_map(_in(language, mentions)) for language, text in enumerate(known)))


def _in(language: int, mentions: Mapping[str, Any]) -> dict[str, Any]:
    return {name: each[language] if isinstance(each, InBoth) else each for name, each in mentions.items()}

"""Where a row of a table stands in its source, in Chinese: places are written in English, with remarks. Pure."""

import re
import tomllib
from functools import cache
from pathlib import Path

_BETWEEN = "; "
_REMARK = re.compile(r"[A-Za-z]{3}")
"""A part with English words."""


@cache
def place_in_chinese(place: str) -> str:
    """The place in Chinese, without remarks that have no words there; empty where nothing is left."""
    said = (_part(part) for part in place.split(_BETWEEN))
    return "；".join(dict.fromkeys(part for part in said if part))


def _part(part: str) -> str:
    if part in _PARTS:
        return _PARTS[part]
    for pattern, chinese in _PATTERNS:
        if found := pattern.fullmatch(part):
            return chinese.format_map(found.groupdict())
    return "" if _REMARK.search(part) else part


_WORDS = tomllib.loads(Path(__file__).with_name("places.toml").read_text("utf-8"))
_PARTS: dict[str, str] = _WORDS["parts"]
_PATTERNS = [(re.compile(each["fits"]), str(each["zh"])) for each in _WORDS["pattern"]]

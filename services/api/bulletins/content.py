"""What a bulletin holds: asked of the API, written so that its digest is one, and held against what is said now."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from services.api.bulletins.beside import change_percent
from services.api.bulletins.lines import lines_of
from services.api.bulletins.model import BulletinDifference, BulletinLine
from services.api.bulletins.questions import AreaMonth, questions

FORM = 1
"""Of the content; one that is read otherwise has another number."""


def content_of(of: AreaMonth, answers: Mapping[str, Mapping[str, Any]], carriers: Mapping[str, Any]) -> dict[str, Any]:
    """The content, out of what the API answered. `carriers`: names of carriers, Chinese and English."""
    lines = lines_of({**answers, "names_of_carriers": carriers})
    return {
        "form": FORM,
        "area": of.area,
        "month": of.text,
        "start": of.day(0),
        "end": of.day(1),
        "data": [line.model_dump(mode="json") for line in lines],
        "rows": _rows(answers.values()),
        "questions": {name: question.address for name, question in questions(of).items()},
        "pending": answers["balance"]["pending"],
    }


def written(content: Mapping[str, Any]) -> bytes:
    """The content as it is stored: JSON in UTF-8, keys in order, no blanks, so that the same is written the same."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def digest_of(stored: bytes) -> bytes:
    """SHA-256 of a content as it is stored."""
    return hashlib.sha256(stored).digest()


def differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[BulletinDifference]:
    """Line by line what was said and what is said now; lines that are new come last."""
    before = {line["key"]: BulletinLine(**line) for line in then["data"]}
    after = {line["key"]: BulletinLine(**line) for line in now["data"]}
    keys = [*before, *(key for key in after if key not in before)]
    return [_difference(before.get(key), after.get(key)) for key in keys]


def rows_that_differ(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows of documents of now that were not there, or were others."""
    known = {json.dumps(row, sort_keys=True) for row in then["rows"]}
    return [row for row in now["rows"] if json.dumps(row, sort_keys=True) not in known]


def _difference(then: BulletinLine | None, now: BulletinLine | None) -> BulletinDifference:
    line = now or then
    assert line is not None, "a key is of one of them"
    old, new = (None if each is None else each.value for each in (then, now))
    state = "gone" if now is None else "new" if then is None else "same" if _said(then) == _said(now) else "changed"
    return BulletinDifference(
        **{name: getattr(line, name) for name in ("key", "section", "name_zh", "name_en", "unit")},
        state=state,
        then=old,
        now=new,
        change=None if old is None or new is None else new - old,
        change_percent=change_percent(old, new),
        coverage_then=then and then.coverage,
        coverage_now=now and now.coverage,
        text_then_zh=then and then.text_zh,
        text_then_en=then and then.text_en,
        text_now_zh=now and now.text_zh,
        text_now_en=now and now.text_en,
    )


def _said(line: BulletinLine) -> Sequence[Any]:
    """What of a line makes a difference: what it says of its own month."""
    return line.value, line.unit, line.coverage, line.text_zh


def _rows(answers: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows of documents of all answers, each once."""
    found = {json.dumps(row, sort_keys=True): row for answer in answers for row in answer.get("rows") or ()}
    return sorted(found.values(), key=lambda row: (row["code"], row["valid_from"]))

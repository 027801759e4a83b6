"""Reads the fields of a rule's body strictly: what is missing, unknown or of another kind is told by its path. Pure."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

_SLUG = re.compile("[a-z0-9][a-z0-9_]{0,63}")
_MOST_ENTRIES = 200
_GREATEST = 1e15


class RuleError(ValueError):
    """A rule does not keep its form; the message names the field and says what is allowed, in both languages."""

    def __init__(self, path: str, problem: str, problem_zh: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path = path
        self.problem = problem
        self.problem_zh = problem_zh


class Fields:
    """The fields of one table of a rule. Each is taken once; `refuse_others` tells what nobody took."""

    def __init__(self, body: Mapping[str, Any], path: str = "") -> None:
        if not isinstance(body, Mapping):
            raise RuleError(path or "rule", "must be a table of fields", "必须是由字段组成的表")
        self._body, self._path, self._known = body, path, dict.fromkeys(("",))

    def path_of(self, name: str) -> str:
        """How a field is named in messages."""
        return ".".join(part for part in (self._path, name) if part)

    def has(self, name: str) -> bool:
        """Whether the field is given; null counts as left out."""
        self._known[name] = None
        return self._body.get(name) is not None

    def _take(self, name: str) -> Any:
        if not self.has(name):
            raise RuleError(self.path_of(name), "is missing", "缺少此项")
        return self._body[name]

    def refuse_others(self) -> None:
        """Raise RuleError for a field that is not known here."""
        for name in self._body:
            if name not in self._known:
                known = ", ".join(sorted(filter(None, self._known)))
                problem, problem_zh = f"is not known; the fields are {known}", f"没有此项；可用的项：{known}"
                raise RuleError(self.path_of(str(name)), problem, problem_zh)

    def table(self, name: str) -> "Fields":
        """A table within."""
        return Fields(self._take(name), self.path_of(name))

    def text(self, name: str, *, most_characters: int) -> str:
        """A text that is not empty."""
        given = self._take(name)
        if not isinstance(given, str) or not given.strip():
            raise RuleError(self.path_of(name), "must be a text that is not empty", "必须是非空文本")
        if len(given) > most_characters:
            raise RuleError(
                self.path_of(name),
                f"has {len(given)} characters; at most {most_characters} are allowed",
                f"共 {len(given)} 个字符，最多 {most_characters} 个",
            )
        return given.strip()

    def slug(self, name: str) -> str:
        """A name for programs."""
        given = self._take(name)
        if not isinstance(given, str) or not _SLUG.fullmatch(given):
            raise RuleError(
                self.path_of(name),
                "must be 1 to 64 small letters, digits and underscores, beginning with a letter or digit",
                "必须由 1 至 64 个小写字母、数字或下划线组成，且以字母或数字开头",
            )
        return given

    def one_of(self, name: str, allowed: Iterable[str]) -> str:
        """One of some words."""
        words = [str(word) for word in allowed]
        given = self._take(name)
        if given not in words:
            known = ", ".join(words)
            raise RuleError(
                self.path_of(name), f"{given!r} is not one of: {known}", f"{given!r} 不在可选值之内：{known}"
            )
        return str(given)

    def texts(self, name: str, *, pattern: str, written: str, written_zh: str) -> frozenset[str]:
        """A list of codes; empty where the field is left out."""
        if not self.has(name):
            return frozenset()
        given = self._body[name]
        if not isinstance(given, Sequence) or isinstance(given, str) or not given or len(given) > _MOST_ENTRIES:
            raise RuleError(
                self.path_of(name),
                f"must be a list of 1 to {_MOST_ENTRIES} entries, or be left out",
                f"必须是含 1 至 {_MOST_ENTRIES} 条的列表，或不填",
            )
        for each in given:
            if not isinstance(each, str) or not re.fullmatch(pattern, each):
                raise RuleError(self.path_of(name), f"{each!r} is not {written}", f"{each!r} 不是{written_zh}")
        return frozenset(given)

    def some_of(self, name: str, allowed: Iterable[str]) -> frozenset[str]:
        """A list of some of these words; empty where the field is left out."""
        words = [str(word) for word in allowed]
        pattern = "|".join(map(re.escape, words))
        known = ", ".join(words)
        return self.texts(name, pattern=pattern, written=f"one of: {known}", written_zh=f"可选值之一：{known}")

    def truth(self, name: str, *, default: bool | None = None) -> bool:
        """true or false."""
        if default is not None and not self.has(name):
            return default
        given = self._take(name)
        if not isinstance(given, bool):
            raise RuleError(self.path_of(name), "must be true or false", "必须是 true 或 false")
        return given

    def whole(self, name: str, *, least: int = 0, most: int, default: int | None = None) -> int:
        """A whole number."""
        if default is not None and not self.has(name):
            return default
        given = self._take(name)
        if isinstance(given, bool) or not isinstance(given, int) or not least <= given <= most:
            raise RuleError(
                self.path_of(name),
                f"must be a whole number from {least} to {most}",
                f"必须是 {least} 至 {most} 的整数",
            )
        return given

    def number(self, name: str) -> Fraction:
        """A number, as exact as it is written."""
        given = self._take(name)
        if isinstance(given, bool) or not isinstance(given, int | float) or not math.isfinite(given):
            raise RuleError(self.path_of(name), "must be a number", "必须是数")
        if abs(given) > _GREATEST:
            raise RuleError(
                self.path_of(name),
                f"must lie between {-_GREATEST:g} and {_GREATEST:g}",
                f"必须在 {-_GREATEST:g} 与 {_GREATEST:g} 之间",
            )
        return Fraction(repr(given))

    def share(self, name: str) -> float | None:
        """A share from 0 to 1; None where the field is left out."""
        if not self.has(name):
            return None
        given = float(self.number(name))
        if not 0 <= given <= 1:
            raise RuleError(self.path_of(name), "must be a share from 0 to 1", "必须是 0 至 1 的比例")
        return given

    def exactly_one(self, names: Sequence[str]) -> str:
        """Which of these fields is given. Raises RuleError for none and for several."""
        given = [name for name in names if self.has(name)]
        if len(given) != 1:
            known = ", ".join(names)
            raise RuleError(self.path_of(""), f"must have exactly one of: {known}", f"须且只须填写其中一项：{known}")
        return given[0]

"""Where in a document something stands: pointers (RFC 6901) from the root, the row or rows above, and iterators. Pure.

access   := "/" pointer      from the root of the document
          | "." pointer      from the present row
          | "^"+ pointer     from one (two, …) iterated rows above
          | "@" name         a bound name: part of the topic, key, index
          | "=" text         a constant
each     := ( "/" pointer | "[" name? "]" | "{" name? "}" )*
template := text with {name} or {access}; {{ and }} stand for braces
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from services.core.reason import InBoth

LONGEST = 1_000
"""Characters of an access or a template."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,49}")
_STEP = re.compile(r"\[([A-Za-z0-9_]*)\]|\{([A-Za-z0-9_]*)\}|/([^/\[{]*)")
_PART = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


class ProfileError(ValueError):
    """What is wrong with a profile, and where in it; `problem` says so in both languages."""

    def __init__(self, place: str, english: str, chinese: str) -> None:
        super().__init__(f"{place}: {english}" if place else english)
        self.place = place
        self.problem = InBoth(english, chinese)


class _Sign:
    """Stands for a value that is none."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name


MISSING = _Sign("nothing")
"""There is nothing at that place."""
AMBIGUOUS = _Sign("given twice")
"""An object has the name twice."""

Names = dict[str, Any]
Above = tuple[Any, ...]
Find = Callable[[Any, Any, Above, Names], Any]
"""From root, row, rows above (the nearest last) and names: what stands there, or MISSING."""


@dataclass(frozen=True, slots=True)
class Bound:
    """What an access may refer to: the names that are bound, and how many iterated rows there are."""

    names: frozenset[str]
    rows: int = 0


def tokens_of(pointer: str, place: str) -> tuple[str, ...]:
    """The names of a pointer, without its first slash. Raises ProfileError."""
    if re.search("~(?![01])", pointer):
        raise ProfileError(
            place,
            "in a pointer ~ is written ~0 and / in a name ~1 (RFC 6901)",
            "指针中 ~ 写作 ~0，名称中的 / 写作 ~1（RFC 6901）",
        )
    return tuple(each.replace("~1", "/").replace("~0", "~") for each in pointer.split("/")) if pointer else ()


def follow(node: Any, tokens: Sequence[str]) -> Any:
    """What stands at these names below a node; names of a list are its places from 0 on."""
    for token in tokens:
        if type(node) is dict:
            node = node.get(token, MISSING)
        elif type(node) is list and token.isdecimal() and token.isascii() and len(token) < 7 and int(token) < len(node):
            node = node[int(token)]
        else:
            return AMBIGUOUS if node is AMBIGUOUS else MISSING
    return node


def access(text: Any, place: str, bound: Bound) -> Find:
    """An access as a function. Raises ProfileError."""
    if not isinstance(text, str) or not text or len(text) > LONGEST:
        raise ProfileError(
            place, "must be an access: a text that begins with / . ^ @ or =", "应为取值路径：以 / . ^ @ 或 = 开头的文本"
        )
    sign, rest = text[0], text[1:]
    if sign == "/":
        tokens = tokens_of(rest, place)
        return lambda root, _row, _above, _names: follow(root, tokens)
    if sign == ".":
        return _of_row(tokens_of(rest.removeprefix("/"), place))
    if sign == "^":
        levels = len(text) - len(text.lstrip("^"))
        if levels >= bound.rows:
            raise ProfileError(
                place,
                f"{text!r} goes {levels} rows up, and each has {bound.rows} iterators",
                f"{text!r} 上溯 {levels} 行，而 each 只有 {bound.rows} 个迭代",
            )
        tokens = tokens_of(text[levels:].removeprefix("/"), place)
        return lambda _root, _row, above, _names: follow(above[-levels], tokens)
    if sign == "@":
        if rest not in bound.names:
            known = ", ".join(sorted(bound.names)) or "none"
            raise ProfileError(
                place,
                f"no name {rest!r} is bound; those that are: {known}",
                f"没有绑定名称 {rest!r}；已绑定的有：{known}",
            )
        return lambda _root, _row, _above, names: names.get(rest, MISSING)
    if sign == "=":
        return lambda _root, _row, _above, _names: rest
    raise ProfileError(
        place,
        f"{text!r} is no access: it must begin with / . ^ @ or =",
        f"{text!r} 不是取值路径：应以 / . ^ @ 或 = 开头",
    )


def _of_row(tokens: tuple[str, ...]) -> Find:
    if not tokens:
        return lambda _root, row, _above, _names: row
    if len(tokens) > 1 or tokens[0].isdecimal():
        return lambda _root, row, _above, _names: follow(row, tokens)
    (name,) = tokens

    def at(_root: Any, row: Any, _above: Above, _names: Names) -> Any:
        return row.get(name, MISSING) if type(row) is dict else MISSING

    return at


def first_of(finds: Sequence[Find]) -> Find:
    """The first that is there."""
    if len(finds) == 1:
        return finds[0]
    first, *others = finds

    def found(root: Any, row: Any, above: Above, names: Names) -> Any:
        value = first(root, row, above, names)
        if value is MISSING:
            for find in others:
                value = find(root, row, above, names)
                if value is not MISSING:
                    return value
        return value

    return found


def accesses(given: Any, place: str, bound: Bound) -> Find:
    """An access, or a list of them of which the first that is there counts. Raises ProfileError."""
    if not isinstance(given, list):
        return access(given, place, bound)
    if not 0 < len(given) <= 10:
        raise ProfileError(
            place, "must be an access or a list of 1 to 10 of them", "应为取值路径，或 1 至 10 个取值路径的列表"
        )
    return first_of([access(each, f"{place}[{number}]", bound) for number, each in enumerate(given)])


def template(text: Any, place: str, bound: Bound, *, shown: Callable[[Any], str | None]) -> Find:
    """A template as a function that gives the text, or MISSING where a part of it is not there.

    `shown` writes a part; None where it cannot be written. Raises ProfileError.
    """
    if not isinstance(text, str) or not text or len(text) > LONGEST:
        raise ProfileError(
            place,
            "must be a template: a text, with {name} or {access} for what it takes from the message",
            "应为模板文本，用 {名称} 或 {取值路径} 表示取自报文的部分",
        )
    parts: list[str | Find] = []
    end = 0
    for match in _PART.finditer(text):
        parts.append(text[end : match.start()])
        end = match.end()
        if match[0] in ("{{", "}}"):
            parts.append(match[0][0])
        elif match[1] is None:
            raise ProfileError(
                place,
                f"a brace is alone at character {match.start()}; write {{{{ or }}}} for one",
                f"第 {match.start()} 个字符处的花括号不成对；单个花括号写作 {{{{ 或 }}}}",
            )
        else:
            inner = match[1]
            parts.append(access(f"@{inner}" if _NAME.fullmatch(inner) else inner, place, bound))
    parts.append(text[end:])
    parts = [part for part in parts if part != ""]
    if len(parts) == 1 and callable(parts[0]):
        return _one(parts[0], shown)
    return _joined(parts, shown)


def _one(find: Find, shown: Callable[[Any], str | None]) -> Find:
    def text(root: Any, row: Any, above: Above, names: Names) -> Any:
        value = find(root, row, above, names)
        said = shown(value)
        return MISSING if said is None else said

    return text


def _joined(parts: Sequence[str | Find], shown: Callable[[Any], str | None]) -> Find:
    def text(root: Any, row: Any, above: Above, names: Names) -> Any:
        said = []
        for part in parts:
            each = part if isinstance(part, str) else shown(part(root, row, above, names))
            if each is None:
                return MISSING
            said.append(each)
        return "".join(said)

    return text


def plain_text(value: Any) -> str | None:
    """A value as a part of a name: text as it is, numbers as they are written; nothing else is one."""
    if type(value) is str:
        return value
    return repr(value) if type(value) in (int, float) else None


Row = tuple[Any, Above]
Each = Callable[[Any, Names], Iterator[Row]]
"""From the root the rows, each with the rows above; names are bound as it goes on."""


def each_of(text: Any, place: str) -> tuple[Each, frozenset[str], int]:
    """Iterators as a function, the names that they bind, and how many there are. Raises ProfileError."""
    if not isinstance(text, str) or not text or len(text) > LONGEST:
        raise ProfileError(
            place, "must be a text such as /values[] or /values{tag}", "应为 /values[] 或 /values{tag} 这样的文本"
        )
    steps: list[tuple[str, str]] = []
    names: list[str] = []
    end = 0
    while end < len(text):
        match = _STEP.match(text, end)
        if match is None:
            raise ProfileError(
                place,
                f"{text[end:]!r} is neither /name nor [] nor {{}}",
                f"{text[end:]!r} 既不是 /名称，也不是 [] 或 {{}}",
            )
        kind = {"[": "list", "{": "object", "/": "name"}[text[end]]
        end = match.end()
        bound = match[1] if kind == "list" else match[2] if kind == "object" else ""
        if bound:
            if not _NAME.fullmatch(bound) or bound in names:
                raise ProfileError(
                    place,
                    f"{bound!r} cannot be bound: it is no name, or is bound twice",
                    f"不能绑定 {bound!r}：不是名称，或绑定了两次",
                )
            names.append(bound)
        steps.append((kind, tokens_of(match[3], place)[0] if kind == "name" and match[3] else bound))
    iterators = sum(kind != "name" for kind, _ in steps)
    if iterators > 6 or len(steps) > 30:
        raise ProfileError(place, "has more than 6 iterators or 30 steps", "超过 6 个迭代或 30 步")
    # What is reached by names alone after the last iterator is a row below it.
    return _walk(tuple(steps)), frozenset(names), iterators + (iterators > 0 and steps[-1][0] == "name")


def _walk(steps: tuple[tuple[str, str], ...]) -> Each:
    at = 0
    while at < len(steps) and steps[at][0] == "name":
        at += 1
    pointer = tuple(name for _, name in steps[:at])
    if at == len(steps):
        return lambda root, _names: iter([(follow(root, pointer), ())])
    kind, name = steps[at]
    rest = steps[at + 1 :]
    inner = _walk(rest) if rest else None
    items = _of_list if kind == "list" else _of_object

    def walk(root: Any, names: Names) -> Iterator[Row]:
        for key, row in items(follow(root, pointer)):
            if name:
                names[name] = key
            if inner is None:
                yield row, ()
            else:
                for deeper, above in inner(row, names):
                    yield deeper, (row, *above)

    return walk


def _of_list(node: Any) -> Iterator[tuple[Any, Any]]:
    if type(node) is list:
        return iter(enumerate(node))
    return iter(()) if node is MISSING else iter([(0, node)])


def _of_object(node: Any) -> Iterator[tuple[Any, Any]]:
    return iter(node.items()) if type(node) is dict else iter(())

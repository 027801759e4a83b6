"""Profiles: how the messages of a product are read, as data. Compiled and checked before they are kept. Pure.

A profile is a table of a closed list of fields (docs/gateways.md); it has no expressions, so nothing that an operator
writes can do more than say where something stands.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from services.ingest.foreign import LONGEST_POINT, StandsFor
from services.ingest.message import LARGEST_PAYLOAD_BYTES, MOST_READINGS
from services.ingest.profiles.access import (
    Bound,
    Each,
    Find,
    ProfileError,
    access,
    accesses,
    each_of,
    plain_text,
    template,
)
from services.ingest.profiles.matching import TopicTemplate, topic_template
from services.ingest.profiles.moments import Read, reader
from services.ingest.profiles.shown import json_text

CODECS = ("json", "json+zlib", "json+gzip", "text", "senml")
_OF_MESSAGES = {"topics", "codec", "where", "gateway", "each", "emit", "good", "time", "value", "skip", "limits"}
_FIELDS = frozenset({*_OF_MESSAGES, "ack", "resends", "title"})
_ONCE = re.compile(r"\(\?|\)[*+?{]|\\[0-9]")
_UNBOUNDED = re.compile(r"(?<!\\)(?:\*|\+|\{[0-9]*,\})")


@dataclass(frozen=True, slots=True)
class Emit:
    """What is read of a row: the name of a point, its value, and its unit."""

    point: Find
    value: Find
    unit: Find | None = None


@dataclass(frozen=True, slots=True)
class Constants:
    """Constants among which a code must be. True is not 1."""

    plain: frozenset[Any]
    booleans: frozenset[bool]

    def __contains__(self, code: Any) -> bool:
        if code is True or code is False:
            return code in self.booleans
        return type(code) in (str, int, float) and code in self.plain


@dataclass(frozen=True, slots=True)
class Good:
    """By which code a row is good."""

    at: Find
    among: Constants
    missing: bool


@dataclass(frozen=True, slots=True)
class RowTimes:
    """Where the time of a row stands and how it is written. `read` is None where there is none at all."""

    at: Find | None = None
    read: Read | None = None
    base: Find | None = None
    received: bool = False
    stands_for: StandsFor = StandsFor.MOMENT


@dataclass(frozen=True, slots=True)
class Ack:
    """What the gateway is told after the commit."""

    topic: Find
    payload: Find


@dataclass(frozen=True, slots=True)
class Profile:
    """A compiled profile."""

    topics: tuple[TopicTemplate, ...]
    codec: str
    where: tuple[tuple[Find, Constants], ...]
    gateway: Find | None
    each: Each | None
    emit: tuple[Emit, ...]
    good: Good | None
    time: RowTimes
    strings: bool
    booleans: bool
    none: Constants
    is_skipped: Callable[[str], bool] | None
    ack: Ack | None
    most_rows: int = MOST_READINGS
    most_bytes: int = LARGEST_PAYLOAD_BYTES
    resends: bool = False
    """Whether the product keeps what it could not send, and sends it later."""
    title: Mapping[str, str] = field(default_factory=dict)


def compiled(document: Any) -> Profile:
    """A profile from its document. Raises ProfileError with the place of what is wrong."""
    fields = _table(document, "", _FIELDS, needed={"emit"})
    codec = fields.get("codec", "json")
    if codec not in CODECS:
        raise ProfileError("codec", f"must be one of {', '.join(CODECS)}", f"应为以下之一：{'、'.join(CODECS)}")
    topics = _topics(fields.get("topics"))
    bound = {name for topic in topics for name in topic.names} | {"gateway"}
    of_message = Bound(frozenset(bound))
    each, of_row = None, of_message
    if "each" in fields:
        each, names, rows = each_of(fields["each"], "each")
        if names & bound:
            raise ProfileError(
                "each",
                f"binds {min(names & bound)!r}, which is bound by a topic or is the gateway",
                f"绑定了 {min(names & bound)!r}，而它已由主题绑定，或是网关",
            )
        of_row = Bound(frozenset(bound | names), rows)
    limits = _table(fields.get("limits", {}), "limits", {"rows", "bytes"})
    values = _table(fields.get("value", {}), "value", {"strings", "bool", "none"})
    return Profile(
        topics=topics,
        codec=codec,
        where=_where(fields.get("where", {}), of_message),
        gateway=template(fields["gateway"], "gateway", of_message, shown=plain_text) if "gateway" in fields else None,
        each=each,
        emit=_emits(fields["emit"], of_row),
        good=_good(fields["good"], of_row) if "good" in fields else None,
        time=_times(fields.get("time", {}), of_row),
        strings=_flag(values.get("strings", True), "value.strings"),
        booleans=_flag(values.get("bool", False), "value.bool"),
        none=_codes(values.get("none", []), "value.none", least=0),
        is_skipped=_skip(fields["skip"]) if "skip" in fields else None,
        ack=_ack(fields["ack"], of_message) if "ack" in fields else None,
        most_rows=_limit(limits.get("rows", MOST_READINGS), "limits.rows", MOST_READINGS),
        most_bytes=_limit(limits.get("bytes", LARGEST_PAYLOAD_BYTES), "limits.bytes", LARGEST_PAYLOAD_BYTES),
        resends=_flag(fields.get("resends", False), "resends"),
        title=_titles(fields.get("title", {})),
    )


def _table(given: Any, place: str, known: frozenset[str] | set[str], needed: set[str] | None = None) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise ProfileError(place or "profile", "must be a table of fields", "应为字段表")
    for name in given:
        if name not in known:
            where = f"{place}.{name}" if place else str(name)
            raise ProfileError(
                where[:200],
                f"is no field; those that are: {', '.join(sorted(known))}",
                f"没有这个字段；可用的有：{'、'.join(sorted(known))}",
            )
    for name in sorted(needed or ()):
        if name not in given:
            raise ProfileError(f"{place}.{name}" if place else name, "is needed", "必填")
    return given


def _topics(given: Any) -> tuple[TopicTemplate, ...]:
    if not isinstance(given, list) or not 0 < len(given) <= 20:
        raise ProfileError("topics", "is needed: a list of 1 to 20 topics", "必填：1 至 20 个主题的列表")
    return tuple(topic_template(each, f"topics[{number}]") for number, each in enumerate(given))


def _where(given: Any, bound: Bound) -> tuple[tuple[Find, Constants], ...]:
    if not isinstance(given, dict) or len(given) > 10:
        raise ProfileError(
            "where",
            "must be a table of at most 10 accesses with the constants allowed there",
            "应为至多 10 个取值路径及其允许常量的表",
        )
    return tuple((access(at, "where", bound), _codes(among, f"where.{at}")) for at, among in given.items())


def _codes(given: Any, place: str, *, least: int = 1) -> Constants:
    if not isinstance(given, list) or not least <= len(given) <= 100:
        raise ProfileError(place, f"must be a list of {least} to 100 constants", f"应为 {least} 至 100 个常量的列表")
    if not all(type(each) in (str, int, float, bool) for each in given):
        raise ProfileError(place, "a constant is a text, a number, true or false", "常量应为文本、数字、true 或 false")
    booleans = frozenset(each for each in given if type(each) is bool)
    return Constants(frozenset(each for each in given if type(each) is not bool), booleans)


def _emits(given: Any, bound: Bound) -> tuple[Emit, ...]:
    if not isinstance(given, list) or not 0 < len(given) <= 200:
        raise ProfileError(
            "emit",
            "must be a list of 1 to 200 tables with point and value",
            "应为 1 至 200 个含 point 与 value 的表的列表",
        )
    found = []
    for number, each in enumerate(given):
        place = f"emit[{number}]"
        fields = _table(each, place, {"point", "value", "unit"}, needed={"point", "value"})
        point = template(fields["point"], f"{place}.point", bound, shown=plain_text)
        unit = access(fields["unit"], f"{place}.unit", bound) if "unit" in fields else None
        found.append(Emit(point, accesses(fields["value"], f"{place}.value", bound), unit))
    return tuple(found)


def _good(given: Any, bound: Bound) -> Good:
    fields = _table(given, "good", {"at", "in", "missing"}, needed={"at", "in"})
    at = accesses(fields["at"], "good.at", bound)
    return Good(at, _codes(fields["in"], "good.in"), _flag(fields.get("missing", False), "good.missing"))


def _times(given: Any, bound: Bound) -> RowTimes:
    fields = _table(given, "time", {"at", "format", "zone", "base", "missing", "stands_for"})
    if fields.get("missing", "reject") not in ("reject", "received"):
        raise ProfileError("time.missing", "must be reject or received", "应为 reject 或 received")
    received = fields.get("missing") == "received"
    if fields.get("stands_for", "moment") not in {each.value for each in StandsFor}:
        raise ProfileError("time.stands_for", "must be moment, start or end", "应为 moment、start 或 end")
    stands_for = StandsFor(fields.get("stands_for", "moment"))
    if "at" not in fields and "base" not in fields:
        if not received:
            raise ProfileError(
                "time",
                'needs at and format, or missing = "received" for messages without a time',
                '需要 at 与 format；报文不带时间的写 missing = "received"',
            )
        if {"format", "zone"} & fields.keys():
            raise ProfileError("time.at", "is needed beside format and zone", "有 format 和 zone 时必填")
        return RowTimes(received=True, stands_for=stands_for)
    if "format" not in fields:
        raise ProfileError("time.format", "is needed: times are not guessed", "必填：时间格式不作猜测")
    return RowTimes(
        at=accesses(fields["at"], "time.at", bound) if "at" in fields else None,
        read=reader(fields["format"], fields.get("zone"), "time"),
        base=accesses(fields["base"], "time.base", bound) if "base" in fields else None,
        received=received,
        stands_for=stands_for,
    )


def _skip(given: Any) -> Callable[[str], bool]:
    if not isinstance(given, str) or not 0 < len(given) <= LONGEST_POINT:
        raise ProfileError(
            "skip",
            f"must be a regular expression of at most {LONGEST_POINT} characters",
            f"应为不超过 {LONGEST_POINT} 个字符的正则表达式",
        )
    if _ONCE.search(given) or len(_UNBOUNDED.findall(given)) > 2:
        raise ProfileError(
            "skip",
            "may have two of * + {n,} at most, none of them after a group, and neither (? nor back references",
            "至多两个 * + {n,}，不得跟在分组之后，也不得有 (? 或反向引用",
        )
    try:
        search = re.compile(given).search
    except (re.error, RecursionError, OverflowError) as error:
        raise ProfileError("skip", f"is no regular expression: {error}", f"不是正则表达式：{error}") from None
    return lru_cache(maxsize=4096)(lambda point: search(point) is not None)


def _ack(given: Any, bound: Bound) -> Ack:
    fields = _table(given, "ack", {"topic", "payload"}, needed={"topic", "payload"})
    if not isinstance(fields["topic"], str) or not fields["topic"].startswith("y/{gateway}/"):
        raise ProfileError(
            "ack.topic",
            "must begin with y/{gateway}/: a gateway may read nothing else",
            "应以 y/{gateway}/ 开头：网关不能读取其他主题",
        )
    return Ack(
        template(fields["topic"], "ack.topic", bound, shown=plain_text),
        template(fields["payload"], "ack.payload", bound, shown=json_text),
    )


def _flag(given: Any, place: str) -> bool:
    if not isinstance(given, bool):
        raise ProfileError(place, "must be true or false", "应为 true 或 false")
    return given


def _limit(given: Any, place: str, most: int) -> int:
    if type(given) is not int or not 0 < given <= most:
        raise ProfileError(place, f"must be a whole number from 1 to {most}", f"应为 1 至 {most} 的整数")
    return given


def _titles(given: Any) -> Mapping[str, str]:
    fields = _table(given, "title", {"en", "zh"})
    if not all(isinstance(each, str) and 0 < len(each) <= 200 for each in fields.values()):
        raise ProfileError(
            "title", "has texts of at most 200 characters, en and zh", "应为不超过 200 个字符的 en 和 zh 文本"
        )
    return dict(fields)

"""Topics of profiles: templates that name the levels of a topic. Pure.

`{name}` is one level or a part of one, `{name...}` the rest, and `+` any level.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.ingest.profiles.access import ProfileError

_PART = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]{0,49})(\.\.\.)?\}")
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class TopicTemplate:
    """A topic with names for its parts."""

    text: str
    names: frozenset[str]
    pattern: re.Pattern[str]

    def names_in(self, topic: str) -> dict[str, str] | None:
        """What the names are in a topic; None: it is no such topic."""
        match = self.pattern.fullmatch(topic)
        return None if match is None else match.groupdict()


def topic_template(text: object, place: str) -> TopicTemplate:
    """A template of topics. Raises ProfileError."""
    if not isinstance(text, str) or not 0 < len(text) <= _LONGEST:
        raise ProfileError(
            place, f"must be a topic of at most {_LONGEST} characters", f"应为不超过 {_LONGEST} 个字符的主题"
        )
    parts: list[str] = []
    names: list[str] = []
    levels = text.split("/")
    for number, level in enumerate(levels):
        if level == "+":
            parts.append("[^/]*")
            continue
        end, pattern = 0, ""
        for match in _PART.finditer(level):
            name, rest = match[1], match[2]
            if name in names:
                raise ProfileError(place, f"binds {name!r} twice", f"{name!r} 绑定了两次")
            if rest and (match[0] != level or number != len(levels) - 1):
                raise ProfileError(place, f"{match[0]} must be the last level", f"{match[0]} 应在最后一级")
            if end and match.start() == end:
                raise ProfileError(
                    place,
                    f"two names meet in {level!r}: nobody can tell where one ends",
                    f"{level!r} 中两个名称相连，无法分开",
                )
            names.append(name)
            pattern += re.escape(level[end : match.start()]) + (f"(?P<{name}>.+)" if rest else f"(?P<{name}>[^/]+)")
            end = match.end()
        pattern += re.escape(level[end:])
        if re.search(r"[{}+#]", _PART.sub("", level)):
            raise ProfileError(
                place,
                f"{level!r} has a brace or a wildcard that is none of {{name}}, {{name...}} and +",
                f"{level!r} 中的花括号或通配符不是 {{名称}}、{{名称...}} 或 +",
            )
        parts.append(pattern)
    return TopicTemplate(text, frozenset(names), re.compile("/".join(parts)))


def names_of(topics: Sequence[TopicTemplate], topic: str, gateway: str) -> dict[str, str] | None:
    """What the names of the first template that fits are; None: none fits.

    A topic below `x/{gateway}/` fits a template as a whole, or by what is below: vendors' topics have nothing above.
    """
    below = topic.removeprefix(f"x/{gateway}/")
    written = (topic,) if below == topic else (topic, below, f"/{below}", f"{gateway}/{below}")
    for each in topics:
        for one in written:
            names = each.names_in(one)
            if names is not None:
                return names
    return None

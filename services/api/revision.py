"""If-Match: who changes what others may have changed meanwhile is told so, and what has changed (RFC 9110, 13.1.1).

A tag holds a digest of each field of what it was made of: so the server can tell, without keeping anything, in which
fields what stands now is otherwise.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, MutableMapping
from typing import Any

from pydantic_core import to_jsonable_python

from services.api.errors import ProblemKind, Refused
from services.api.reasons import Fault
from services.core.reason import InBoth

CHANGED_SINCE = ProblemKind("changed_since", 412, "It was changed since it was read")

STATE_TAG = "enermon.state_tag"
"""Where the scope of a request holds the tag of what it reads or has written."""
END_OF_STATE = "."
"""Behind it the ETag of a GET has the digest of the whole answer, which says more than what may be changed."""
_OF_ALL_BYTES, _OF_FIELD_BYTES = 9, 3
_SHOWN_CHARACTERS = 200


class Revision:
    """What a request expects of the state of what it changes, and what it has found or made of it."""

    def __init__(self, expected: str | None = None, scope: MutableMapping[str, Any] | None = None) -> None:
        """`expected`: its If-Match; None: it does not mind."""
        self._expected, self._scope = expected, {} if scope is None else scope

    def require(self, state: Mapping[str, Any]) -> None:
        """See that `state` is what the asker has read. Raises Refused with the fields that are otherwise now.

        To be called in the transaction that changes it, once nobody else can.
        """
        if self._expected is None:
            return
        tags = [tag.strip().removeprefix("W/").strip('"') for tag in self._expected.split(",")]
        states = [tag.partition(END_OF_STATE)[0] for tag in tags]
        if "*" in states or tag_of(state) in states:
            return
        changed = _changed(states[0], state)
        faults = [Fault(name, "changed_since", {"value": _shown(state[name])}) for name in changed]
        told = ", ".join(changed) or "what, cannot be told by this tag"
        raise Refused(CHANGED_SINCE, f"changed since you read it: {told}; read it again", faults=faults)

    def show(self, state: Mapping[str, Any]) -> None:
        """Let the answer say in which state it is."""
        self._scope[STATE_TAG] = tag_of(state)


def tag_of(state: Mapping[str, Any]) -> str:
    """The tag of a state: what `require` compares."""
    texts = [json.dumps([name, to_jsonable_python(value)], sort_keys=True) for name, value in state.items()]
    digests = [_digest(text, _OF_FIELD_BYTES) for text in texts]
    return base64.urlsafe_b64encode(_digest("\n".join(texts), _OF_ALL_BYTES) + b"".join(digests)).decode("ascii")


def _digest(text: str, size: int) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=size).digest()


def _changed(tag: str, state: Mapping[str, Any]) -> list[str]:
    """The fields whose digests differ; none where the tag is not one of such a state."""
    now = base64.urlsafe_b64decode(tag_of(state))[_OF_ALL_BYTES:]
    try:
        then = base64.b64decode(tag, altchars=b"-_", validate=True)[_OF_ALL_BYTES:]
    except (binascii.Error, ValueError):
        return []
    if len(then) != len(now):
        return []
    places = range(0, len(now), _OF_FIELD_BYTES)
    pieces = [(then[at : at + _OF_FIELD_BYTES], now[at : at + _OF_FIELD_BYTES]) for at in places]
    return [name for name, (old, new) in zip(state, pieces, strict=True) if old != new]


def _shown(value: Any) -> InBoth | str:
    if value is None:
        return InBoth("empty", "空")
    text = value if isinstance(value, str) else json.dumps(to_jsonable_python(value), ensure_ascii=False)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"

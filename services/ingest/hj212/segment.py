"""The data segment of a frame: who sends, what, and whether an answer is wanted (HJ 212-2017, 6.3). Pure."""

import re
from dataclasses import dataclass
from typing import Literal

from services.ingest.message import UnreadableMessage

_ANSWER_WANTED = 1
_VERSION_SHIFT = 2
_EDITIONS: dict[int, "Edition"] = {0: "2005", 1: "2017", 2: "2025"}
_NUMBER = re.compile(r"[0-9]{1,9}")

Edition = Literal["2005", "2017", "2025"]


@dataclass(frozen=True, slots=True)
class DataSegment:
    """A data segment as it was sent; texts are empty where a field is missing.

    All but `fields` hold the bytes as they came, read as Latin-1, so that an answer can repeat them.
    """

    qn: str
    """Number of the request or message: the time when it was sent, to the millisecond."""
    st: str
    """System: which kind of source."""
    cn: str
    """Command."""
    pw: str
    mn: str
    """Number of the monitor, which names the gateway."""
    flag: int | None
    pnum: int | None
    """Into how many frames the message was split."""
    pno: int | None
    resent: bool
    """RF=1: sent again, later than its time (2025)."""
    fields: str
    """What stands between the two `&&`."""

    @property
    def wants_answer(self) -> bool:
        """Bit A of Flag."""
        return bool((self.flag or 0) & _ANSWER_WANTED)

    @property
    def version(self) -> int:
        """The bits of Flag that name the edition: 0, 1 and 2 are those of 2005, 2017 and 2025."""
        return (self.flag or 0) >> _VERSION_SHIFT

    @property
    def edition(self) -> Edition:
        """The edition by which the monitor speaks; that of 2025 for later ones."""
        return _EDITIONS.get(self.version, "2025")


def read_segment(data: bytes) -> DataSegment:
    """The fields of a data segment. Raises UnreadableMessage (undecodable) without a monitor or a command.

    Number and count of a split message may stand before or behind CP.
    """
    head, behind = data, b""
    body = b""
    begins = data.find(b"CP=")
    if begins >= 0:
        head, rest = data[:begins], data[begins + 3 :]
        opened = rest.startswith(b"&&")
        rest = rest[2:] if opened else rest
        closes = rest.rfind(b"&&")
        body, behind = (rest[:closes], rest[closes + 2 :]) if closes >= 0 else (rest, b"")
    named: dict[str, str] = {}
    for part in (*head.decode("latin-1").split(";"), *behind.decode("latin-1").split(";")):
        name, _, value = part.partition("=")
        named.setdefault(name.strip(), value.strip())
    for name in ("CN", "MN"):
        if not named.get(name):
            raise UnreadableMessage("undecodable", f"the frame has no {name}")
    return DataSegment(
        qn=named.get("QN", ""),
        st=named.get("ST", ""),
        cn=named["CN"],
        pw=named.get("PW", ""),
        mn=named["MN"],
        flag=_number(named.get("Flag")),
        pnum=_number(named.get("PNUM")),
        pno=_number(named.get("PNO")),
        resent=named.get("RF") == "1",
        fields=_text(body),
    )


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and _NUMBER.fullmatch(text) else None


def _text(body: bytes) -> str:
    """The fields as text: UTF-8, else GBK, which is met in site information."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("gb18030", "replace")

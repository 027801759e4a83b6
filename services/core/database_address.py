"""Addresses of the database, of one machine or of several of which one is written to. Pure.

Both spellings of several are known: `postgresql://user@a:5432,b:5432/enermon` as libpq has it, and
`postgresql://user@/enermon?host=a,b&port=5432,5432`, which every library reads; the second is what comes out.
"""

import re
from urllib.parse import parse_qsl, quote

FORM = (
    "must look like postgresql://user:password@host:5432/enermon; in user and password what is neither letter nor digit"
    " is written as %40 for @"
)
WRITES = ("read-write", "primary")
_HOST = r"(?:\[[0-9A-Fa-f:.]+\]|[^\s@:/?#\[\],]*)(?::\d{1,5})?"
_URL = re.compile(
    r"(?P<scheme>postgres(?:ql)?(?:\+\w+)?)://(?P<login>[^\s@:/]*(?::[^\s@]*)?@)?"
    rf"(?P<hosts>{_HOST}(?:,{_HOST})*)(?P<database>/[^\s@?]*)?(?:\?(?P<query>[^\s@]*))?"
)
_SCHEME = re.compile(r"^postgres(ql)?(\+\w+)?://")
_PORT = "5432"


def database_address(given: str) -> str:
    """The address as every library reads it; one of a single machine stays as it is. Raises ValueError, without it."""
    found = _URL.fullmatch(given)
    if found is None:
        raise ValueError(FORM)
    asked = dict(parse_qsl(found["query"] or "", keep_blank_values=True))
    named = found["hosts"].split(",")
    if "," in asked.get("host", ""):
        if found["hosts"]:
            raise ValueError("names machines before and after the database: name them in one place")
        hosts, ports = asked["host"].split(","), asked.get("port", _PORT).split(",")
    elif len(named) > 1:
        if "host" in asked or "port" in asked:
            raise ValueError("names machines before and after the database: name them in one place")
        hosts, ports = zip(*(_host_and_port(each) for each in named), strict=True)
    else:
        return given
    if not all(hosts):
        raise ValueError("names several machines, of which one has no name")
    if len(ports) not in (1, len(hosts)):
        raise ValueError(f"names {len(hosts)} machines and {len(ports)} ports: name one port for all, or one for each")
    wanted = asked.get("target_session_attrs", WRITES[0])
    if wanted not in WRITES:
        raise ValueError(
            f"names several machines: target_session_attrs must be {' or '.join(WRITES)}, for one is written to"
        )
    asked |= {"host": ",".join(hosts), "port": ",".join(ports), "target_session_attrs": wanted}
    query = "&".join(f"{quote(name)}={quote(value, safe=',')}" for name, value in asked.items())
    return f"{found['scheme']}://{found['login'] or ''}{found['database'] or '/'}?{query}"


def libpq_address(given: str) -> str:
    """The address as libpq takes it: its scheme names no driver. What is escaped stays so."""
    return _SCHEME.sub("postgresql://", given, count=1)


def _host_and_port(named: str) -> tuple[str, str]:
    host, colon, port = named.rpartition(":") if not named.endswith("]") else (named, "", "")
    return (host.strip("[]"), port) if colon else (named.strip("[]"), _PORT)

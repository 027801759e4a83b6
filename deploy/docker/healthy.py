"""Health checks of containers: exit code 0 if the service works.

healthy.py ready URL            the address answers 200
healthy.py metric URL LINE      the metrics at the address hold this line
healthy.py connected PORT...    this container has an open connection to each of these ports
"""

import sys
import urllib.error
import urllib.request
from pathlib import Path

TIMEOUT_S = 4.0
ESTABLISHED = "01"


def answer(url: str) -> str:
    """What the address answers. Raises OSError, also for any status but 2xx."""
    with urllib.request.urlopen(url, timeout=TIMEOUT_S) as response:  # noqa: S310
        text: str = response.read().decode()
    return text


def connected_ports(table: str) -> set[int]:
    """Remote ports of the open connections in the kernel's table (/proc/net/tcp)."""
    rows = [line.split() for line in table.splitlines()[1:]]
    return {int(row[2].rpartition(":")[2], 16) for row in rows if row[3] == ESTABLISHED}


def problem(kind: str, words: list[str]) -> str | None:
    """What is wrong, None if nothing is."""
    if kind == "connected":
        tables = [path.read_text() for path in map(Path, ("/proc/net/tcp", "/proc/net/tcp6")) if path.exists()]
        missing = set(map(int, words)).difference(*map(connected_ports, tables))
        return f"no connection to port {', '.join(map(str, sorted(missing)))}" if missing else None
    try:
        text = answer(words[0])
    except OSError as error:
        return f"{words[0]}: {error}"
    return f"no line '{words[1]}'" if kind == "metric" and words[1] not in text.splitlines() else None


def main() -> None:
    """Print what is wrong; it is shown by `docker inspect`."""
    if found := problem(sys.argv[1], sys.argv[2:]):
        raise SystemExit(found)


if __name__ == "__main__":
    main()

"""The time of a request comes from one place."""

import re
from pathlib import Path

import services.api

READS_A_CLOCK = re.compile(r"datetime\.now\(|\.utcnow\(|time\.time\(|date\.today\(|\butc_now\b")


def test_nothing_reads_the_clock_but_where_requests_and_commands_come_in() -> None:
    folder = Path(services.api.__file__).parent
    reading = [path.name for path in folder.rglob("*.py") if READS_A_CLOCK.search(path.read_text("utf-8"))]
    assert sorted(reading) == ["app.py", "command.py"]

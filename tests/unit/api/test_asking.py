"""The time of a request comes from one place."""

import re
from pathlib import Path

import services.api

READS_A_CLOCK = re.compile(r"datetime\.now\(|\.utcnow\(|time\.time\(|date\.today\(|\butc_now\b")


def test_no_module_of_the_api_but_one_reads_the_clock() -> None:
    folder = Path(services.api.__file__).parent
    reading = [path.name for path in folder.rglob("*.py") if READS_A_CLOCK.search(path.read_text("utf-8"))]
    assert reading == ["app.py"]

"""Every query of docs/open.md is run, by a login as the page makes them."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from tests.integration.open_data.conftest import DAY, Login
from tests.integration.registered import ORDOS

pytestmark = pytest.mark.store

PAGE = (Path(__file__).parents[3] / "docs/open.md").read_text("utf-8")
QUERIES = re.findall(r"^```sql\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def as_grafana_writes_it(query: str) -> str:
    """With the range of the dashboard in the place of the macro."""
    until = DAY + timedelta(days=7)
    return re.sub(r"\$__timeFilter\((.*?)\)", rf"\1 BETWEEN '{DAY.isoformat()}' AND '{until.isoformat()}'", query)


@pytest.mark.usefixtures("booked")
def test_each_query_of_the_page_gives_rows(login: Login) -> None:
    reader = login("league", [ORDOS])
    assert len(QUERIES) >= 5
    assert [query for query in QUERIES if not reader.execute(as_grafana_writes_it(query).encode()).fetchall()] == []

"""What the tests of judging share."""

import pytest

from tests.integration.judging.fleet import Fleet
from tests.integration.line import Line
from tests.integration.registered import Registered


@pytest.fixture
def fleet(registered: Registered, line: Line) -> Fleet:
    return Fleet(registered, line)

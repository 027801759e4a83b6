"""What the tests of energy share."""

import pytest

from tests.integration.energy.plant import Plant
from tests.integration.registered import Registered


@pytest.fixture
def plant(registered: Registered) -> Plant:
    return Plant(registered)

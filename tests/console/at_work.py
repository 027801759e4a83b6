"""The services at work, as processes of their own, on a region that tests of the console change: each its own part."""

from dataclasses import dataclass
from typing import Any

import psycopg

from services.api.access.role import Role
from services.up.stack import Stack
from tests.e2e.alerting import Watched
from tests.integration.access.browser import person


@dataclass(frozen=True)
class AtWork:
    """The services, and what a test needs to look behind the console."""

    watched: Watched
    database_url: str
    stack: Stack

    @property
    def address(self) -> str:
        """Where the console is served."""
        return str(self.watched.api.base_url).rstrip("/")

    def let_in(self, name: str, role: Role, **given: Any) -> str:
        """A person with the password of the tests: the name of the account."""
        with psycopg.connect(self.database_url) as database:
            person(database, name, role, **given)
        return name

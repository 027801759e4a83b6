"""What numbers were reported for keeps its place in the registry: they are never deleted, and must stay readable."""

from collections.abc import Callable

from psycopg import Connection

from services.api.errors import IN_USE, Refused
from services.api.registry.nouns import Noun
from services.api.registry.statements import registry_statements

_SQL = registry_statements("statistic.sql")


def keep_with_statistics(noun: Noun) -> Callable[[Connection, str], None]:
    """Refuses the removal of a thing of this kind for which numbers were reported."""

    def refuse_removal(connection: Connection, key: str) -> None:
        if _SQL.run(connection, "reported_for", owner_kind=noun.en, owner_code=key).first() is not None:
            raise Refused(IN_USE, f"numbers were reported for {noun.en} {key}, and these stay")

    return refuse_removal

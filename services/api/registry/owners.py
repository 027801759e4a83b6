"""To which enterprises units and gateways belong."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from psycopg import Connection

from services.api.reasons import Fault
from services.api.registry import nouns
from services.api.registry.statements import registry_statements

_SQL = registry_statements("owner.sql")


class Owned(Protocol):
    """Something of an enterprise."""

    @property
    def credit_code(self) -> str:
        """The enterprise."""


def owner_faults(connection: Connection, entries: Sequence[Owned]) -> list[list[Fault]]:
    """The faults of each of `entries`: its enterprise is not registered."""
    named = sorted({entry.credit_code for entry in entries})
    known = frozenset(_SQL.run(connection, "enterprises", codes=named).scalars())
    return [
        [] if entry.credit_code in known else [nouns.ENTERPRISE.fault("credit_code", "unknown", entry.credit_code)]
        for entry in entries
    ]


def owners_of_units(connection: Connection, codes: Collection[str]) -> Mapping[str, str]:
    """Credit code of the enterprise of each unit among `codes` that exists."""
    return _SQL.by_code(connection, "owners_of_units", "credit_code", codes=sorted(codes))


def owners_of_gateways(connection: Connection, codes: Collection[str]) -> Mapping[str, str]:
    """Credit code of the enterprise of each gateway among `codes` that exists."""
    return _SQL.by_code(connection, "owners_of_gateways", "credit_code", codes=sorted(codes))

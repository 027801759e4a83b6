"""How a list is narrowed: each filter is a condition over one row, named `entry` in SQL."""

from collections.abc import Mapping
from dataclasses import dataclass

from psycopg import Connection

from services.api.errors import INVALID_PARAMETER, refused_fields
from services.api.registry import nouns
from services.api.registry.nouns import Noun
from services.api.registry.statements import Statements

_SQL = Statements("filter.sql")


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition and, where its value is the code of something registered, what that is."""

    condition: str
    names: Noun | None = None

    def require_known(self, connection: Connection, parameter: str, value: object) -> None:
        """Refuse a `value` that names nothing: an empty list would hide the mistake."""
        if self.names is None:
            return
        if _SQL.run(connection, f"known_{self.names.en}", value=value).first() is None:
            raise refused_fields(INVALID_PARAMETER, [self.names.fault(parameter, "unknown", value)])


def equal(field: str, *, parameter: str | None = None, names: Noun | None = None) -> Filter:
    """The field equals the parameter, which has its name unless said otherwise."""
    return Filter(f"entry.{field} = %({parameter or field})s", names)


def contains(*fields: str) -> Filter:
    """One of the fields contains the text `q`, whatever the case."""
    return Filter("(" + " OR ".join(f"entry.{field} ILIKE %(q)s" for field in fields) + ")")


PARENT = equal("parent_code", parameter="parent", names=nouns.AREA)
AREA_OF_ENTRY = Filter(_SQL["area_is_below"], nouns.AREA)
AREA = Filter(_SQL["enterprise_in_area"], nouns.AREA)
PARK = Filter(_SQL["enterprise_in_park"], nouns.PARK)
ENTERPRISE = Filter(_SQL["enterprise_is"], nouns.ENTERPRISE)
TRADE = Filter(_SQL["enterprise_of_trade"])
UNIT = equal("unit_code", parameter="unit", names=nouns.UNIT)
GATEWAY = equal("gateway_code", parameter="gateway", names=nouns.GATEWAY)
CARRIER = equal("carrier", names=nouns.CARRIER)


def parameters_of(filters: Mapping[str, object]) -> dict[str, object]:
    """The SQL parameters for the filters given; in `q` the signs of LIKE stand for themselves."""
    parameters = dict(filters)
    if "q" in parameters:
        text = str(parameters["q"])
        for sign in ("\\", "%", "_"):
            text = text.replace(sign, "\\" + sign)
        parameters["q"] = f"%{text}%"
    return parameters

"""Enterprises 用能单位."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, status
from psycopg import Connection
from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from services.api.database import Db
from services.api.errors import ALREADY_EXISTS, BAD_CURSOR, IN_USE
from services.api.list_query import ORDER, ListQuery, Many, OrderedBy
from services.api.listing import contains, equal
from services.api.names import NamedKind, NamedPage, WithNames, names_beside
from services.api.openapi import refusals
from services.api.reasons import Fault
from services.api.registry import nouns
from services.api.registry.fields import AreaCode, Code, CreditCode, Day, Entry, Name, SearchText, Trade
from services.api.registry.filters import AREA, PARK
from services.api.registry.places import membership_faults
from services.api.registry.reported import keep_with_statistics
from services.api.registry.resource import Resource, Row
from services.api.registry.statements import registry_statements
from services.api.routes.memberships import NAMED, Membership, memberships_of

EXAMPLE: JsonDict = {
    "credit_code": "91150622MA0N0000XF",
    "name_zh": "准格尔焦化有限公司",
    "name_en": "Jungar Coking Co., Ltd.",
    "trade": "coke",
    "area_code": "150622",
    "park_code": "P-150622-01",
    "valid_from": "2026-01-01",
}


class EnterpriseRecord(Entry):
    """What of an enterprise is kept beside its memberships."""

    credit_code: CreditCode
    name_zh: Name
    name_en: Name | None = None
    trade: Trade


class EnterpriseEntry(EnterpriseRecord):
    """An enterprise as it is registered, with its first membership."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    area_code: AreaCode = Field(description="The banner it belongs to")
    park_code: Code | None = Field(None, description="The park it belongs to, if any")
    valid_from: Day = Field(description="First day of the membership, in Asia/Shanghai")


class Enterprise(EnterpriseRecord):
    """An enterprise and its present membership."""

    membership: Membership | None = Field(description="The membership of today; null before the first one begins")


class EnterpriseDetail(Enterprise, WithNames):
    """An enterprise with all its memberships, and the names of where it belongs."""

    memberships: list[Membership]


class EnterprisePatch(Entry):
    """What of an enterprise may change; what is left out stays. Memberships change at their own address."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name_zh": "准格尔焦化集团有限公司"}]})

    name_zh: Name | None = None
    name_en: Name | None = None
    trade: Trade | None = None


class EnterpriseQuery(ListQuery):
    """How the list of enterprises may be narrowed."""

    area: Many[AreaCode] | None = Field(None, description="Area of any level; what lies below it is included")
    park: Many[Code] | None = None
    trade: Many[Trade] | None = None
    q: SearchText | None = Field(None, description="Part of the credit code or of a name")
    order: Annotated[list[str], OrderedBy("credit_code", "name_zh", "name_en", "trade")] = ORDER


@dataclass(frozen=True, kw_only=True)
class _Enterprises(Resource[EnterpriseEntry, EnterpriseRecord, Enterprise]):
    def shape(self, row: Row) -> Enterprise:
        """The enterprise with its present membership."""
        kept = {name: row[name] for name in EnterpriseRecord.model_fields}
        present = None
        if row["valid_from"] is not None:
            present = Membership.model_construct(**{name: row[name] for name in Membership.model_fields})
        return Enterprise.model_construct(**kept, membership=present)

    def changed_by(self, connection: Connection, entry: EnterpriseEntry, row: Mapping[str, Any]) -> dict[str, Any]:
        """What is otherwise; nothing of a membership that it has or had."""
        changed = super().changed_by(connection, entry, row)
        said = entry.model_dump(include=set(Membership.model_fields) & entry.model_fields_set)
        if said.keys() & changed.keys():
            known = [membership.model_dump() for membership in memberships_of(connection, entry.credit_code)]
            if any(said.items() <= each.items() for each in known):
                return {name: value for name, value in changed.items() if name not in said}
        return changed


def _faults(connection: Connection, entries: Sequence[EnterpriseEntry]) -> list[list[Fault]]:
    return membership_faults(connection, entries)


RESOURCE = _Enterprises(
    noun=nouns.ENTERPRISE,
    key="credit_code",
    entry=EnterpriseEntry,
    record=EnterpriseRecord,
    example=EXAMPLE,
    answer=Enterprise,
    page=NamedPage[Enterprise],
    coded={NamedKind.AREA: ("area_code",), NamedKind.PARK: ("park_code",), NamedKind.TRADE: ("trade",)},
    sql=registry_statements("enterprise.sql"),
    filters={
        "area": AREA,
        "park": PARK,
        "trade": equal("trade"),
        "q": contains("credit_code", "name_zh", "name_en"),
    },
    query=EnterpriseQuery,
    check=_faults,
    refuse_removal=keep_with_statistics(nouns.ENTERPRISE),
)

router = APIRouter(prefix="/api/v1/enterprises", tags=["enterprises"])
UNKNOWN = nouns.ENTERPRISE.unknown


@router.get("", summary="List enterprises", responses=refusals(BAD_CURSOR))
def list_enterprises(database: Db, query: Annotated[EnterpriseQuery, Query()]) -> NamedPage[Enterprise]:
    """The enterprises in the order of their credit codes; filters by place go by the membership of today."""
    return RESOURCE.page_of(database, query)


@router.post(
    "", summary="Register an enterprise", status_code=status.HTTP_201_CREATED, responses=refusals(ALREADY_EXISTS)
)
def create_enterprise(database: Db, entry: EnterpriseEntry) -> Enterprise:
    """Register an enterprise with its first membership. Its credit code stays."""
    return RESOURCE.create(database, entry)


@router.get("/{credit_code}", summary="Read an enterprise", responses=refusals(UNKNOWN))
def read_enterprise(database: Db, credit_code: CreditCode) -> EnterpriseDetail:
    """One enterprise with all its memberships."""
    with database.read() as connection:
        row = RESOURCE.row(connection, credit_code)
        enterprise = RESOURCE.shape(row)
        memberships = memberships_of(connection, credit_code)
        names = names_beside(connection, [row, *memberships], NAMED)
    database.revision.show(RESOURCE.state_of(row))
    return EnterpriseDetail.model_construct(**dict(enterprise), memberships=memberships, names=names)


@router.patch("/{credit_code}", summary="Change an enterprise", responses=refusals(UNKNOWN))
def amend_enterprise(database: Db, credit_code: CreditCode, patch: EnterprisePatch) -> Enterprise:
    """Change the fields given."""
    return RESOURCE.amend(database, credit_code, patch)


@router.delete(
    "/{credit_code}",
    summary="Remove an enterprise",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=refusals(UNKNOWN, IN_USE),
)
def remove_enterprise(database: Db, credit_code: CreditCode) -> None:
    """Remove an enterprise without units and gateways, and its memberships with it."""
    RESOURCE.remove(database, credit_code)

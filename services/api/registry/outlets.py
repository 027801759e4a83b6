"""Outlets 排放口 of permit holders: what leaves there, the monitor, what is permitted, and when it stood still."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from psycopg import Connection
from psycopg.rows import DictRow
from pydantic import AfterValidator, ConfigDict, Field
from pydantic.config import JsonDict

from services.api.list_query import ORDER, ListQuery, Many, OrderedBy
from services.api.listing import Filter, contains, equal
from services.api.names import NamedKind, NamedPage, WithNames
from services.api.reasons import Fault
from services.api.registry import nouns
from services.api.registry.change import RegistryChange
from services.api.registry.fields import (
    AreaCode,
    Code,
    CreditCode,
    Day,
    Entry,
    Moment,
    Name,
    Note,
    Number,
    SearchText,
    refusal,
)
from services.api.registry.filters import AREA, ENTERPRISE
from services.api.registry.owners import owner_faults
from services.api.registry.resource import Listing
from services.api.registry.statements import registry_statements
from services.ingest.hj212.factors import factors

SQL = registry_statements("outlet.sql")
OutletMedium = Literal["gas", "water"]
LimitedGrain = Literal["hour", "day"]

EXAMPLE: JsonDict = {
    "credit_code": "91150622MA0N0000XF",
    "name_zh": "焦炉烟囱",
    "name_en": "Coke oven stack",
    "medium": "gas",
    "permit": "91150622MA0N0000XF001P",
    "emits_voc": True,
    "gateway": "01E4A7150622000000000001",
    "monitored_from": "2026-01-01",
    "limits": [
        {
            "factor": "a21026",
            "grain": "hour",
            "number": 50,
            "converted": True,
            "valid_from": "2026-01-01",
            "source": "GB 16171-2012",
        }
    ],
    "stops": [{"start": "2026-10-01T00:00:00+08:00", "end": "2026-10-08T00:00:00+08:00", "reason": "检修"}],
}


def _factor(code: str) -> str:
    known = factors().get(code)
    if known is None or known.medium not in ("air", "water"):
        raise refusal("no_pollutant", value=code)
    return code


class OutletLimit(Entry):
    """The greatest mean of an hour or a day that is permitted, from a day on."""

    factor: Annotated[Code, AfterValidator(_factor)] = Field(description="Code of HJ 212-2017, annex B")
    grain: LimitedGrain
    valid_from: Day
    number: Number = Field(gt=0, le=1e9, description="In the unit of the factor: mg/m3, mg/L")
    converted: bool = Field(False, description="Of the mean at the reference oxygen content 折算")
    source: Name = Field(description="Standard or permit")


class OutletStop(Entry):
    """When the outlet was filed as standing still 报备停运."""

    start: Moment
    end: Moment
    reason: Note


class OutletEntry(Entry):
    """An outlet as it is registered."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    credit_code: CreditCode
    name_zh: Name
    name_en: Name | None = None
    medium: OutletMedium
    permit: Name | None = Field(None, description="Number of the pollution discharge permit 排污许可证")
    emits_voc: bool = Field(False, description="Whether volatile organic compounds leave here")
    gateway: Code | None = Field(None, description="The monitor")
    monitored_from: Day | None = Field(None, description="First day on which its hours are due")
    monitored_to: Day | None = Field(None, description="First day on which they are due no longer")
    limits: list[OutletLimit] = Field(default_factory=list, max_length=200)
    stops: list[OutletStop] = Field(default_factory=list, max_length=1000)


class Outlet(OutletEntry):
    """An outlet, with what was heard of its monitor."""

    code: str
    monitored: bool = Field(description="Whether it has a monitor")
    connected: bool | None = Field(description="Whether the monitor is online; null: nothing was heard of it")
    last_message_at: datetime | None


class NamedOutlet(Outlet, WithNames):
    """An outlet, with the names of its enterprise and gateway."""


class OutletQuery(ListQuery):
    """How the list of outlets may be narrowed."""

    area: Many[AreaCode] | None = Field(None, description="Area of any level; what lies below it is included")
    enterprise: Many[CreditCode] | None = None
    medium: Many[OutletMedium] | None = None
    emits_voc: bool | None = None
    monitored: bool | None = Field(None, description="Only those with a monitor, or only those without")
    q: SearchText | None = Field(None, description="Part of the code, of a name or of the permit")
    order: Annotated[list[str], OrderedBy("code", "credit_code", "name_zh", "medium")] = ORDER


class _Outlets(Listing[Outlet]):
    def shape(self, row: DictRow) -> Outlet:
        return Outlet(**{name: row[name] for name in Outlet.model_fields})


OUTLETS = _Outlets(
    noun=nouns.OUTLET,
    key="code",
    answer=Outlet,
    page=NamedPage[Outlet],
    sql=SQL,
    query=OutletQuery,
    filters={
        "area": AREA,
        "enterprise": ENTERPRISE,
        "medium": equal("medium"),
        "emits_voc": Filter("entry.emits_voc = :emits_voc"),
        "monitored": Filter("entry.monitored = :monitored"),
        "q": contains("code", "name_zh", "name_en", "permit"),
    },
    coded={NamedKind.ENTERPRISE: ("credit_code",), NamedKind.GATEWAY: ("gateway",)},
)


def faults_of_outlet(connection: Connection, code: str, entry: OutletEntry) -> list[Fault]:
    """What is wrong with an outlet beside its fields."""
    faults = list(owner_faults(connection, [entry])[0])
    if entry.gateway is not None:
        faults += _monitor_faults(connection, code, entry, entry.gateway)
    for name in ("monitored_from", "monitored_to"):
        other = "gateway" if name == "monitored_from" else "monitored_from"
        if getattr(entry, name) is not None and getattr(entry, other) is None:
            faults.append(Fault(name, "only_with", {"other": other}))
    if entry.monitored_from and entry.monitored_to and entry.monitored_to <= entry.monitored_from:
        faults.append(Fault("monitored_to", "not_later", {"other": "monitored_from"}))
    for place, stop in enumerate(entry.stops):
        if stop.end <= stop.start:
            faults.append(Fault(f"stops.{place}.end", "not_later", {"other": "start"}))
    limits = [f"{limit.factor} {limit.grain} {limit.valid_from}" for limit in entry.limits]
    return faults + _twice("limits", limits) + _twice("stops", [stop.start.isoformat() for stop in entry.stops])


def _monitor_faults(connection: Connection, code: str, entry: OutletEntry, gateway: str) -> list[Fault]:
    row = SQL.run(connection, "monitor", gateway=gateway, code=code).first()
    if row is None:
        return [nouns.GATEWAY.fault("gateway", "unknown", gateway)]
    if row.credit_code != entry.credit_code:
        owners = {"gateway_owner": row.credit_code, "outlet_owner": entry.credit_code}
        return [Fault("gateway", "gateway_elsewhere", {"gateway": gateway, **owners})]
    return [] if row.outlet is None else [Fault("gateway", "monitors_another", {"value": gateway, "other": row.outlet})]


def _twice(field: str, keys: Sequence[str]) -> list[Fault]:
    first: dict[str, int] = {}
    found = []
    for place, key in enumerate(keys):
        if key in first:
            found.append(Fault(f"{field}.{place}", "point_twice", {"value": key, "first": first[key]}))
        first.setdefault(key, place)
    return found


def put_outlet(change: RegistryChange, code: str, entry: OutletEntry) -> None:
    """Write an outlet that was checked in the same transaction, with its limits and stops."""
    given: dict[str, Any] = entry.model_dump(exclude={"limits", "stops"})
    outlet_id: int = SQL.run(change.connection, "put", code=code, **given).scalar_one()
    rows = entry.model_dump(mode="json", include={"limits", "stops"})
    for name in ("limits", "stops"):
        SQL.run(change.connection, f"drop_{name}", outlet_id=outlet_id)
        SQL.run(change.connection, f"add_{name}", outlet_id=outlet_id, rows=json.dumps(rows[name], ensure_ascii=False))

"""What accounts and keys are bound to: an account to the area or enterprise of its role, a key to its account."""

from collections.abc import Collection

from psycopg import Connection

from services.api.access.accounts import SQL, KeptAccount
from services.api.access.reach import AREA_TREE
from services.api.access.role import OF_THE_WHOLE, REGION, Right, Role, rights_of
from services.api.reasons import Fault
from services.api.registry import nouns
from services.api.registry.places import areas_named

_WITH_AREA = frozenset({Role.SUPERVISOR, Role.PROGRAM})


def bound_faults(connection: Connection, role: Role, *, area: str | None, enterprise: str | None) -> list[Fault]:
    """What is wrong with the area, or the enterprise, that an account of this role is to be bound to."""
    needed = {"area": role is Role.SUPERVISOR, "enterprise": role is Role.ENTERPRISE}
    allowed = {"area": role in _WITH_AREA, "enterprise": role is Role.ENTERPRISE}
    given = {"area": area, "enterprise": enterprise}
    faults = [Fault(field, "needed_by_role", {"role": role}) for field in given if needed[field] and not given[field]]
    faults += [Fault(field, "not_of_role", {"role": role}) for field in given if given[field] and not allowed[field]]
    if area is not None and area not in areas_named(connection, {area}):
        faults.append(nouns.AREA.fault("area", "unknown", area))
    if enterprise is not None and not SQL.run(connection, "has_enterprise", credit_code=enterprise).scalar():
        faults.append(nouns.ENTERPRISE.fault("enterprise", "unknown", enterprise))
    return faults


def key_faults(account: KeptAccount, rights: Collection[Right], areas: Collection[str]) -> list[Fault]:
    """Where a key of an account would do more than that itself, or elsewhere."""
    role = Role(account.role)
    own = rights_of(role, account.area)
    known = ", ".join(sorted(own))
    faults = [Fault("rights", "not_among", {"value": right, "known": known}) for right in rights if right not in own]
    if areas and REGION not in areas:
        faults += [Fault("areas", "not_with", {"other": right}) for right in rights if right in OF_THE_WHOLE]
    for area in areas:
        if account.enterprise is not None:
            return [*faults, Fault("areas", "not_of_role", {"role": role})]
        if area not in AREA_TREE.level:
            faults.append(nouns.AREA.fault("areas", "unknown", area))
        elif not AREA_TREE.above(area, account.area or area):
            faults.append(Fault("areas", "area_outside", {"value": area, "within": account.area}))
    return faults

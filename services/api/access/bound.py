"""What accounts and keys are bound to: an account to the area or enterprise of its role, a key to its account."""

from collections.abc import Collection

from psycopg import Connection

from services.api.access.accounts import SQL, KeptAccount
from services.api.access.role import Right, Role, rights_of
from services.api.reasons import Fault
from services.api.registry import nouns
from services.api.registry.places import areas_named
from services.core.area_tree import AreaTree
from services.core.data.divisions import divisions

TREE = AreaTree.of((division.code, division.level, division.parent_code) for division in divisions())
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
    own = rights_of(role, account.area_code)
    known = ", ".join(sorted(own))
    faults = [Fault("rights", "not_among", {"value": right, "known": known}) for right in rights if right not in own]
    for area in areas:
        if account.credit_code is not None:
            return [*faults, Fault("areas", "not_of_role", {"role": role})]
        if area not in TREE.level:
            faults.append(nouns.AREA.fault("areas", "unknown", area))
        elif not TREE.above(area, account.area_code or area):
            faults.append(Fault("areas", "area_outside", {"value": area, "within": account.area_code}))
    return faults

"""The accounts of the demonstration: one of each role, on the simulated region."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from psycopg import Connection

from services.api.access.accounts import SQL, account_named, add_account, add_key
from services.api.access.passwords import Passwords
from services.api.access.role import Role
from services.api.access.tokens import new_key, new_password
from services.ingest.broker_users import write_private

PASSWORDS = "demonstration-accounts.csv"
_REGION, _ORDOS, _JUNGAR = "150000", "150600", "150622"


@dataclass(frozen=True)
class _Demonstrated:
    name: str
    display_name: str
    role: Role
    area: str | None = None
    of_enterprise: bool = False


_ACCOUNTS = (
    _Demonstrated("region", "自治区节能监察中心", Role.SUPERVISOR, area=_REGION),
    _Demonstrated("ordos", "鄂尔多斯市节能监察支队", Role.SUPERVISOR, area=_ORDOS),
    _Demonstrated("jungar", "准格尔旗节能监察大队", Role.SUPERVISOR, area=_JUNGAR),
    _Demonstrated("works", "用能单位填报员", Role.ENTERPRISE, of_enterprise=True),
    _Demonstrated("auditor", "审计员", Role.AUDITOR),
    _Demonstrated("program", "外部程序", Role.PROGRAM),
)


def add_demonstration(connection: Connection, folder: Path, passwords: Passwords) -> Sequence[str]:
    """Add those that are not there yet; their names. A key of each lies in `folder`, their first passwords in a list.

    Raises OSError.
    """
    enterprise = SQL.run(connection, "enterprise_in", area=_JUNGAR).scalar()
    lines = ["account,role,of,password"]
    added: list[str] = []
    for each in _ACCOUNTS:
        of = enterprise if each.of_enterprise else each.area
        if account_named(connection, each.name) is not None or (each.of_enterprise and enterprise is None):
            continue
        password = None if each.role is Role.PROGRAM else new_password()
        account_id = add_account(
            connection,
            each.name,
            each.role,
            display_name=each.display_name,
            area=each.area,
            enterprise=enterprise if each.of_enterprise else None,
            password_hash=None if password is None else passwords.hashed(password),
            must_change_password=password is not None,
        )
        key = new_key()
        add_key(connection, account_id, "demonstration", key, created_by="enermon account demonstration")
        write_private(folder / f"{each.name}.key", f"{key}\n")
        lines.append(f"{each.name},{each.role},{of or ''},{password or ''}")
        added.append(each.name)
    if added:
        write_private(folder / PASSWORDS, "\n".join(lines) + "\n")
    return added

"""Who may connect to the broker: names of users, hashes of passwords, and mosquitto's password file.

Each process of the services is a user of its own: of two connections of one user the broker ends the older one.
"""

import base64
import binascii
import hashlib
import hmac
import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from services.core.credit_code import CreditCodeError, require_credit_code

PBKDF2_ITERATIONS = 101
"""Few are enough: the passwords are 256 random bits."""
SALT_BYTES = 12
RESERVED = "enermon"
"""Names that begin so are the services' own."""
MOST_INGESTS = 8
BETWEEN = "@"
"""Between code and generation in the name of a user; in no code."""


def ingest_user(instance: int) -> str:
    """The broker's user for the ingest process of this number."""
    return f"enermon-ingest-{instance}"


INGEST_USER = ingest_user(0)
ALERTS_USER = "enermon-alerts"
SPARKPLUG_USER = "enermon-sparkplug"
CONTROL_USER = "enermon-control"
"""By whom rights are given and taken while the broker runs; it may do nothing else."""
SERVICE_USERS = (*map(ingest_user, range(MOST_INGESTS)), ALERTS_USER, SPARKPLUG_USER, CONTROL_USER)
"""Those that have rights."""
PROBE_USER = "enermon-probe"
"""By whom `enermon up` sees that the broker answers and has read its users; without rights."""


class HolderKind(StrEnum):
    """Who comes in, beside the services."""

    GATEWAY = "gateway"
    ENTERPRISE = "enterprise"


@dataclass(frozen=True, slots=True)
class Holder:
    """A gateway by its code, or an enterprise, which reads its alerts, by its credit code."""

    kind: HolderKind
    code: str

    def user_name(self, generation: int) -> str:
        """The broker's user of its credential of this generation. A name comes once: its session is no other's."""
        return self.code if generation == 1 else f"{self.code}{BETWEEN}{generation}"


@dataclass(frozen=True, slots=True)
class BrokerUser:
    """A user that may connect, for whom; `password_hash` is None for one that comes with a certificate.

    `edge_node`: the edge node of Sparkplug B that a gateway is, as group/edge; empty: none.
    """

    name: str
    holder: Holder
    password_hash: str | None = None
    edge_node: str = ""


def is_service_user(name: str) -> bool:
    """True for the user of an ingest process or another service, of who keeps the rights, or of the probe."""
    return (
        name in {ALERTS_USER, SPARKPLUG_USER, CONTROL_USER, PROBE_USER}
        or re.fullmatch("enermon-ingest-[0-9]+", name) is not None
    )


def code_of(user: str) -> str:
    """The code of whom a user stands for: its name without the generation."""
    return user.partition(BETWEEN)[0]


def derived_password(key: bytes, user: str) -> str:
    """The password of a service in a private broker: base64url of HMAC-SHA256(key, user), without padding."""
    digest = hmac.new(key, user.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def is_user_name(name: str) -> bool:
    """True for a name that mosquitto can hold and that reaches only its own topic."""
    return bool(name) and not any(character in name for character in ":+#/\r\n\0")


def is_credit_code(code: str) -> bool:
    """True for a code that is an enterprise's."""
    try:
        require_credit_code(code)
    except CreditCodeError:
        return False
    return True


def may_be_gateway(code: str) -> bool:
    """True for a name under which a gateway may connect: one that mosquitto can hold, no service's or enterprise's."""
    return is_user_name(code) and BETWEEN not in code and not code.startswith(RESERVED) and not is_credit_code(code)


def may_connect(holder: Holder) -> bool:
    """True for a holder whose code is of its kind and of no other."""
    return may_be_gateway(holder.code) if holder.kind is HolderKind.GATEWAY else is_credit_code(holder.code)


def password_hash(password: str, *, salt: bytes) -> str:
    """As mosquitto's password file has it, ``$7$iterations$salt$hash``: PBKDF2 with SHA-512."""
    hashed = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, PBKDF2_ITERATIONS)
    return f"$7${PBKDF2_ITERATIONS}${_base64(salt)}${_base64(hashed)}"


def new_hash(password: str) -> str:
    """The hash of a password with a salt of its own."""
    return password_hash(password, salt=secrets.token_bytes(SALT_BYTES))


def is_password_of(kept: str, password: str) -> bool:
    """Whether this is the password of a kept hash. Of one that cannot be read, none is."""
    parts = kept.split("$")
    try:
        _, _, iterations, salt, hashed = parts
        found = hashlib.pbkdf2_hmac("sha512", password.encode(), base64.b64decode(salt), int(iterations))
        return hmac.compare_digest(found, base64.b64decode(hashed))
    except (ValueError, binascii.Error):
        return False


def write_password_file(path: Path, hashes: Mapping[str, str], *, mode: int = 0o600) -> None:
    """Replace mosquitto's password file in one step; ``hashes`` gives the hash of the password by user name.

    As root, the file gets the owner of its folder, which is the broker's user. Raises ValueError for a user name that
    mosquitto cannot hold or that would reach beyond its own topic.
    """
    for user in hashes:
        if not is_user_name(user):
            raise ValueError(f"'{user}' cannot be an MQTT user: it is empty or contains one of : + # / or a line end")
    lines = [f"{user}:{kept}" for user, kept in sorted(hashes.items())]
    write_private(path, "".join(f"{line}\n" for line in lines), mode=mode, owner_of_folder=True)


def write_private(path: Path, text: str, *, mode: int = 0o600, owner_of_folder: bool = False) -> None:
    """Replace a file in one step; it is never readable by others, not even half written."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            if owner_of_folder and os.geteuid() == 0:
                folder = path.parent.stat()
                os.fchown(file.fileno(), folder.st_uid, folder.st_gid)
            os.fchmod(file.fileno(), mode)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(temporary).unlink()
        raise


def read_or_create_secret(path: Path) -> str:
    """A secret of 256 random bits, made and kept in ``path`` (only its owner can read it) when there is none yet."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(path, secrets.token_hex(32))
        return path.read_text(encoding="utf-8")


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()

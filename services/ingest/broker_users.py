"""Who may connect to the broker: passwords of gateways, and mosquitto's password file.

A gateway's password is derived from one key, so nothing has to be stored for it, and can be printed again at any time
for the person who sets up the device (``enermon gateway-passwords``). Each process of the services is a user of its
own: of two connections of one user the broker ends the older one.
"""

import base64
import csv
import hashlib
import hmac
import io
import os
import re
import secrets
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

PBKDF2_ITERATIONS = 101
SALT_BYTES = 12
RESERVED = "enermon"
"""Names that begin so are the services' own."""
MOST_INGESTS = 8


def ingest_user(instance: int) -> str:
    """The broker's user for the ingest process of this number."""
    return f"enermon-ingest-{instance}"


INGEST_USER = ingest_user(0)
ALERTS_USER = "enermon-alerts"
SERVICE_USERS = (*map(ingest_user, range(MOST_INGESTS)), ALERTS_USER)
"""Those whose rights are in deploy/mosquitto/acl."""
PROBE_USER = "enermon-probe"
"""By whom `enermon up` sees that the broker answers and has read its users; without rights."""


def is_service_user(name: str) -> bool:
    """True for the user of an ingest process, of the alert service or of the probe."""
    return name in {ALERTS_USER, PROBE_USER} or re.fullmatch("enermon-ingest-[0-9]+", name) is not None


def gateway_password(key: bytes, gateway_code: str) -> str:
    """The gateway's MQTT password: base64url of HMAC-SHA256(key, gateway code), without padding."""
    digest = hmac.new(key, gateway_code.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def gateway_passwords(key: bytes, gateway_codes: Iterable[str]) -> dict[str, str]:
    """Password by gateway code."""
    return {code: gateway_password(key, code) for code in gateway_codes}


def passwords_csv(passwords: Mapping[str, str]) -> str:
    """The CSV form ``gateway,password`` with its head line, ordered by gateway."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("gateway", "password"))
    writer.writerows(sorted(passwords.items()))
    return out.getvalue()


def is_user_name(name: str) -> bool:
    """True for a name that mosquitto can hold and that reaches only its own topic."""
    return bool(name) and not any(character in name for character in ":+#/\r\n\0")


def may_be_gateway(code: str) -> bool:
    """True for a name under which a gateway may connect: one that mosquitto can hold and that no service has."""
    return is_user_name(code) and not code.startswith(RESERVED)


def password_line(user: str, password: str, *, salt: bytes) -> str:
    """One line of mosquitto's password file: ``user:$7$iterations$salt$hash``, PBKDF2 with SHA-512.

    Few iterations are enough because the passwords are 256 random bits. Raises ValueError for a user name that
    mosquitto cannot hold or that would reach beyond its own topic.
    """
    if not is_user_name(user):
        raise ValueError(f"'{user}' cannot be an MQTT user: it is empty or contains one of : + # / or a line end")
    hashed = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, PBKDF2_ITERATIONS)
    return f"{user}:$7${PBKDF2_ITERATIONS}${_base64(salt)}${_base64(hashed)}"


def write_password_file(path: Path, users: Mapping[str, str], *, mode: int = 0o600) -> None:
    """Replace mosquitto's password file in one step; ``users`` gives the password by user name.

    As root, the file gets the owner of its folder, which is the broker's user. Raises ValueError (see password_line).
    """
    lines = [password_line(user, word, salt=secrets.token_bytes(SALT_BYTES)) for user, word in sorted(users.items())]
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

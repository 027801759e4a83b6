"""Passwords of the simulated gateways: those that the file lacks are asked of the API and added to it."""

import csv
import io
import os
from collections.abc import Iterable
from pathlib import Path

from simulators.broker import Login, read_logins
from simulators.registration import RegistryApi

_WRITTEN_EVERY = 50
"""What the API has answered is shown there and never again: it is kept soon."""


def provide_logins(api: RegistryApi, gateways: Iterable[str], file: Path) -> int:
    """Let the file have a password that works for each gateway; how many were new. Only its owner can read it.

    Raises RegistrationError, BrokerOptionError.
    """
    logins = read_logins(file) if file.exists() else {}
    new = 0
    for gateway in gateways:
        known = logins.get(gateway)
        if known is not None and known.user in api.users_of(gateway):
            continue
        user, password = api.new_password(gateway)
        logins[gateway] = Login(user, password)
        new += 1
        if new % _WRITTEN_EVERY == 0:
            _write(file, logins)
    if new:
        _write(file, logins)
    return new


def _write(file: Path, logins: dict[str, Login]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("gateway", "user", "password"))
    writer.writerows((gateway, login.user, login.password) for gateway, login in sorted(logins.items()))
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as opened:
        opened.write(text.getvalue())
    draft.replace(file)

"""Start a command with the passwords that are kept in files; they are in no compose file and no `docker inspect`.

ENERMON_DATABASE_PASSWORD_FILE becomes PGPASSWORD, for the ENERMON_DATABASE_URL without a password.
ENERMON_MQTT_PASSWORD_FILE is put into ENERMON_MQTT_URL, behind its user; so are those of ENERMON_ALERTS_MQTT and
ENERMON_SPARKPLUG_MQTT.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit

EXIT_CONFIGURATION = 78


class SecretError(Exception):
    """A password cannot be had; the message says which and how to mend it."""


def read_secret(name: str, file: str) -> str:
    """The secret in the file that the setting `name` gives. Raises SecretError."""
    mend = "The service `secrets` makes what is missing: docker-compose up secrets"
    try:
        secret = Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SecretError(f"{name}: cannot read {file}: {error.strerror}. {mend}") from error
    if not secret:
        raise SecretError(f"{name}: {file} is empty. Remove it; then: {mend}")
    return secret


def with_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of the command. Raises SecretError."""
    filled = dict(environment)
    if file := filled.get("ENERMON_DATABASE_PASSWORD_FILE"):
        filled["PGPASSWORD"] = read_secret("ENERMON_DATABASE_PASSWORD_FILE", file)
    for broker in ("ENERMON_MQTT", "ENERMON_ALERTS_MQTT", "ENERMON_SPARKPLUG_MQTT"):
        name = f"{broker}_PASSWORD_FILE"
        if file := filled.get(name):
            filled[f"{broker}_URL"] = _with_password(filled, f"{broker}_URL", name=name, file=file)
    return filled


def _with_password(environment: Mapping[str, str], setting: str, *, name: str, file: str) -> str:
    url = urlsplit(environment.get(setting, ""))
    if not url.username or url.password:
        raise SecretError(f"{name} needs {setting} like mqtt://user@host:1883")
    password = quote(read_secret(name, file), safe="")
    return url._replace(netloc=url.netloc.replace("@", f":{password}@", 1)).geturl()


def main(command: list[str]) -> None:
    """Become the command."""
    try:
        environment = with_secrets(os.environ)
    except SecretError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(EXIT_CONFIGURATION) from None
    os.execvpe(command[0], command, environment)  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])

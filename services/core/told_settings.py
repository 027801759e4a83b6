"""Each setting as it is, and where it comes from; what is secret is not told."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from services.core.settings import PREFIX, Settings, is_secret

SettingSource = Literal["default", "environment", "file"]

OTHERS = frozenset(
    f"{PREFIX}{name}"
    for name in (
        *("STORE", "DATABASE_PORT", "DATABASE_PASSWORD_FILE", "API_INSTANCE", "MAIL_PORT", "MAIL_PAGE_PORT"),
        *("MQTT_PORT", "MQTT_PASSWORD_FILE", "MQTT_CERTIFICATE_PORT", "MQTT_TLS_PORT", "MQTT_TLS_HOST"),
        *("MQTT_TLS_KEY", "MQTT_TLS_CA", "MQTT_TLS_REVOKED"),
        *("ALERTS_MQTT_PASSWORD_FILE", "SPARKPLUG_MQTT_PASSWORD_FILE"),
        *("SIM_API_URL", "SIM_MQTT_URL", "SIM_SECRET", "SIM_HJ212_PW", "API_KEY_FILE", "SHARED"),
    )
)
"""Variables that `enermon up`, the simulators and the scripts of the image read beside the settings."""


@dataclass(frozen=True, slots=True)
class ToldSetting:
    """A setting by its variable. `value`: as it is used; of a secret whether it is given."""

    name: str
    value: str
    source: SettingSource


def told(settings: Settings, environment: Mapping[str, str] = os.environ) -> list[ToldSetting]:
    """All settings, in the order in which they are declared."""
    found = []
    for name, field in Settings.model_fields.items():
        variable = f"{PREFIX}{name.upper()}"
        secret = is_secret(field)
        value = getattr(settings, name)
        shown = "" if value is None else str(value)
        source: SettingSource = "environment" if environment.get(variable) else "default"
        if secret and environment.get(f"{variable}_FILE"):
            source = "file"
        found.append(ToldSetting(variable, ("(secret)" if value else "") if secret else shown, source))
    return found


def unknown(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Variables that begin as settings do, and that nothing reads: misspelt, or of another version."""
    known = {*OTHERS}
    for name, field in Settings.model_fields.items():
        known |= {f"{PREFIX}{name.upper()}"} | ({f"{PREFIX}{name.upper()}_FILE"} if is_secret(field) else set())
    return sorted(
        name for name, value in environment.items() if name.startswith(PREFIX) and value and name not in known
    )

"""The mail catcher of the demonstration: on which ports it takes mails and shows them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from services.up.home import Home
from services.up.ports import LOOPBACK, choose_port, is_free, port_setting

_SMTP, _PAGE = ("ENERMON_MAIL_PORT", 9025), ("ENERMON_MAIL_PAGE_PORT", 9026)


@dataclass(frozen=True)
class MailCatcher:
    """Where it listens, on loopback."""

    smtp_port: int
    page_port: int

    @classmethod
    def of(cls, home: Home, environment: Mapping[str, str] = os.environ) -> "MailCatcher | None":
        """On the ports of the last start where they are free; None where mails go to a server that is set.

        Raises StartError when a fixed port is taken, or none is free.
        """
        if environment.get("ENERMON_SMTP_URL") or environment.get("ENERMON_SMTP_URL_FILE"):
            return None
        ports: dict[str, int] = {}
        for name, (setting, preferred) in {"mail_port": _SMTP, "mail_page_port": _PAGE}.items():
            fixed = port_setting(setting, environment)
            remembered = home.remembered_port(name)
            ports[name] = choose_port(
                fixed=fixed,
                remembered=remembered,
                preferred=preferred,
                setting=setting,
                # Nobody listens yet on the port that was chosen before.
                free=lambda port: port not in ports.values() and is_free(port),
            )
            home.remember(**{name: str(ports[name])})
        return cls(ports["mail_port"], ports["mail_page_port"])

    @property
    def page(self) -> str:
        """Where the mails are shown."""
        return f"http://{LOOPBACK}:{self.page_port}"

    def environment(self) -> dict[str, str]:
        """What the alert service is told."""
        return {"ENERMON_SMTP_URL": f"smtp://{LOOPBACK}:{self.smtp_port}"}

"""All that is tried of what the settings name, and how it is told."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from services.alerts.channels.contract import DeliveryFailed
from services.alerts.channels.email import EmailChannel, parse_smtp_url
from services.alerts.surroundings.broker import try_brokers
from services.alerts.surroundings.database import try_database
from services.alerts.surroundings.machine import try_backup, try_certificates, try_disks
from services.alerts.surroundings.tried import TriedThing
from services.core.settings import Settings
from services.core.told_settings import ToldSetting, told, unknown


@dataclass(frozen=True, slots=True)
class SurroundingsReport:
    """The settings with their sources, and what was found by trying what they name."""

    settings: Sequence[ToldSetting]
    tried: Sequence[TriedThing]

    @property
    def well(self) -> bool:
        """Whether nothing fails; warnings are well."""
        return all(each.standing != "fail" for each in self.tried)

    def lines(self) -> list[str]:
        """For a person."""
        width = max(len(each.name) for each in self.settings)
        given = [f"{each.name:<{width}}  {each.source:<11}  {each.value}".rstrip() for each in self.settings]
        return [*given, "", *(each.line() for each in self.tried)]

    def as_json(self) -> str:
        """For a program: {"well", "settings": [{name, value, source}], "tried": [{standing, name, found, mend}]}."""
        content = {
            "well": self.well,
            "settings": [asdict(each) for each in self.settings],
            "tried": [asdict(each) for each in self.tried],
        }
        return json.dumps(content, ensure_ascii=False, indent=1)


def look_around(settings: Settings, *, now: datetime) -> SurroundingsReport:
    """Try what the settings name; nothing is written, sent or changed."""
    return SurroundingsReport(told(settings), [*_tried(settings, now)])


def _tried(settings: Settings, now: datetime) -> Iterator[TriedThing]:
    for name in unknown():
        yield TriedThing("warn", "setting", f"nothing reads {name}", "it is misspelt, or of another version")
    yield from try_database(settings.database_url.get_secret_value())
    yield from try_brokers(settings)
    yield _try_mail(settings)
    yield from try_disks(settings)
    yield try_backup(settings, now=now)
    yield from try_certificates(settings, now=now)


def _try_mail(settings: Settings) -> TriedThing:
    if settings.smtp_url is None:
        return TriedThing("warn", "mail", "no mail server: e-mails of alerts wait, and die", "set ENERMON_SMTP_URL")
    try:
        server = parse_smtp_url(settings.smtp_url.get_secret_value())
        EmailChannel(server, sender=settings.smtp_from).try_login()
    except (DeliveryFailed, ValueError) as error:
        return TriedThing("fail", "mail", str(error), "mend ENERMON_SMTP_URL, or the mail server")
    signed_in = f"as {server.user}" if server.user else "without a login"
    return TriedThing("ok", "mail", f"{server.host}:{server.port} takes us {signed_in}; no mail was sent")

"""What an operator can set, from the environment (prefix ENERMON_), and secrets from files as well."""

import os
import re
from datetime import date
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from services.core.database_address import database_address
from services.core.logs import LogLevel
from services.core.mqtt_address import parse_mqtt_url
from services.core.processes import cores
from services.core.secret_files import read_secret_file

PREFIX = "ENERMON_"

EVERY_ADDRESS = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - told apart, not listened on
"""Hosts that stand for every address of the machine; a link needs one."""

_OF_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
_USE = r"^([0-9]{2})?$"
_HOST_NAME = re.compile(r"[A-Za-z0-9._-]+|\[?[0-9A-Fa-f:.]+\]?")


def _parts(given: str) -> list[str]:
    return [part.strip() for part in given.split(",") if part.strip()]


class BadSettingError(Exception):
    """A setting cannot be used; the message says which, why and how to mend it, and no secret."""


class Settings(BaseSettings):
    """Settings shared by the services. Each is given as ENERMON_<NAME>; a secret also by ENERMON_<NAME>_FILE."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", hide_input_in_errors=True
    )

    data: Path | None = Field(None, description="Folder whose files stand for, or beside, the shipped domain numbers")
    log_level: LogLevel = Field("info", description="From which level on the services log; debug: each batch too")
    home: Path = Field(Path(".enermon"), description="Where private database, broker, logs and secrets live")
    database_url: SecretStr = Field(
        SecretStr("postgresql://127.0.0.1:15432/enermon"),
        description="PostgreSQL URL, with or without TimescaleDB; several hosts with commas: that which is written to",
    )
    mqtt_url: SecretStr = Field(SecretStr("mqtt://127.0.0.1:11883"), description="mqtt[s]://user:password@host:port")
    alerts_mqtt_url: SecretStr | None = Field(
        None, description="The same with the alert service's own user; without it mqtt_url, where that names no user"
    )

    api_host: str = "127.0.0.1"
    api_port: int = Field(8000, ge=1, le=65535)
    api_trusted_hosts: str = Field(
        "", description="Further names by which the API is asked, between commas, without scheme and port"
    )
    api_proxies: str = Field(
        "127.0.0.1,::1", description="Addresses of the proxies before the API, which say who asks (X-Forwarded-For)"
    )
    api_hsts_s: int = Field(0, ge=0, description="So long browsers are told to come by HTTPS alone; 0: not told")
    api_request_s: float = Field(10.0, gt=0, description="So long is waited for a request to be there whole")
    api_requests_per_s: float = Field(
        200.0, ge=0, description="Requests of an account a second; half of them of one key; 0: not bounded"
    )
    api_statement_s: int = Field(10, ge=1, le=30, description="So long the database may take for a question")
    api_streams: int = Field(200, ge=1, description="Live streams of the API at once")
    api_account_streams: int = Field(20, ge=1, description="... of one account")
    api_connections: int = Field(800, ge=10, description="Connections of the API at once")

    oidc_issuer: str = Field("", description="OpenID provider by which people may sign in; empty: none")
    oidc_client_id: str = Field("", description="As which this service is registered there")
    oidc_client_secret: SecretStr | None = Field(None, description="Its secret there; without it PKCE alone")
    oidc_claim: str = Field(
        "", description="Claim that holds the name of an account, for the first sign-in; empty: subjects are registered"
    )

    ingest_client_id: str = Field("", description="MQTT client id; empty: enermon-ingest-<ingest_instance>")
    ingest_share: bool = Field(
        False, description="Subscribe through $share, so that several ingest processes share the load"
    )
    ingest_instance: int = Field(0, ge=0, description="Number of this ingest process when several share")
    ingest_batch_readings: int = Field(20_000, ge=1, description="A batch is stored when it holds this many readings")
    ingest_batch_age_s: float = Field(0.1, gt=0, description="... or when its oldest message has waited this long")
    ingest_queue_messages: int = Field(16_000, ge=1, le=65_535, description="Messages taken and not yet committed")
    ingest_queue_bytes: int = Field(48_000_000, ge=1_000_000, description="... and their size")
    rejected_days: int = Field(200, ge=1, description="Days that rejected readings and messages are kept")
    rejected_most_readings: int = Field(1_000_000, ge=1, description="Rejected readings kept of one gateway")
    rejected_most_messages: int = Field(2_000, ge=1, description="Rejected messages kept of one gateway")
    rejected_most_bytes: int = Field(100_000_000, ge=1, description="... and their size")
    metrics_host: str = Field("127.0.0.1", description="Where ingest and roll-up serve /metrics")
    ingest_metrics_port: int = Field(0, ge=0, le=65535, description="Port for /metrics of ingest; 0: none")
    sparkplug_metrics_port: int = Field(
        0, ge=0, le=65535, description="Port for /metrics of the Sparkplug host; 0: none"
    )
    rollup_metrics_port: int = Field(0, ge=0, le=65535, description="Port for /metrics of the roll-up; 0: none")
    quality_metrics_port: int = Field(0, ge=0, le=65535, description="Port for /metrics of quality; 0: none")
    rollup_workers: int = Field(default_factory=lambda: min(cores(), 16), ge=1, le=16, description="Roll up so many")
    quality_workers: int = Field(
        default_factory=lambda: max(1, min(cores(), 16) // 2), ge=1, le=16, description="Judge quality so many"
    )

    sparkplug: bool = Field(False, description="Let `enermon up` run the Sparkplug host too")
    sparkplug_mqtt_url: SecretStr | None = Field(
        None, description="The same with the Sparkplug host's own user; without it mqtt_url, where that names no user"
    )
    sparkplug_host: str = Field(
        "enermon", description="Id of the Sparkplug host: what edge nodes name as their primary host"
    )
    sparkplug_reorder_s: float = Field(
        5.0, gt=0, description="So long a missing message of an edge node is waited for before its births are asked for"
    )
    sparkplug_patience_s: float = Field(
        5.0, ge=2, description="So long the database may take no data before the Sparkplug host says that it is offline"
    )

    alerts_poll_s: float = Field(2.0, gt=0, description="Rules are evaluated anew at the latest after this")
    alerts_grouping_s: float = Field(2.0, ge=0, description="Alerts for one recipient within this go into one message")
    alerts_metrics_port: int = Field(0, ge=0, le=65535, description="Port for /metrics of the alert service; 0: none")
    alerts_link: str = Field(
        "",
        description="Base address of the links in messages; empty: where the API listens, as api_host and api_port say",
    )
    smtp_url: SecretStr | None = Field(
        None, description="smtp[s]://user:password@host:port; smtp+starttls:// for STARTTLS"
    )
    smtp_from: str = Field("enermon@localhost", description="Sender of e-mails")
    webhook_allow_private: bool = Field(False, description="Let webhooks go to private addresses")
    webhook_allow_http: bool = Field(False, description="Let webhooks go without TLS")

    seal_head_file: Path | None = Field(
        None, description="File, best on another disk, to whose end the roll-up writes the head of the chain"
    )
    seal_head_file_every_s: float = Field(3600.0, gt=0, description="... so often")
    seal_head_mail: str = Field("", description="E-mail addresses the head is sent to, with commas between")
    seal_head_webhook: SecretStr | None = Field(None, description="URLs it is sent to, with commas between")
    seal_head_secret: SecretStr | None = Field(None, description="whsec_ secret by which those webhooks are signed")
    seal_head_send_every_s: float = Field(86_400.0, gt=0, description="How often it is sent")

    hj212_host: str = Field("127.0.0.1", description="Where the server of HJ 212 listens for monitors")
    hj212_port: int = Field(10_212, ge=0, le=65535, description="... and at which port; 0: any free one")
    hj212_allow: str = Field(
        "127.0.0.0/8,::1", description="Addresses and networks that may connect as monitors, between commas"
    )
    hj212_monitors: Path | None = Field(
        None,
        description="Secret CSV file mn,gateway,password,key of monitors that have a password, a key or another name",
    )
    hj212_connections: int = Field(1_000, ge=1, description="Monitors connected at once")
    hj212_first_frame_s: float = Field(60.0, gt=0, description="A connection without a good frame ends after so long")
    hj212_silence_s: float = Field(7_200.0, gt=0, description="... and one that has become silent after so long")
    hj212_moment_days: int = Field(30, ge=1, description="Days that real-time values of pollutants are kept")
    hj212_commands: Literal["off", "on"] = Field(
        "off", description="on: monitors are told the time, and asked for hours that are missing"
    )
    hj212_metrics_port: int = Field(0, ge=0, le=65535, description="Port for /metrics of the server of HJ 212; 0: none")

    necc_host: str = Field("127.0.0.1", description="Where the server of end devices listens (national protocol)")
    necc_port: int = Field(10_213, ge=0, le=65535, description="... and at which port; 0: any free one")
    necc_url: str = Field("", description="Address by which end devices reach it; empty: where it listens")
    necc_key: SecretStr | None = Field(
        None, description="Secret by which ids and keys of end devices are made; it stays as it is"
    )
    necc_tls_certificate: Path | None = Field(None, description="PEM file of the server's certificate; empty: no TLS")
    necc_tls_key: Path | None = Field(None, description="... and of its key, where that is not in the same file")
    necc_tls_client_ca: Path | None = Field(
        None, description="PEM file of the CA of which end devices must show a certificate; empty: they need none"
    )
    necc_allow: str = Field(
        "127.0.0.0/8,::1", description="Addresses and networks from which end devices may ask, between commas"
    )
    necc_cipher: Literal["none", "aes", "sm4"] = Field("none", description="How end devices encrypt fields of data")
    necc_valid: Literal["any", "1", "0"] = Field(
        "any", description="What the field valid says of a good value; any: it is not judged"
    )
    necc_serial: str = Field(
        "serialNumber", description="Field of register by which devices of one enterprise are told apart"
    )
    necc_upload_time: str = Field(
        "08:30:00", pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$", description="When devices are to send"
    )
    necc_reg_version: str = Field("1", description="Another one lets all end devices register again")
    necc_dic_version: str = Field("1", description="Another one lets all end devices download the dictionaries again")
    necc_dictionaries: Path | None = Field(None, description="Folder with the dictionaries of the province")
    necc_body_bytes: int = Field(8_000_000, ge=10_000, le=64_000_000, description="Largest request of an end device")
    necc_connections: int = Field(200, ge=1, description="End devices connected at once")
    necc_metrics_port: int = Field(0, ge=0, le=65535, description="Port for /metrics of the server of end devices")

    upward_necc_url: str = Field(
        "", description="Address at which end devices register above; empty: nothing is sent upward"
    )
    upward_necc_since: date | None = Field(None, description="First day whose values are sent upward")
    upward_necc_cipher: Literal["none", "aes", "sm4"] = Field("none", description="How fields are encrypted there")
    upward_necc_dictionaries: Path | None = Field(
        None, description="Folder whose units.csv has the unit of each data code that is sent"
    )
    upward_necc_use_input: str = Field("10", pattern=_USE, description="Use in the data code of what comes in")
    upward_necc_use_output: str = Field("30", pattern=_USE, description="... and of what is sold on; empty: not sent")
    upward_poll_s: float = Field(60.0, gt=0, description="So often is looked for what is to be sent")
    upward_metrics_port: int = Field(0, ge=0, le=65535, description="Port for /metrics of the sender; 0: none")

    keep_readings_months: int = Field(
        36, ge=0, le=1200, description="Whole months of readings that `enermon retain` leaves, at least 25; 0: all"
    )
    compress_after_days: int = Field(
        90, ge=7, description="Days after the end of a chunk of readings before `enermon compress` takes it"
    )

    backup_dir: Path | None = Field(None, description="Folder of the backups, whose last one is watched")
    archive: bool = Field(True, description="Where it is set, let `enermon up` run `enermon archive` into it")
    backup_recipients: str = Field(
        "", description="Public keys of age (age1...) that can read backups, between commas; empty: not encrypted"
    )
    backup_every_h: float = Field(24.0, ge=1, le=24 * 31, description="Hours between base backups of `enermon archive`")
    backup_keep: int = Field(7, ge=1, le=1_000, description="Base backups it keeps, and the WAL since the oldest")
    backup_spool: Path | None = Field(
        None, description="Folder where it receives WAL before it is stored; empty: receiving in ENERMON_HOME"
    )
    archive_metrics_port: int = Field(0, ge=0, le=65535, description="Port for /metrics of `enermon archive`; 0: none")
    mqtt_tls_certificate: Path | None = Field(
        None, description="PEM file of the broker's certificate, where that is not of the private CA"
    )
    ca: Path | None = Field(None, description="Folder of the private CA of the broker; empty: secrets/ca of home")

    @property
    def backup_recipient_list(self) -> list[str]:
        """One by one."""
        return [name.strip() for name in self.backup_recipients.split(",") if name.strip()]

    @property
    def ca_folder(self) -> Path:
        """Where the private CA is, or would be."""
        return (self.ca or self.home / "secrets" / "ca").expanduser().absolute()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - given by name
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is given in code, then the environment, then the files of secrets."""
        return init_settings, env_settings, _SecretFiles(settings_cls)

    @field_validator("database_url")
    @classmethod
    def _is_database_url(cls, given: SecretStr) -> SecretStr:
        # What comes to the drivers is in order: the errors with which they refuse a URL show parts of it.
        return SecretStr(database_address(given.get_secret_value()))

    @field_validator("mqtt_url", "alerts_mqtt_url", "sparkplug_mqtt_url")
    @classmethod
    def _is_mqtt_url(cls, given: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if given is None or (info.field_name != "mqtt_url" and not given.get_secret_value()):
            return None
        parse_mqtt_url(given.get_secret_value())
        return given

    @field_validator("sparkplug_host")
    @classmethod
    def _is_host_id(cls, given: str) -> str:
        if not given or set("+/#") & set(given):
            raise ValueError("the id of a Sparkplug host has none of + / #")
        return given

    @field_validator("api_trusted_hosts")
    @classmethod
    def _are_names(cls, given: str) -> str:
        for name in _parts(given):
            if not _HOST_NAME.fullmatch(name):
                raise ValueError(f"{name!r} is no name of a host: leave out scheme, port and path")
        return given

    @field_validator("upward_necc_url")
    @classmethod
    def _is_web_address(cls, given: str) -> str:
        if given and (urlsplit(given).scheme not in ("http", "https") or not urlsplit(given).hostname):
            raise ValueError("must be an address such as https://province.example/enterprise/register")
        return given

    @field_validator("hj212_allow", "necc_allow")
    @classmethod
    def _are_networks(cls, given: str) -> str:
        for part in _parts(given):
            try:
                ip_network(part)
            except ValueError as error:
                raise ValueError(f"{part!r} is neither an address nor a network such as 10.1.2.0/24: {error}") from None
        return given

    @property
    def hj212_allowed(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """From where monitors may connect."""
        return tuple(ip_network(part) for part in _parts(self.hj212_allow))

    @property
    def necc_allowed(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """From where end devices may ask."""
        return tuple(ip_network(part) for part in _parts(self.necc_allow))

    @property
    def trusted_hosts(self) -> frozenset[str]:
        """The names by which the API is asked: those given, of this machine, where it listens, and of the links."""
        own = {self.api_host} - EVERY_ADDRESS
        linked = urlsplit(self.link).hostname
        names = {*_OF_THIS_MACHINE, *own, *_parts(self.api_trusted_hosts), *({linked} if linked else ())}
        return frozenset(name.lower().strip("[]") for name in names)

    @property
    def link(self) -> str:
        """Base address of the links in messages, without a slash at its end."""
        if self.alerts_link:
            return self.alerts_link.rstrip("/")
        host = "127.0.0.1" if self.api_host in EVERY_ADDRESS else self.api_host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.api_port}"


class _SecretFiles(PydanticBaseSettingsSource):
    """ENERMON_<NAME>_FILE names the file with a secret: its text, without the line end."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """The secret of a field, None without a file. Raises BadSettingError."""
        name = f"{PREFIX}{field_name.upper()}"
        file = os.environ.get(f"{name}_FILE")
        if not file or not is_secret(field):
            return None, field_name, False
        if os.environ.get(name):
            raise BadSettingError(f"{name} and {name}_FILE are both set; take one of them away")
        try:
            secret = read_secret_file(Path(file)).decode("utf-8").strip()
        except OSError as error:
            raise BadSettingError(f"{name}_FILE: {file} cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise BadSettingError(f"{name}_FILE: {file} is not UTF-8 text") from None
        if not secret:
            raise BadSettingError(f"{name}_FILE: {file} is empty")
        return secret, field_name, False

    def __call__(self) -> dict[str, Any]:
        """The secrets that stand in files."""
        values = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in values.items() if value is not None}


def is_secret(field: FieldInfo) -> bool:
    """Whether the setting is one that may stand in a file of its own, and is never shown."""
    return SecretStr in (field.annotation, *get_args(field.annotation))


def read_settings() -> Settings:
    """What the operator has set. Raises BadSettingError."""
    try:
        return Settings()
    except ValidationError as error:
        faults = [f"{PREFIX}{str(fault['loc'][0]).upper()}: {fault['msg']}" for fault in error.errors()]
        raise BadSettingError("\n".join(faults)) from None

"""What an operator can set, from the environment (prefix ENERMON_)."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

EVERY_ADDRESS = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - told apart, not listened on
"""Hosts that stand for every address of the machine; a link needs one."""


class Settings(BaseSettings):
    """Settings shared by the services. Every field can be given as ENERMON_<NAME>."""

    model_config = SettingsConfigDict(env_prefix="ENERMON_", extra="ignore")

    data: Path | None = Field(None, description="Folder whose files stand for, or beside, the shipped domain numbers")
    home: Path = Field(Path(".enermon"), description="Where private database, broker, logs and secrets live")
    database_url: SecretStr = Field(
        SecretStr("postgresql://127.0.0.1:15432/enermon"), description="PostgreSQL URL, with or without TimescaleDB"
    )
    mqtt_url: SecretStr = Field(SecretStr("mqtt://127.0.0.1:11883"), description="mqtt[s]://user:password@host:port")
    alerts_mqtt_url: SecretStr | None = Field(
        None, description="The same with the alert service's own user; without it mqtt_url, where that names no user"
    )

    api_host: str = "127.0.0.1"
    api_port: int = Field(8000, ge=1, le=65535)

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
    rollup_metrics_port: int = Field(0, ge=0, le=65535, description="Port for /metrics of the roll-up; 0: none")
    quality_metrics_port: int = Field(0, ge=0, le=65535, description="Port for /metrics of quality; 0: none")

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

    gateway_key_file: Path | None = Field(None, description="Key from which gateway passwords are derived")

    @property
    def link(self) -> str:
        """Base address of the links in messages, without a slash at its end."""
        if self.alerts_link:
            return self.alerts_link.rstrip("/")
        host = "127.0.0.1" if self.api_host in EVERY_ADDRESS else self.api_host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.api_port}"

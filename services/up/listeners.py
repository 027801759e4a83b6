"""Where the private mosquitto listens: on loopback without TLS, and with TLS where that is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from services.ingest.certificates import PrivateCa
from services.up.errors import StartError
from services.up.ports import LOOPBACK, port_setting

MOST_CONNECTIONS = 10_000
"""Of a listener: each takes a file of the process, and some kilobytes."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Certificate and key of the broker, the CA of its gateways, and which of their certificates are revoked.

    `private` is the CA where it is Enermon's own: its list of revoked certificates is written by the broker's keeper.
    """

    certificate: Path
    key: Path
    ca: Path
    revoked: Path | None = None
    private: PrivateCa | None = None


@dataclass(frozen=True, slots=True)
class TlsListeners:
    """Where gateways come in with TLS: by password, by certificate, or both."""

    files: TlsFiles
    host: str
    password_port: int | None = None
    certificate_port: int | None = None


SERVER_CERTIFICATE, SERVER_KEY, CLIENT_CA, REVOKED = "server.pem", "server.key", "ca.pem", "revoked.pem"
"""Their names in the broker's folder."""


def tls_listeners(environment: Mapping[str, str], ca: PrivateCa) -> TlsListeners | None:
    """What the environment asks for; None: no TLS. Raises StartError."""
    password_port = port_setting("ENERMON_MQTT_TLS_PORT", environment)
    certificate_port = port_setting("ENERMON_MQTT_CERTIFICATE_PORT", environment)
    if password_port is None and certificate_port is None:
        return None
    host = environment.get("ENERMON_MQTT_TLS_HOST") or LOOPBACK
    return TlsListeners(_files(environment, ca), host, password_port, certificate_port)


def _files(environment: Mapping[str, str], ca: PrivateCa) -> TlsFiles:
    names = ("ENERMON_MQTT_TLS_CERTIFICATE", "ENERMON_MQTT_TLS_KEY", "ENERMON_MQTT_TLS_CA")
    given = [environment.get(name) or None for name in names]
    if not any(given):
        if not (ca.there and ca.server.certificate.exists()):
            raise StartError(
                "no_certificate",
                f"TLS is asked for, and {ca.folder} has no certificate of the broker: `enermon ca make` and"
                f" `enermon ca server HOST` make one; or set {', '.join(names)}.",
            )
        return TlsFiles(ca.server.certificate, ca.server.key, ca.own.certificate, private=ca)
    if not all(given):
        raise StartError("bad_setting", f"{', '.join(names)} are set together, or none of them.")
    certificate, key, trusted = (Path(str(each)) for each in given)
    revoked = environment.get("ENERMON_MQTT_TLS_REVOKED")
    return TlsFiles(certificate, key, trusted, Path(revoked) if revoked else None)


def listener_lines(plain_port: int, tls: TlsListeners | None) -> str:
    """The listeners as mosquitto's configuration has them. The user is the client at each of them."""
    blocks = [_listener(plain_port, LOOPBACK)]
    if tls is not None:
        encrypted = (f"certfile {SERVER_CERTIFICATE}", f"keyfile {SERVER_KEY}")
        if tls.password_port is not None:
            blocks.append(_listener(tls.password_port, tls.host, *encrypted))
        if tls.certificate_port is not None:
            revoked = [f"crlfile {REVOKED}"] if tls.files.private or tls.files.revoked else []
            by_certificate = (f"cafile {CLIENT_CA}", "require_certificate true", "use_identity_as_username true")
            blocks.append(_listener(tls.certificate_port, tls.host, *encrypted, *by_certificate, *revoked))
    return "\n".join(blocks)


def _listener(port: int, host: str, *more: str) -> str:
    lines = (f"listener {port} {host}", "use_username_as_clientid true", f"max_connections {MOST_CONNECTIONS}", *more)
    return "\n".join([*lines, ""])

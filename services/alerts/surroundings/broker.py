"""Tries the broker, without signing in: a user has one session, and trying would end that of the running process."""

import socket
import ssl
from collections.abc import Iterator

from services.alerts.surroundings.tried import TriedThing
from services.core.mqtt_address import BrokerAddress, parse_mqtt_url
from services.core.settings import Settings

TIMEOUT_S = 5.0
_CLIENT = b"enermon-check"
_CONNECT = b"\x00\x04MQTT\x04\x02\x00\x0a" + len(_CLIENT).to_bytes(2, "big") + _CLIENT
"""MQTT 3.1.1, 3.1: a clean session without a user. Any answer shows that a broker is there."""
_CONNACK = 0x20


def try_brokers(settings: Settings) -> Iterator[TriedThing]:
    """What is found at each broker that the settings name, once for each address."""
    given = (settings.mqtt_url, settings.alerts_mqtt_url, settings.sparkplug_mqtt_url)
    addresses = [parse_mqtt_url(url.get_secret_value()) for url in given if url is not None]
    for address in {(each.host, each.port, each.tls): each for each in addresses}.values():
        yield _try(address)


def _try(address: BrokerAddress) -> TriedThing:
    where = f"{address.host}:{address.port}"
    mend = "start it, or mend ENERMON_MQTT_URL"
    try:
        with _connected(address) as line:
            line.sendall(bytes([0x10, len(_CONNECT)]) + _CONNECT)
            answer = line.recv(4)
    except ssl.SSLError as error:
        return TriedThing(
            "fail", "broker", f"{where}: TLS: {error}", "is it mqtts there, and its certificate good here?"
        )
    except OSError as error:
        return TriedThing("fail", "broker", f"{where}: {error}", mend)
    if answer[:1] != bytes([_CONNACK]):
        return TriedThing("fail", "broker", f"{where} answers, but not as a broker does", mend)
    tls = "with TLS" if address.tls else "without TLS"
    return TriedThing("ok", "broker", f"a broker answers at {where} {tls}; the login was not tried")


def _connected(address: BrokerAddress) -> socket.socket:
    line = socket.create_connection((address.host, address.port), TIMEOUT_S)
    if not address.tls:
        return line
    try:
        return ssl.create_default_context().wrap_socket(line, server_hostname=address.host)
    except BaseException:
        line.close()
        raise

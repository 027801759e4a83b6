"""May this user connect to the broker? Asked with MQTT 3.1.1, which every broker knows."""

import time

from paho.mqtt.client import Client, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from services.ingest.broker_users import PROBE_USER

TIMEOUT_S = 3.0
KEEPALIVE_S = 10


def refusal(*, host: str, port: int, user: str | None = None, password: str = "") -> str | None:
    """Connect, take the answer, disconnect: why the broker refuses, None where it lets the user in.

    Raises OSError when nobody answers as a broker would.
    """
    said: list[str | None] = []
    # A broker may take the user for the client: what it keeps for that user stays, and is not acknowledged here.
    client = Client(CallbackAPIVersion.VERSION2, PROBE_USER, clean_session=False, protocol=MQTTv311, manual_ack=True)
    client.connect_timeout = TIMEOUT_S
    client.on_connect = lambda _c, _u, _f, reason, _p: said.append(str(reason) if reason.is_failure else None)
    if user is not None:
        client.username_pw_set(user, password)
    client.connect(host, port, keepalive=KEEPALIVE_S)
    deadline = time.monotonic() + TIMEOUT_S
    try:
        while not said and (left_s := deadline - time.monotonic()) > 0:
            if client.loop(left_s) != MQTTErrorCode.MQTT_ERR_SUCCESS:
                break
    finally:
        client.disconnect()
    if not said:
        raise ConnectionError(f"{host}:{port} does not answer as an MQTT broker")
    return said[0]

"""The embedded MQTT broker as a process: ``python -m services.up.embedded_broker PORT`` (amqtt)."""

import asyncio
import json
import logging
import signal
import sys

from amqtt.adapters import ReaderAdapter  # type: ignore[import-untyped]
from amqtt.broker import Broker  # type: ignore[import-untyped]
from amqtt.mqtt.connect import ConnectPacket, ConnectPayload, ConnectVariableHeader  # type: ignore[import-untyped]
from amqtt.mqtt.packet import MQTTFixedHeader  # type: ignore[import-untyped]
from amqtt.session import Session  # type: ignore[import-untyped]

from services.up.ports import LOOPBACK

SESSION_KEPT_S = 30 * 86400
MQTT_3_1_1 = 4
BYTES_BEFORE_PAYLOAD = 10


class KnownVersionPayload(ConnectPayload):  # type: ignore[misc]
    """Payload of CONNECT that leaves another version's fields unread.

    amqtt reads an MQTT 5 payload as if it were 3.1.1, goes astray in it and never answers. Left unread, the broker
    refuses the version at once, and the client tries 3.1.1.
    """

    @classmethod
    async def from_stream(
        cls, reader: ReaderAdapter, fixed_header: MQTTFixedHeader, variable_header: ConnectVariableHeader
    ) -> ConnectPayload:
        """The payload; for another version than 3.1.1 only a client id that stands for it."""
        if variable_header.proto_level == MQTT_3_1_1:
            return await super().from_stream(reader, fixed_header, variable_header)
        await reader.read(fixed_header.remaining_length - BYTES_BEFORE_PAYLOAD)
        variable_header.flags = ConnectVariableHeader.CLEAN_SESSION_FLAG
        return cls(client_id="another-version")


class LoopbackBroker(Broker):  # type: ignore[misc]
    """amqtt, which to a client that connects sends the retained messages of every other client's subscriptions too."""

    async def _publish_retained_messages_for_subscription(
        self, subscription: tuple[str, int], session: Session
    ) -> None:
        subscribers = self._subscriptions.get(subscription[0], [])
        if any(subscriber.client_id == session.client_id for subscriber, _ in subscribers):
            await super()._publish_retained_messages_for_subscription(subscription, session)


async def serve(port: int) -> None:
    """Serve until SIGTERM or SIGINT."""
    ConnectPacket.PAYLOAD = KnownVersionPayload
    broker = LoopbackBroker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"{LOOPBACK}:{port}"}},
            "session_expiry_interval": SESSION_KEPT_S,
            "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        }
    )
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await broker.start()
    print(json.dumps({"event": "ready", "port": port}), flush=True)  # whoever started it reads this in the log
    await stopped.wait()
    await broker.shutdown()


def main() -> None:
    """Run it; the port is the only argument."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    asyncio.run(serve(int(sys.argv[1])))


if __name__ == "__main__":
    main()

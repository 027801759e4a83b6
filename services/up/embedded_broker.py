"""The embedded MQTT broker as a process: ``python -m services.up.embedded_broker PORT`` (amqtt)."""

import asyncio
import logging
import signal
import sys

from amqtt.broker import Broker  # type: ignore[import-untyped]

from services.up.ports import LOOPBACK

SESSION_KEPT_S = 30 * 86400


async def serve(port: int) -> None:
    """Serve until SIGTERM or SIGINT."""
    broker = Broker(
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
    await stopped.wait()
    await broker.shutdown()


def main() -> None:
    """Run it; the port is the only argument."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    asyncio.run(serve(int(sys.argv[1])))


if __name__ == "__main__":
    main()

"""Ports for servers that must be told theirs before they start."""

import random
import socket
from pathlib import Path

from services.up.home import Home

# Below what Linux (from 32768) and macOS (from 49152) give to whoever connects, and beside the ports of the services.
FIRST, AFTER = 20_000, 30_000


def free_port() -> int:
    """A loopback port at which nobody listens, and which no connection is given before the server listens there."""
    drawn = random.SystemRandom()
    while True:
        port = drawn.randrange(FIRST, AFTER)
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


def home_in(folder: Path) -> Home:
    """A home in which database and broker take ports of their own.

    Left to themselves they take the first free one of a few, which tests that start at the same moment take too.
    """
    home = Home(folder.resolve())
    home.prepare()
    home.remember(database_port=str(free_port()), mqtt_port=str(free_port()))
    return home

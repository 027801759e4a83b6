"""Choosing loopback ports, and saying who holds one that is taken."""

import os
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

from services.up.errors import StartError

LOOPBACK = "127.0.0.1"
TRIES = 200
STARTS = 5


def port_setting(name: str, environment: Mapping[str, str] | None = None) -> int | None:
    """A port fixed by the environment, None when it is not set. Raises StartError when it is no port."""
    text = (os.environ if environment is None else environment).get(name, "")
    if not text:
        return None
    if not (text.isdigit() and 0 < int(text) < 65536):
        raise StartError("bad_setting", f"{name} is '{text}'; it must be a port from 1 to 65535.")
    return int(text)


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """True when a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError:
            return False
        return True


def describe_holder(port: int) -> str:
    """The process that listens on the port, ``name (process 123)``; "another program" where it cannot be seen."""
    inodes = _listening_inodes(port)
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            for descriptor in (folder / "fd").iterdir():
                with suppress(OSError):
                    target = str(descriptor.readlink())
                    if target.startswith("socket:[") and target[8:-1] in inodes:
                        return f"{(folder / 'comm').read_text().strip()} (process {folder.name})"
    return "another program"


def _listening_inodes(port: int) -> set[str]:
    listening = "0A"
    inodes: set[str] = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == listening and int(fields[1].rpartition(":")[2], 16) == port:
                    inodes.add(fields[9])
    return inodes


def choose_port(
    *,
    fixed: int | None,
    remembered: int | None,
    preferred: int,
    setting: str,
    free: Callable[[int], bool] = is_free,
    holder: Callable[[int], str] = describe_holder,
) -> int:
    """The fixed port if one is set, else that of the last start, else the first free one from the preferred on.

    Raises StartError when the fixed port is taken, or when none is free.
    """
    if fixed is not None:
        if not free(fixed):
            advice = f"Stop that, or set another {setting}."
            raise StartError("port_taken", f"Port {fixed} ({setting}) is taken by {holder(fixed)}. {advice}")
        return fixed
    candidates: list[int] = [*([remembered] if remembered else []), *range(preferred, preferred + TRIES)]
    for port in candidates:
        if free(port):
            return port
    last = preferred + TRIES - 1
    raise StartError("port_taken", f"No free port from {preferred} to {last}. Set {setting} to a free one.")


def start_on_free_port(
    start: Callable[[int], None],
    *,
    fixed: int | None,
    remembered: int | None,
    preferred: int,
    setting: str,
    host: str = LOOPBACK,
) -> int:
    """Start a server on the port that `choose_port` gives, on another when a program took it in between; the port.

    Raises StartError as `start` and `choose_port` do.
    """
    free = partial(is_free, host=host)
    for starts_left in range(STARTS - 1, -1, -1):
        port = choose_port(fixed=fixed, remembered=remembered, preferred=preferred, setting=setting, free=free)
        try:
            start(port)
        except StartError:
            if not starts_left or free(port):
                raise
        else:
            break
    return port

"""Work that may take so much memory and time and no more: it is done in a process of its own, and refused beyond."""

import multiprocessing
import pickle
import resource
import signal
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a piece of work may take."""

    memory_bytes: int
    """Of the whole process, with what it has when it begins."""
    processor_s: int
    longest_s: float
    """From its begin to its answer, waiting for others included."""


class OverLimitError(Exception):
    """Work took more than it may, and was ended; says of what."""


class FailedElsewhereError(Exception):
    """Work failed in its process with an error that cannot be handed over; says where."""


class LimitedWork:
    """Starts work in processes of its own, forked from one that has the modules it needs: each starts at once.

    That one is started with the first piece of work, and ends with this process.
    """

    def __init__(self, *modules: str) -> None:
        """`modules`: what the work needs; without, each process loads it by itself."""
        self._context = multiprocessing.get_context("forkserver")
        if modules:
            self._context.set_forkserver_preload(list(modules))

    def done(self, limits: Limits, work: Callable[..., Any], *given: Any) -> Any:
        """What `work` answers, a function of a module as `given` and its answer are to be pickled; or its error raised.

        Raises OverLimitError too. What the work does elsewhere by then stays done, of a database what it committed.
        """
        receiver, sender = self._context.Pipe(duplex=False)
        process = self._context.Process(target=_do, args=(sender, limits, work, given), daemon=True)
        with receiver:
            process.start()
            sender.close()
            try:
                if not receiver.poll(limits.longest_s):
                    raise OverLimitError(f"{limits.longest_s:g} s")
                is_done, told = pickle.loads(receiver.recv_bytes())  # noqa: S301 - from a process of our own
            except EOFError:
                process.join()
                raise OverLimitError(_ended(process.exitcode, limits)) from None
            finally:
                process.kill()
                process.join()
        if is_done:
            return told
        raise told


def _ended(exit_code: int | None, limits: Limits) -> str:
    if exit_code == -signal.SIGXCPU:
        return f"{limits.processor_s} s of the processor"
    return _memory(limits)


def _memory(limits: Limits) -> str:
    return f"{limits.memory_bytes // MEGABYTE} MB of memory"


def _do(sender: Connection, limits: Limits, work: Callable[..., Any], given: tuple[Any, ...]) -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.processor_s, limits.processor_s + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Should whoever asked be gone by then, nobody else ends it.
    signal.alarm(int(limits.longest_s) + 1)
    try:
        told = (True, work(*given))
    except MemoryError:
        told = (False, OverLimitError(_memory(limits)))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is raised where it was asked for
        told = (False, error)
    sender.send_bytes(_pickled(told))


def _pickled(told: tuple[bool, Any]) -> bytes:
    try:
        made = pickle.dumps(told)
        pickle.loads(made)  # noqa: S301 - just made
    except Exception:  # noqa: BLE001 - an error of a library may not be made to be pickled
        return pickle.dumps((False, FailedElsewhereError("".join(traceback.format_exception(told[1])))))
    return made

"""How Chinese characters are read: in a process of its own, since the dictionaries of `pypinyin` take 55 MB.

It is started for many at once and ends with its answer, so that the process that answers requests does not grow.
"""

import resource
import subprocess
import sys
from collections.abc import Mapping, Sequence

LONGEST_S = 20.0
_PROGRAM = (__name__,)
_PROCESSOR_S = 15
_MEMORY_BYTES = 300_000_000

Readings = Mapping[str, Sequence[str]]
"""The syllables of runs of Chinese characters."""


def read_apart(runs: Sequence[str]) -> Readings:
    """The readings of runs of Chinese characters, by the phrases in them. Raises OSError, SubprocessError, ValueError.

    The process may take so much time and memory, and no more.
    """
    told = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", *_PROGRAM],
        input="\n".join(runs),
        capture_output=True,
        encoding="utf-8",
        timeout=LONGEST_S,
        check=True,
    ).stdout.splitlines()
    return {run: line.split(" ") for run, line in zip(runs, told, strict=True)}


def _read() -> None:
    """Write to each line that comes in its syllables."""
    resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_PROCESSOR_S, _PROCESSOR_S + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from pypinyin import lazy_pinyin

    runs = sys.stdin.buffer.read().decode("utf-8").splitlines()
    said = "".join(f"{' '.join(lazy_pinyin(run))}\n" for run in runs)
    sys.stdout.buffer.write(said.encode("utf-8"))


if __name__ == "__main__":
    _read()

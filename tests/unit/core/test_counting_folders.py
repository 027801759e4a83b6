"""What a killed process has left of its metrics is removed at the next start; what a living one counts in stays."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from services.core import workers

_HOLDS = """
import time
from services.core import workers
with workers._counting_folder() as folder:
    print(folder, flush=True)
    time.sleep(600)
"""


def test_folders_of_killed_processes_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    holding = [subprocess.Popen([sys.executable, "-c", _HOLDS], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    try:
        folders = [Path(each.stdout.readline().strip()) for each in holding if each.stdout]
        for folder in folders:
            (folder / "counter_1.db").write_bytes(b"1")
        holding[0].kill()
        assert holding[0].wait() == -signal.SIGKILL
        with workers._counting_folder():
            # It may be one that has just begun, and is about to be held.
            assert all(folder.exists() for folder in folders)
        for folder in folders:
            os.utime(folder, (0, 0))
        with workers._counting_folder() as own:
            assert [folder.exists() for folder in (*folders, Path(own))] == [False, True, True]
        assert not Path(own).exists()
    finally:
        for each in holding:
            each.kill()
            each.wait()

"""How many readings go into a commit, so that no live readings wait long for what is costly of another gateway. Pure.

What a reading costs is not seen beforehand: to reject one takes many times as long as to store it.
"""

COMMIT_S = 0.4
"""Processor time beyond which a commit is long: others wait for the one that is stored and the one behind it."""
_LEAST = 1_000


class CommitPace:
    """Paces the commits of an ingest process; `most` readings go into one at the most."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.readings = most
        """So many go into the next one."""

    def took(self, effort_s: float) -> None:
        """Take fewer next time, or more again, by the processor time that this commit has taken."""
        if effort_s > COMMIT_S:
            self.readings = max(min(_LEAST, self._most), int(self.readings * COMMIT_S / effort_s))
        elif effort_s < COMMIT_S / 2:
            self.readings = min(self._most, self.readings * 2)

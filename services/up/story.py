"""The demonstration's story: told once to a region that begins, by the simulator and the public API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from services.up.home import Home

LEAST_DAYS_OF_STORY = 62
_BEGUN, _TOLD = "begun", "told"
_PREPARE_WITHIN_S, _JUDGE_WITHIN_S, _HANDLE_WITHIN_S = 1900.0, 600.0, 600.0


class RunOnce(Protocol):
    """Runs a command of this project to its end; False, said on the screen, where it fails or takes too long."""

    def __call__(
        self, name: str, argv: Sequence[str], *, within_s: float, env: Mapping[str, str], stdout: Path | None = None
    ) -> bool: ...


@dataclass(frozen=True)
class Story:
    """What is left to be told to the region of a home."""

    home: Home

    @classmethod
    def of(cls, home: Home, *, history_days: int) -> "Story | None":
        """The story of a region that begins now or began with it; None of an older or a shorter one."""
        began_with_it = home.remembered().get("story") in (_BEGUN, _TOLD)
        begins = not home.region.exists() and history_days >= LEAST_DAYS_OF_STORY
        if begins:
            home.remember(story=_BEGUN)
        return cls(home) if begins or began_with_it else None

    @property
    def is_told(self) -> bool:
        """Whether nothing is left."""
        return self.home.remembered().get("story") == _TOLD

    def tell(self, run: RunOnce, api_url: str, *, env: Mapping[str, str], alerts_env: Mapping[str, str]) -> bool:
        """Who is told, what is corrected and refused, what was judged before today, and how alerts are handled.

        False where it failed: the next start goes on.
        """
        moments = self.home.region / "moments.jsonl"
        at = ("--api", api_url, "--keys", str(self.home.secrets), "--state", str(self.home.region))
        prepare = ("enermon-sim", "story", "prepare", *at, "--passwords", str(self.home.fleet_passwords_file))
        whole = (
            run("story", prepare, within_s=_PREPARE_WITHIN_S, env=env, stdout=moments)
            and run("story", ("enermon", "judge-past", str(moments)), within_s=_JUDGE_WITHIN_S, env=alerts_env)
            and run("story", ("enermon-sim", "story", "handle", *at), within_s=_HANDLE_WITHIN_S, env=env)
        )
        if whole:
            self.home.remember(story=_TOLD)
        return whole

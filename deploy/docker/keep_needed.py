"""Uninstall every distribution that the named one does not need: the lock also holds what only other forms use."""

import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import distribution, distributions

from pip._vendor.packaging.requirements import Requirement
from pip._vendor.packaging.utils import canonicalize_name


def _needed_by(name: str, extras: frozenset[str]) -> Iterator[Requirement]:
    for line in distribution(name).requires or ():
        requirement = Requirement(line)
        if requirement.marker is None or any(requirement.marker.evaluate({"extra": e}) for e in extras | {""}):
            yield requirement


def closure(root: str) -> set[str]:
    """Canonical names of the distribution and all that it needs, without its extras. Raises PackageNotFoundError."""
    kept: set[tuple[str, frozenset[str]]] = set()
    waiting = [(canonicalize_name(root), frozenset[str]())]
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) not in kept:
            kept.add((name, extras))
            waiting += [(canonicalize_name(r.name), frozenset(r.extras)) for r in _needed_by(name, extras)]
    return {name for name, _ in kept}


def main(root: str) -> None:
    """Uninstall the rest, pip last."""
    installed = {canonicalize_name(found.metadata["Name"]) for found in distributions()}
    superfluous = sorted(installed - closure(root) - {"pip"})
    pip = (sys.executable, "-m", "pip", "uninstall", "--quiet", "--yes")
    subprocess.run([*pip, *superfluous, "pip"], check=True)  # noqa: S603


if __name__ == "__main__":
    main(sys.argv[1])

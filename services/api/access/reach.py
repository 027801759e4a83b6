"""Which rows a request sees. PostgreSQL holds back the others (row-level security, migration 0022)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reach:
    """Everything; or areas with what lies below them; or one enterprise; or, of a gateway, nothing."""

    everything: bool = False
    areas: tuple[str, ...] = ()
    enterprise: str | None = None

    @property
    def kind(self) -> str:
        """As the database is told it: all, areas, enterprise or gateway."""
        if self.everything:
            return "all"
        if self.areas:
            return "areas"
        return "enterprise" if self.enterprise is not None else "gateway"


EVERYTHING = Reach(everything=True)
NOTHING = Reach()

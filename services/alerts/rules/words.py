"""What a rule says to people, in both languages, with places for the figures. Pure."""

from dataclasses import dataclass

PLACEHOLDERS = ("value", "unit", "limit", "subject", "period", "duration", "percent", "limit_percent")


@dataclass(frozen=True, slots=True)
class Words:
    """The same in Chinese and English; may hold the placeholders."""

    zh: str
    en: str

    @property
    def in_percent(self) -> bool:
        """Whether the value is a share that people read in per cent."""
        return "{percent}" in self.zh

    def filled(self, *, zh: dict[str, str], en: dict[str, str]) -> "Words":
        """With every placeholder replaced; what is not given stays empty."""
        blank = dict.fromkeys(PLACEHOLDERS, "")
        return Words(self.zh.format_map(blank | zh), self.en.format_map(blank | en))

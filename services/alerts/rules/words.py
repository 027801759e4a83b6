"""What a rule says to people, in both languages, with places for the figures. Pure."""

import string
from dataclasses import dataclass

from services.alerts.rules.fields import Fields, RuleError

PLACEHOLDERS = ("value", "unit", "limit", "subject", "period")


@dataclass(frozen=True, slots=True)
class Words:
    """The same in Chinese and English; may hold {value}, {unit}, {limit}, {subject} and {period}."""

    zh: str
    en: str

    def filled(self, *, zh: dict[str, str], en: dict[str, str]) -> "Words":
        """With every placeholder replaced; what is not given stays empty."""
        blank = dict.fromkeys(PLACEHOLDERS, "")
        return Words(self.zh.format_map(blank | zh), self.en.format_map(blank | en))


def read_words(fields: Fields, name: str, *, most_characters: int) -> Words:
    """Both texts of a field. Raises RuleError for one that is missing or has another placeholder."""
    within = fields.table(name)
    found = Words(*(_checked(within, language, most_characters) for language in ("zh", "en")))
    within.refuse_others()
    return found


def _checked(fields: Fields, language: str, most_characters: int) -> str:
    text = fields.text(language, most_characters=most_characters)
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError as error:
        raise RuleError(
            fields.path_of(language), f"{error}; write a brace itself twice", "花括号不成对；花括号本身须写两遍"
        ) from None
    for _, name, spec, conversion in parts:
        if name is not None and (name not in PLACEHOLDERS or spec or conversion):
            known = ", ".join(f"{{{placeholder}}}" for placeholder in PLACEHOLDERS)
            raise RuleError(
                fields.path_of(language),
                f"{{{name}}} is not one of the placeholders: {known}",
                f"{{{name}}} 不是可用的占位符：{known}",
            )
    return text

"""Characters that nobody sees."""

import re

# Zero-width space, word joiner, marks of direction, soft hyphen, the mark of UTF-8. The joiners U+200C, U+200D and
# the selectors of Mongolian stay: they are letters' own.
_UNSEEN = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
# Spaces that a cell shows like any other.
_SPACES = re.compile("[\u00a0\u2000-\u200a\u202f\u205f]")


def seen(text: str) -> str:
    """The text without what nobody sees, and without blanks around it."""
    if text.isascii():
        return text.strip()
    return _SPACES.sub(" ", _UNSEEN.sub("", text)).strip()

"""The page on which people sign in, and the way back from it to where they wanted to go."""

import re

LOGIN = "/login"
START = "/"

# Browsers read a backslash as a slash, and leave out line breaks and tabs: two slashes at the beginning name a host.
_OWN_PATH = re.compile(r"/(?![/\\])[!-\[\]-~]*")
_MOST_CHARACTERS = 2000


def own_path(wanted: str) -> str:
    """`wanted` where it is a path of this service, else its first page: a link must not lead to another site."""
    return wanted if len(wanted) <= _MOST_CHARACTERS and _OWN_PATH.fullmatch(wanted) else START

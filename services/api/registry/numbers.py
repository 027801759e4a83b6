"""The domain numbers by which entries are judged where no request is at hand, as in an import."""

from functools import cache

from services.core.settings import Settings
from services.judging.data.tables import Tables, load_tables


@cache
def numbers() -> Tables:
    """The tables of this process. Raises DataFileError, which the start of the API has shown before."""
    return load_tables(Settings().data)

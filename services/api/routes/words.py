"""The words of the API: every code that it answers, in Chinese and English."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from services.api.errors import INVALID_PARAMETER, refused_fields
from services.api.list_query import Many
from services.api.openapi import refusals
from services.api.reasons import Fault
from services.api.tables import TablesDep
from services.api.words import words_of_all


class Word(BaseModel):
    """What a code is called."""

    zh: str
    en: str


class WordsAnswer(BaseModel):
    """Words by kind and code."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"words": {"severity": {"severe": {"zh": "严重", "en": "severe"}}}}]}
    )

    words: dict[str, dict[str, Word]] = Field(
        description="By kind and code; the schemas of enumerations name their kind as `x-words`"
    )


class WordsQuery(BaseModel):
    """Which words are wanted."""

    model_config = ConfigDict(extra="forbid")

    kind: Many[str] | None = Field(None, max_length=100, description="Kinds of words; all where none is given")


router = APIRouter(prefix="/api/v1/words", tags=["words"])


@router.get("", summary="Read the words of every code", responses=refusals())
def read_words(tables: TablesDep, query: Annotated[WordsQuery, Query()]) -> WordsAnswer:
    """Every code that the API answers, as people say it: enumerations, carriers, processes, reasons, errors.

    Reasons hold in braces what they mention. The answer changes with the version and the tables alone; its ETag tells.
    """
    words = words_of_all(tables)
    known = sorted(words)
    if query.kind and (strange := [kind for kind in query.kind if kind not in words]):
        fault = Fault("kind", "not_among", {"value": strange[0], "known": ", ".join(known)})
        raise refused_fields(INVALID_PARAMETER, [fault])
    wanted = query.kind or words
    return WordsAnswer(
        words={kind: {code: Word(zh=zh, en=en) for code, (en, zh) in words[kind].items()} for kind in wanted}
    )

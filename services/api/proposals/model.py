"""A proposal as it is answered: what was asked for, by whom, what it would change, what became of it."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from services.api.list_query import ORDER, ListQuery, Many, OrderedBy
from services.api.names import WithNames
from services.api.proposals.effect import Effect
from services.api.registry.fields import Entry, Note, ShortText

ProposalState = Literal["waiting", "confirmed", "declined", "withdrawn", "refused", "expired"]


class ProposalRefusal(BaseModel):
    """Why a confirmed proposal could not be done any more."""

    status: int
    code: str
    detail: str


class Proposal(BaseModel):
    """A change of closed months that waits for a second person, or what became of it."""

    proposal_id: int
    state: ProposalState = Field(
        description="confirmed: it is done; withdrawn: by its author; declined: by another; refused: it was confirmed, "
        "and could not be done any more"
    )
    method: str
    path: str
    query: str
    content_type: str
    body_bytes: int
    body: JsonValue = Field(description="What was sent, where it is JSON of at most 8 KB; else read it apart")
    author: str
    author_name: str | None = Field(description="What the account is called")
    effect: Effect = Field(description="What it would have changed when it was proposed")
    made_at: datetime
    expires_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    decided_by_name: str | None
    reason: str | None = Field(description="Why it was declined or withdrawn")
    refusal: ProposalRefusal | None


class NamedProposal(Proposal, WithNames):
    """A proposal, with the names of whose sums it would change."""


class Decline(Entry):
    """Why a proposal is not to be done."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "铭牌照片显示变比仍为 600/5"}]})

    reason: Note | None = None


class ProposalQuery(ListQuery):
    """Which proposals, the newest first."""

    state: Many[ProposalState] | None = None
    author: Many[ShortText] | None = None
    order: Annotated[list[str], OrderedBy("proposal_id", "made_at", "author")] = ORDER


PROPOSED: dict[int | str, dict[str, Any]] = {
    202: {
        "model": Proposal,
        "description": "It changes closed months: nothing was written; it waits until a second person confirms it",
    }
}
"""For `responses=` of operations that may change closed months."""

"""Proposals in the database. Each stays as it was made, and is decided once."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow

from services.api.access.identify import LET_IN_COUNTS
from services.api.access.principal import Principal
from services.api.access.require import NOT_ALLOWED
from services.api.access.role import Right
from services.api.access.rules import RIGHT_OF
from services.api.database import Database
from services.api.errors import OUTSIDE_REACH, ProblemKind, Refused
from services.api.listing import Column, Source, equal
from services.api.names import NamedKind, NamedPage, names_of_codes
from services.api.proposals.model import NamedProposal, Proposal, ProposalQuery
from services.api.registry.closed_months import PROPOSAL_OVER, NeedsSecondPerson, enterprises_of_others
from services.core.db.statements import Statements

UNKNOWN_PROPOSAL = ProblemKind("unknown_proposal", 404, "No such proposal")
OWN_PROPOSAL = ProblemKind("own_proposal", 409, "A proposal is confirmed by another than its author")
LET_IN_BY_AUTHOR = ProblemKind("let_in_by_author", 409, "A proposal is not confirmed with what its author has given")
TOO_MANY_PROPOSALS = ProblemKind("too_many_proposals", 409, "Too many proposals of the account wait")

EXPIRES_AFTER = timedelta(days=30)
MOST_WAITING = 100
_JSON = "application/json"

_SQL = Statements.beside(__file__, "proposals.sql")
PROPOSALS = Source(
    name="proposals",
    select=_SQL["proposals"],
    usual=("-proposal_id",),
    columns={"proposal_id": Column(int), "made_at": Column(datetime), "author": Column()},
    filters={"state": equal("state"), "author": equal("author")},
)


def keep(database: Database, asked: dict[str, Any], needed: NeedsSecondPerson, *, now: datetime) -> Proposal:
    """Keep what was asked for; the very same that waits already stays the one. Raises Refused where too many wait."""
    with database.write() as connection:
        told = {name: asked[name] for name in ("method", "path", "query", "content_type", "body")}
        waiting = _SQL.run(connection, "waiting", **told, now=now).one()
        if waiting.same is None and waiting.waiting >= MOST_WAITING:
            raise Refused(TOO_MANY_PROPOSALS, f"{waiting.waiting} wait: have them confirmed, or withdraw them")
        number = waiting.same or (
            _SQL.run(
                connection,
                "add",
                **asked,
                enterprise_ids=needed.enterprise_ids,
                effect=needed.effect.model_dump_json(),
                now=now,
                expires_at=now + EXPIRES_AFTER,
            ).scalar_one()
        )
        return shown(one(connection, number, now=now))


def page_of(database: Database, query: ProposalQuery, *, now: datetime) -> NamedPage[Proposal]:
    """The page of the list that `query` asks for."""
    with database.read() as connection:
        found = PROPOSALS.page(connection, query, parameters={"now": now})
        data = [shown(row) for row in found.data]
        names = names_of_codes(connection, _codes_in(data))
    return NamedPage[Proposal](data=data, next=found.next, total=found.total, names=names)


def named(connection: Connection, number: int, *, now: datetime) -> NamedProposal:
    """The proposal with this number, with names. Raises Refused where none is seen."""
    found = shown(one(connection, number, now=now))
    return NamedProposal.model_construct(**dict(found), names=names_of_codes(connection, _codes_in([found])))


def _codes_in(proposals: Sequence[Proposal]) -> Mapping[NamedKind, Iterable[str]]:
    effects = [each.effect for each in proposals]
    changes = [change for effect in effects for change in effect.changes or ()]
    return {
        NamedKind.ENTERPRISE: {code for effect in effects for code in effect.enterprises},
        NamedKind.METER: {code for effect in effects for code in effect.meters},
        NamedKind.UNIT: {change.unit for change in changes},
    }


def one(connection: Connection, number: int, *, now: datetime) -> DictRow:
    """The proposal with this number. Raises Refused where none is seen."""
    rows = PROPOSALS.rows(connection, "entry.proposal_id = :number", {"number": number, "now": now}, most=1)
    if not rows:
        raise Refused(UNKNOWN_PROPOSAL, f"there is no proposal {number}")
    return rows[0]


def body_of(database: Database, number: int, *, now: datetime) -> tuple[str, bytes]:
    """What was sent: its type and its bytes. Raises Refused where no such proposal is seen."""
    with database.read() as connection:
        one(connection, number, now=now)
        row = _SQL.run(connection, "body", proposal_id=number).one()
        return row.content_type, bytes(row.body)


def to_confirm(database: Database, number: int, acting: Principal, *, now: datetime) -> DictRow:
    """The proposal, which `acting` may confirm. Raises Refused where not."""
    with database.read() as connection:
        row = one(connection, number, now=now)
        is_theirs = not enterprises_of_others(connection, row["enterprise_ids"])
    _require_waiting(row)
    if row["author"] == acting.name:
        raise Refused(
            OWN_PROPOSAL,
            "another account with the same right confirms it; where there is one administrator alone, make an account"
            " for a second person: `enermon account add`",
        )
    if row["author"] in acting.let_in_by:
        raise Refused(
            LET_IN_BY_AUTHOR,
            f"{row['author']}, who proposes it, made this key, or gave {acting.name} a password within the last"
            f" {LET_IN_COUNTS.days} days: confirm it signed in, with a password or a key that is not of the author",
        )
    if row["author_is_gone"]:
        raise Refused(PROPOSAL_OVER, f"the account {row['author']} is disabled: propose it anew")
    _require_right(row, acting)
    if not is_theirs:
        raise Refused(
            OUTSIDE_REACH, f"proposal {number} changes energy of enterprises on which {acting.name} may not act"
        )
    return row


def turn_down(database: Database, number: int, acting: Principal, *, reason: str | None, now: datetime) -> Proposal:
    """Decline a proposal, or withdraw one's own. Raises Refused where it is decided, or not theirs to decide."""
    with database.write() as connection:
        row = one(connection, number, now=now)
        _require_waiting(row)
        own = row["author"] == acting.name
        if not own:
            _require_right(row, acting)
        _decide(connection, number, "withdrawn" if own else "declined", reason=reason, refusal=None, now=now)
        return shown(one(connection, number, now=now))


def note_refusal(database: Database, number: int, refusal: dict[str, Any], *, now: datetime) -> None:
    """Note that it could not be done any more; one that was decided meanwhile stays as it is."""
    with database.write() as connection:
        told = {name: refusal[name] for name in ("status", "code", "detail")}
        _SQL.run(
            connection,
            "decide",
            proposal_id=number,
            decision="refused",
            reason=None,
            refusal=json.dumps(told, ensure_ascii=False),
            now=now,
        )


def shown(row: DictRow) -> Proposal:
    """As it is answered."""
    content = row["body"]
    is_json = row["content_type"].partition(";")[0].strip().lower() == _JSON
    fields = {name: row[name] for name in Proposal.model_fields if name != "body"}
    return Proposal(**fields, body=json.loads(bytes(content)) if is_json and content else None)


def _decide(
    connection: Connection, number: int, decision: str, *, reason: str | None, refusal: str | None, now: datetime
) -> None:
    decided = _SQL.run(
        connection, "decide", proposal_id=number, decision=decision, reason=reason, refusal=refusal, now=now
    )
    if decided.first() is None:
        raise Refused(PROPOSAL_OVER, f"proposal {number} was decided meanwhile")


def _require_waiting(row: DictRow) -> None:
    if row["state"] != "waiting":
        raise Refused(PROPOSAL_OVER, f"proposal {row['proposal_id']} is {row['state']}", state=row["state"])


def _require_right(row: DictRow, acting: Principal) -> None:
    right = RIGHT_OF[row["operation"]]
    if not isinstance(right, Right) or right not in acting.rights:
        raise Refused(NOT_ALLOWED, f"{acting.name} may not: {right}, which this proposal is")

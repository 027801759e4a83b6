"""Rules of alerts 预警规则."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from services.api.alerts import dry_run, nouns, rules
from services.api.alerts.dry_run import DryRun, DryRunAsked
from services.api.alerts.fields import Slug
from services.api.alerts.rules import RuleChange, RuleDetail, RulePage, RuleQuery, RuleWritten
from services.api.asking import Now
from services.api.database import Db
from services.api.errors import BAD_CURSOR
from services.api.openapi import refusals
from services.api.tables import TablesDep

router = APIRouter(prefix="/api/v1/rules", tags=["alerts"])


@router.get("", summary="List rules", response_model=RulePage, responses=refusals(BAD_CURSOR))
def list_rules(database: Db, query: Annotated[RuleQuery, Query()]) -> dict[str, Any]:
    """The newest version of each rule, in the order of their slugs."""
    return rules.rules_of(database, query)


@router.post(
    "/dry_run",
    summary="Try a rule on past data",
    response_model=DryRun,
    responses=refusals(nouns.RULE.unknown, nouns.CANNOT_DRY_RUN, nouns.RULE_WITHOUT_PAST, nouns.DRY_RUN_BUSY),
)
def try_rule(database: Db, tables: TablesDep, asked: DryRunAsked, now: Now) -> dict[str, Any]:
    """What a rule would have raised over a time that is past. Nothing is written, nobody is told."""
    return dry_run.dry_run(database, tables, asked, now=now)


@router.get("/{slug}", summary="Read a rule", response_model=RuleDetail, responses=refusals(nouns.RULE.unknown))
def read_rule(database: Db, slug: Slug) -> RuleDetail:
    """A rule with all its versions."""
    return rules.rule_of(database, slug)


@router.put("/{slug}", summary="Change a rule", response_model=RuleWritten, responses=refusals(nouns.VERSION_CONFLICT))
def put_rule(database: Db, tables: TablesDep, slug: Slug, change: RuleChange, now: Now) -> RuleWritten:
    """Write a further version of a rule, or the first of a new one. Switching it on or off is a version too."""
    return rules.put(database, tables, slug, change, now=now)

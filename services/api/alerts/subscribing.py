"""The addresses of subscriptions, the same below a supervision body and below an enterprise.

Whoever includes the router lets a dependency put the owner into the state of the request.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, status
from pydantic import BaseModel, Field

from services.api.alerts import nouns, subscriptions
from services.api.alerts.fields import Id
from services.api.alerts.subscription import (
    NewSecret,
    NewSubscription,
    Owner,
    Subscription,
    SubscriptionEntry,
    SubscriptionPatch,
    SubscriptionQuery,
)
from services.api.asking import Now
from services.api.computed_listing import short_list
from services.api.database import Db
from services.api.errors import ALREADY_EXISTS, BAD_CURSOR
from services.api.openapi import refusals
from services.api.paging import Page
from services.api.registry import nouns as registry
from services.core.settings import Settings


class TestMessage(BaseModel):
    """A test message that waits to be sent."""

    message_id: UUID = Field(description="GET /api/v1/deliveries/{message_id} says what became of it")


async def _owner(request: Request) -> Owner | None:
    """Set by the path; missing where the path itself is refused, which is then the answer."""
    owner: Owner | None = getattr(request.state, "owner", None)
    return owner


async def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


async def _link(settings: Annotated[Settings, Depends(_settings)]) -> str:
    return settings.link


Of = Annotated[Owner, Depends(_owner)]
By = Annotated[Settings, Depends(_settings)]
Link = Annotated[str, Depends(_link)]

router = APIRouter()
NO_OWNER = (nouns.BODY.unknown, registry.ENTERPRISE.unknown)
UNKNOWN = (*NO_OWNER, nouns.SUBSCRIPTION.unknown)


@router.get("", summary="List subscriptions", responses=refusals(BAD_CURSOR, *NO_OWNER))
def list_subscriptions(database: Db, owner: Of, query: Annotated[SubscriptionQuery, Query()]) -> Page[Subscription]:
    """The subscriptions, in the order in which they were made."""
    name = f"subscriptions of {owner.kind} {owner.code}"
    listed = short_list(Subscription, SubscriptionQuery, name=name, usual=("subscription_id",))
    return listed.page(subscriptions.subscriptions_of(database, owner), query)


@router.post(
    "", summary="Subscribe", status_code=status.HTTP_201_CREATED, responses=refusals(*NO_OWNER, ALREADY_EXISTS)
)
def subscribe(database: Db, owner: Of, settings: By, entry: SubscriptionEntry) -> NewSubscription:
    """Make a subscription. The secret of a webhook is answered here, and never again."""
    return subscriptions.subscribe(database, owner, entry, settings)


@router.get("/{subscription_id}", summary="Read a subscription", responses=refusals(*UNKNOWN))
def read_subscription(database: Db, owner: Of, subscription_id: Id) -> Subscription:
    """One subscription."""
    return subscriptions.subscription_of(database, owner, subscription_id)


@router.patch("/{subscription_id}", summary="Change a subscription", responses=refusals(*UNKNOWN, ALREADY_EXISTS))
def amend_subscription(
    database: Db, owner: Of, settings: By, subscription_id: Id, patch: SubscriptionPatch
) -> Subscription:
    """Change the fields given. The channel and the secrets stay."""
    return subscriptions.amend(database, owner, subscription_id, patch, settings)


@router.delete(
    "/{subscription_id}",
    summary="Remove a subscription",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=refusals(*UNKNOWN),
)
def unsubscribe(database: Db, owner: Of, subscription_id: Id) -> None:
    """Take a subscription away. What still waits for it is given up; what was sent stays in the list of messages."""
    subscriptions.unsubscribe(database, owner, subscription_id)


@router.post(
    "/{subscription_id}/rotate",
    summary="Make a new secret",
    responses=refusals(*UNKNOWN, nouns.NO_SECRET, nouns.ROTATION_UNDER_WAY),
)
def rotate_secret(database: Db, owner: Of, subscription_id: Id) -> NewSecret:
    """Give a webhook a new secret. Messages are signed with both until the one before is retired."""
    return subscriptions.rotate(database, owner, subscription_id)


@router.post(
    "/{subscription_id}/retire",
    summary="Retire the secret before",
    responses=refusals(*UNKNOWN, nouns.NO_SECRET, nouns.NOTHING_TO_RETIRE),
)
def retire_secret(database: Db, owner: Of, subscription_id: Id) -> Subscription:
    """Sign with the newest secret alone."""
    return subscriptions.retire(database, owner, subscription_id)


@router.post(
    "/{subscription_id}/test",
    summary="Send a test message",
    status_code=status.HTTP_202_ACCEPTED,
    responses=refusals(*UNKNOWN, nouns.TOO_MANY_TESTS),
)
def send_test(database: Db, owner: Of, link: Link, subscription_id: Id, now: Now) -> TestMessage:
    """Write a test message, which the alert service sends; also where the subscription is switched off."""
    message_id = subscriptions.send_test(database, owner, subscription_id, link=link, now=now)
    return TestMessage.model_construct(message_id=message_id)

"""Gateways and enterprises at the broker, without a database that says who may connect."""

from collections.abc import Iterable
from urllib.parse import quote, urlsplit

from services.ingest.broker_users import BrokerUser, Holder, HolderKind, is_credit_code, new_hash
from services.ingest.gateway_access import Access
from services.up.stack import Broker, Stack


def password_of(user: str) -> str:
    """The password with which a test lets in this user."""
    return f"password of {user}"


def user_of(code: str, *, generation: int = 1, edge_node: str = "") -> BrokerUser:
    """The user of a gateway, or of an enterprise where the code is its credit code. edge_node: group/edge."""
    holder = Holder(HolderKind.ENTERPRISE if is_credit_code(code) else HolderKind.GATEWAY, code)
    name = holder.user_name(generation)
    return BrokerUser(name, holder, new_hash(password_of(name)), edge_node)


def let_in(broker: Broker, codes: Iterable[str]) -> None:
    """Let exactly these gateways and enterprises connect."""
    let_in_users(broker, tuple(user_of(code) for code in codes))


def let_in_users(broker: Broker, users: tuple[BrokerUser, ...]) -> None:
    """Let exactly these users connect."""
    while broker.let_in(Access(users)):
        pass


def url_of(broker: Broker | Stack, user: str) -> str:
    """URL of the broker for a gateway or an enterprise that is let in; without a user where the broker knows none."""
    own = broker.broker if isinstance(broker, Stack) else broker
    address = str(own.url(None))
    known = urlsplit(own.url()).username is not None
    return address.replace("://", f"://{quote(user)}:{quote(password_of(user))}@", 1) if known else address

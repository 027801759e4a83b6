"""What each user of the broker may do, in the form of mosquitto's dynamic-security plugin. Pure.

A role a holder, named by its kind and code, so that the topics of a role follow from its name; a client a user. What
is not granted is denied, subscriptions too: the right to read alone would let a user into the group of a shared
subscription, where it swallows messages of others that it may not read.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from services.ingest.broker_users import ALERTS_USER, CONTROL_USER, MOST_INGESTS, BrokerUser, HolderKind, ingest_user
from services.ingest.topics import ACK, ALERTS, READINGS, STATUS, own, shared

SEND, RECEIVE, SUBSCRIBE = "publishClientSend", "publishClientReceive", "subscribeLiteral"
CONTROL_TOPIC = "$CONTROL/dynamic-security/v1"
RESPONSE_TOPIC = f"{CONTROL_TOPIC}/response"

Command = dict[str, Any]


@dataclass(frozen=True, slots=True)
class BrokerRole:
    """What a role grants: topics to which it may send, and such as it may subscribe to and receive from.

    `shares`: subscriptions besides, to topics that it receives from anyway.
    """

    sends: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    shares: tuple[str, ...] = ()

    def acls(self) -> list[dict[str, Any]]:
        """As the plugin takes them."""
        granted = [
            *((SEND, topic) for topic in self.sends),
            *((RECEIVE, topic) for topic in self.reads),
            *((SUBSCRIBE, topic) for topic in (*self.reads, *self.shares)),
        ]
        return [{"acltype": kind, "topic": topic, "priority": 0, "allow": True} for kind, topic in granted]


OF_SERVICES: Mapping[str, BrokerRole] = {
    "ingest": BrokerRole(sends=(ACK,), reads=(*READINGS, STATUS), shares=tuple(map(shared, READINGS))),
    "alerts": BrokerRole(sends=(ALERTS,)),
    "control": BrokerRole(sends=(CONTROL_TOPIC,), reads=(RESPONSE_TOPIC,)),
}
_ROLE_OF_SERVICE = {
    **{ingest_user(number): "ingest" for number in range(MOST_INGESTS)},
    ALERTS_USER: "alerts",
    CONTROL_USER: "control",
}
_OF_KIND: Mapping[HolderKind, BrokerRole] = {
    HolderKind.GATEWAY: BrokerRole(sends=(*READINGS, STATUS), reads=(ACK,)),
    HolderKind.ENTERPRISE: BrokerRole(reads=(ALERTS,)),
}


def role_named(name: str) -> BrokerRole:
    """The role of this name. Raises ValueError for one that is not given here."""
    if name in OF_SERVICES:
        return OF_SERVICES[name]
    kind, _, code = name.partition(" ")
    of_any = _OF_KIND[HolderKind(kind)]
    return BrokerRole(
        tuple(own(topic, code) for topic in of_any.sends), tuple(own(topic, code) for topic in of_any.reads)
    )


def role_by_user(users: Iterable[BrokerUser]) -> dict[str, str]:
    """The name of the role of each user, those of the services among them."""
    return {**_ROLE_OF_SERVICE, **{user.name: f"{user.holder.kind} {user.holder.code}" for user in users}}


def document(role_of: Mapping[str, str]) -> dict[str, Any]:
    """The file with which the plugin starts; who may come in stands elsewhere (mosquitto's password file)."""
    return {
        "defaultACLAccess": {SEND: False, RECEIVE: False, "subscribe": False, "unsubscribe": True},
        "clients": [{"username": user, "roles": [{"rolename": role}]} for user, role in sorted(role_of.items())],
        "roles": [{"rolename": name, "acls": role_named(name).acls()} for name in sorted({*role_of.values()})],
    }


def changes(role_of: Mapping[str, str], *, users: Iterable[str], roles: Iterable[str]) -> list[Command]:
    """The commands after which a running plugin, which has these users and roles, has those of `role_of` alone.

    Deleting a user ends its connection. Those who go come first.
    """
    users, roles, wanted = set(users), set(roles), set(role_of.values())
    done: list[Command] = []
    for user in sorted(users - role_of.keys()):
        done.append({"command": "deleteClient", "username": user})
    for name in sorted(roles - wanted):
        done.append({"command": "deleteRole", "rolename": name})
    for user in sorted(role_of.keys() - users):
        name = role_of[user]
        if name not in roles:
            roles.add(name)
            done.append({"command": "createRole", "rolename": name, "acls": role_named(name).acls()})
        done.append({"command": "createClient", "username": user, "roles": [{"rolename": name}]})
    return done

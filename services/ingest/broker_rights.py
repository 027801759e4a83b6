"""What each user of the broker may do, in the form of mosquitto's dynamic-security plugin. Pure.

A role a holder, named by its kind and code, so that the topics of a role follow from its name; a client a user. What
is not granted is denied, subscriptions too: the right to read alone would let a user into the group of a shared
subscription, where it swallows messages of others that it may not read.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from services.ingest.broker_users import (
    ALERTS_USER,
    CONTROL_USER,
    MOST_INGESTS,
    SPARKPLUG_USER,
    BrokerUser,
    HolderKind,
    ingest_user,
)
from services.ingest.sparkplug.topics import EVERYTHING, NAMESPACE, SparkplugVerb, state_topic
from services.ingest.topics import ACK, ALERTS, FOREIGN, READINGS, STATUS, TO_FOREIGN, own, shared

SEND, RECEIVE, SUBSCRIBE = "publishClientSend", "publishClientReceive", "subscribeLiteral"
SUBSCRIBE_WITHIN = "subscribePattern"
STATE_OF_ANY = state_topic("+")
CONTROL_TOPIC = "$CONTROL/dynamic-security/v1"
RESPONSE_TOPIC = f"{CONTROL_TOPIC}/response"

Command = dict[str, Any]


@dataclass(frozen=True, slots=True)
class BrokerRole:
    """What a role grants: topics to which it may send, and such as it may subscribe to and receive from.

    `shares`: subscriptions besides, to topics that it receives from anyway. `within`: filters, to any topic of which it
    may subscribe.
    """

    sends: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    shares: tuple[str, ...] = ()
    within: tuple[str, ...] = ()

    def acls(self) -> list[dict[str, Any]]:
        """As the plugin takes them."""
        granted = [
            *((SEND, topic) for topic in self.sends),
            *((RECEIVE, topic) for topic in (*self.reads, *self.within)),
            *((SUBSCRIBE, topic) for topic in (*self.reads, *self.shares)),
            *((SUBSCRIBE_WITHIN, topic) for topic in self.within),
        ]
        return [{"acltype": kind, "topic": topic, "priority": 0, "allow": True} for kind, topic in granted]


OF_SERVICES: Mapping[str, BrokerRole] = {
    "ingest": BrokerRole(
        sends=(ACK, TO_FOREIGN),
        reads=(*READINGS, FOREIGN, STATUS),
        shares=tuple(map(shared, (*READINGS, FOREIGN))),
    ),
    "alerts": BrokerRole(sends=(ALERTS,)),
    "sparkplug": BrokerRole(sends=(STATE_OF_ANY, f"{NAMESPACE}/+/NCMD/+"), reads=(EVERYTHING,), within=(STATE_OF_ANY,)),
    "control": BrokerRole(sends=(CONTROL_TOPIC,), reads=(RESPONSE_TOPIC,)),
}
_ROLE_OF_SERVICE = {
    **{ingest_user(number): "ingest" for number in range(MOST_INGESTS)},
    ALERTS_USER: "alerts",
    SPARKPLUG_USER: "sparkplug",
    CONTROL_USER: "control",
}
_OF_KIND: Mapping[HolderKind, BrokerRole] = {
    HolderKind.GATEWAY: BrokerRole(sends=(*READINGS, FOREIGN, STATUS), reads=(ACK,), within=(TO_FOREIGN,)),
    HolderKind.ENTERPRISE: BrokerRole(reads=(ALERTS,)),
}


def role_named(name: str) -> BrokerRole:
    """The role of this name. Raises ValueError for one that is not given here."""
    if name in OF_SERVICES:
        return OF_SERVICES[name]
    kind, _, rest = name.partition(" ")
    code, _, edge_node = rest.partition("/")
    of_any, of_edge = _OF_KIND[HolderKind(kind)], _of_edge_node(edge_node) if edge_node else BrokerRole()
    return BrokerRole(
        (*(own(topic, code) for topic in of_any.sends), *of_edge.sends),
        (*(own(topic, code) for topic in of_any.reads), *of_edge.reads),
        within=(*(own(topic, code) for topic in of_any.within), *of_edge.within),
    )


def _of_edge_node(address: str) -> BrokerRole:
    """What an edge node of Sparkplug B, group/edge, may do beside: its own messages, commands to it, and STATE."""
    group, _, edge = address.partition("/")
    verbs = ((verb, f"{edge}/+" if verb.of_device else edge) for verb in SparkplugVerb)
    commands = (f"{NAMESPACE}/{group}/NCMD/{edge}", f"{NAMESPACE}/{group}/DCMD/{edge}/+")
    # A client that ends its filters so asks for the same and for what is below, where nothing is.
    below = (f"{NAMESPACE}/{group}/NCMD/{edge}/#", f"{NAMESPACE}/{group}/DCMD/{edge}/#")
    return BrokerRole(
        tuple(f"{NAMESPACE}/{group}/{verb}/{whose}" for verb, whose in verbs),
        (*commands, *below),
        within=(STATE_OF_ANY,),
    )


def role_by_user(users: Iterable[BrokerUser]) -> dict[str, str]:
    """The name of the role of each user, those of the services among them."""
    return {**_ROLE_OF_SERVICE, **{user.name: _role_of(user) for user in users}}


def _role_of(user: BrokerUser) -> str:
    name = f"{user.holder.kind} {user.holder.code}"
    return f"{name}/{user.edge_node}" if user.edge_node else name


def document(role_of: Mapping[str, str]) -> dict[str, Any]:
    """The file with which the plugin starts; who may come in stands elsewhere (mosquitto's password file)."""
    return {
        "defaultACLAccess": {SEND: False, RECEIVE: False, "subscribe": False, "unsubscribe": True},
        "clients": [{"username": user, "roles": [{"rolename": role}]} for user, role in sorted(role_of.items())],
        "roles": [{"rolename": name, "acls": role_named(name).acls()} for name in sorted({*role_of.values()})],
    }


def changes(role_of: Mapping[str, str], *, users: Iterable[str], roles: Iterable[str]) -> list[Command]:
    """The commands after which a running plugin, which has these users and roles, has those of `role_of` alone.

    Deleting a user ends its connection. Those who go come first; who has another role by now goes, and comes again.
    """
    users, roles, wanted = set(users), set(roles), set(role_of.values())
    done: list[Command] = []
    users_of_new_roles = {user for user in users & role_of.keys() if role_of[user] not in roles}
    for user in sorted(users - role_of.keys() | users_of_new_roles):
        done.append({"command": "deleteClient", "username": user})
    for name in sorted(roles - wanted):
        done.append({"command": "deleteRole", "rolename": name})
    for user in sorted(role_of.keys() - users | users_of_new_roles):
        name = role_of[user]
        if name not in roles:
            roles.add(name)
            done.append({"command": "createRole", "rolename": name, "acls": role_named(name).acls()})
        done.append({"command": "createClient", "username": user, "roles": [{"rolename": name}]})
    return done

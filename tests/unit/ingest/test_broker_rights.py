"""What the users of the broker may do, as its plugin is told."""

import pytest

from services.ingest.broker_rights import OF_SERVICES, SUBSCRIBE, changes, document, role_by_user, role_named
from services.ingest.broker_users import SERVICE_USERS, BrokerUser, Holder, HolderKind

ENTERPRISE = "91150622MA0N0000XF"


def user(code: str, kind: HolderKind = HolderKind.GATEWAY, *, generation: int = 1) -> BrokerUser:
    holder = Holder(kind, code)
    return BrokerUser(holder.user_name(generation), holder)


def test_gateway_writes_its_readings_and_status_and_reads_its_answers() -> None:
    role = role_named("gateway GW-1")
    assert role.sends == (
        "enermon/v1/GW-1/readings",
        "enermon/v1/GW-1/readings/+",
        "x/GW-1/#",
        "enermon/v1/GW-1/status",
    )
    assert (role.reads, role.within) == (("enermon/v1/GW-1/ack",), ("y/GW-1/#",))


def test_enterprise_reads_its_alerts_and_writes_nothing() -> None:
    role = role_named(f"enterprise {ENTERPRISE}")
    assert (role.sends, role.reads) == ((), (f"enermon/v1/enterprises/{ENTERPRISE}/alerts",))


def test_role_of_no_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="nobody"):
        role_named("nobody GW-1")


def test_only_ingest_may_share_a_subscription() -> None:
    sharing = {name for name, role in OF_SERVICES.items() if role.shares}
    assert sharing == {"ingest"}
    topics = [acl["topic"] for acl in OF_SERVICES["ingest"].acls() if acl["acltype"] == SUBSCRIBE]
    assert topics == [
        "enermon/v1/+/readings",
        "enermon/v1/+/readings/+",
        "x/+/#",
        "enermon/v1/+/status",
        "$share/enermon-ingest/enermon/v1/+/readings",
        "$share/enermon-ingest/enermon/v1/+/readings/+",
        "$share/enermon-ingest/x/+/#",
    ]


def test_all_that_is_not_granted_is_denied_and_each_service_has_a_role() -> None:
    made = document(role_by_user([user("GW-1"), user("GW-1", generation=2)]))
    assert made["defaultACLAccess"] == {
        "publishClientSend": False,
        "publishClientReceive": False,
        "subscribe": False,
        "unsubscribe": True,
    }
    roles = {each["username"]: each["roles"] for each in made["clients"]}
    assert roles.keys() == {*SERVICE_USERS, "GW-1", "GW-1@2"}
    assert roles["GW-1"] == roles["GW-1@2"] == [{"rolename": "gateway GW-1"}]
    assert [each["rolename"] for each in made["roles"]] == ["alerts", "control", "gateway GW-1", "ingest", "sparkplug"]


def test_who_goes_goes_first_and_what_stays_is_left_alone() -> None:
    had = role_by_user([user("GW-1"), user("GW-2"), user("GW-3")])
    has = role_by_user([user("GW-2"), user("GW-2", generation=2), user(ENTERPRISE, HolderKind.ENTERPRISE)])
    commands = changes(has, users=had, roles=had.values())
    assert [(each["command"], each.get("username") or each.get("rolename")) for each in commands] == [
        ("deleteClient", "GW-1"),
        ("deleteClient", "GW-3"),
        ("deleteRole", "gateway GW-1"),
        ("deleteRole", "gateway GW-3"),
        ("createRole", f"enterprise {ENTERPRISE}"),
        ("createClient", ENTERPRISE),
        ("createClient", "GW-2@2"),
    ]
    assert changes(has, users=has, roles=has.values()) == []


def test_an_edge_node_sends_as_itself_alone_and_hears_commands_to_it_and_states() -> None:
    gateway = BrokerUser("GW-1", Holder(HolderKind.GATEWAY, "GW-1"), edge_node="Ordos/E7")
    name = role_by_user([gateway])["GW-1"]
    assert name == "gateway GW-1/Ordos/E7"
    role = role_named(name)
    assert role.sends == (
        *role_named("gateway GW-1").sends,
        "spBv1.0/Ordos/NBIRTH/E7",
        "spBv1.0/Ordos/NDATA/E7",
        "spBv1.0/Ordos/NDEATH/E7",
        "spBv1.0/Ordos/DBIRTH/E7/+",
        "spBv1.0/Ordos/DDATA/E7/+",
        "spBv1.0/Ordos/DDEATH/E7/+",
    )
    assert role.reads == (
        "enermon/v1/GW-1/ack",
        "spBv1.0/Ordos/NCMD/E7",
        "spBv1.0/Ordos/DCMD/E7/+",
        "spBv1.0/Ordos/NCMD/E7/#",
        "spBv1.0/Ordos/DCMD/E7/#",
    )
    assert role.within == ("y/GW-1/#", "spBv1.0/STATE/+")


def test_a_gateway_that_becomes_an_edge_node_goes_and_comes_again_with_its_new_role() -> None:
    had = role_by_user([user("GW-1"), user("GW-2")])
    has = role_by_user([BrokerUser("GW-1", Holder(HolderKind.GATEWAY, "GW-1"), edge_node="Ordos/E7"), user("GW-2")])
    done = [
        (each["command"], each.get("username") or each["rolename"])
        for each in changes(has, users=had, roles=set(had.values()))
    ]
    assert done == [
        ("deleteClient", "GW-1"),
        ("deleteRole", "gateway GW-1"),
        ("createRole", "gateway GW-1/Ordos/E7"),
        ("createClient", "GW-1"),
    ]

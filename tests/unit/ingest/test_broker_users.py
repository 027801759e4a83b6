"""Passwords of gateways and mosquitto's password file."""

import base64
import os
import stat
from pathlib import Path

import pytest

from services.ingest.broker_users import (
    Holder,
    HolderKind,
    code_of,
    derived_password,
    is_password_of,
    is_user_name,
    may_be_gateway,
    may_connect,
    new_hash,
    password_hash,
    read_or_create_secret,
    write_password_file,
)

# Written by mosquitto_passwd 2.0.11: user GW-1, password geheim.
MOSQUITTO_HASH = (
    "$7$101$1gAZg8Q+Ld+p2mEA$yfKdHxbxI8t+mcmJaU3QLKXuzLyBJz9RHBNcNb9NTuOL/3j1aQEWlbE/XOas9jKVpSPO8h60V+Wj68IqOVn0BA=="
)


def test_hash_of_a_password_is_what_mosquitto_itself_writes() -> None:
    assert password_hash("geheim", salt=base64.b64decode("1gAZg8Q+Ld+p2mEA")) == MOSQUITTO_HASH


def test_password_is_known_by_its_hash_and_another_is_not() -> None:
    assert is_password_of(MOSQUITTO_HASH, "geheim")
    assert not is_password_of(MOSQUITTO_HASH, "Geheim")
    assert new_hash("geheim") != new_hash("geheim")
    assert is_password_of(new_hash("geheim"), "geheim")


@pytest.mark.parametrize("kept", ["", "geheim", "$7$x$y$z", "$7$101$1gAZg8Q+Ld+p2mEA$", "$7$0$1gAZg8Q+Ld+p2mEA$eA=="])
def test_what_is_no_hash_has_no_password(kept: str) -> None:
    assert not is_password_of(kept, "geheim")
    assert not is_password_of(kept, "")


def test_password_of_a_service_is_derived_from_key_and_user() -> None:
    # printf enermon-alerts | openssl dgst -sha256 -hmac key -binary | basenc --base64url
    assert derived_password(b"key", "GW-1") == "BoJ7eD939Occ_THZqo0A0WYAF_dWWPbyXIpce4iniik"
    assert derived_password(b"key", "GW-2") != derived_password(b"key", "GW-1")


def test_user_is_the_code_at_first_and_has_the_generation_later() -> None:
    gateway = Holder(HolderKind.GATEWAY, "GW-1")
    assert [gateway.user_name(generation) for generation in (1, 2, 10)] == ["GW-1", "GW-1@2", "GW-1@10"]
    assert [code_of(user) for user in ("GW-1", "GW-1@2", "GW-1@10")] == ["GW-1"] * 3


@pytest.mark.parametrize("name", ["", "a:b", "a/b", "a+", "#", "a\nb"])
def test_name_that_reaches_beyond_its_topic_is_refused(name: str) -> None:
    assert not is_user_name(name)


@pytest.mark.parametrize(
    ("name", "may"),
    [
        ("GW-1", True),
        ("91150622MA0N0000XF", False),
        ("91150622MA0N0000XG", True),
        ("GW-1@2", False),
        ("Enermon-1", True),
        ("enermon", False),
        ("enermon-ingest-0", False),
        ("a/b", False),
    ],
)
def test_gateway_is_named_as_no_service_and_no_enterprise_is(name: str, may: bool) -> None:
    assert may_be_gateway(name) == may


def test_enterprise_comes_under_its_credit_code_alone() -> None:
    assert may_connect(Holder(HolderKind.ENTERPRISE, "91150622MA0N0000XF"))
    assert not may_connect(Holder(HolderKind.GATEWAY, "91150622MA0N0000XF"))
    assert not may_connect(Holder(HolderKind.ENTERPRISE, "GW-1"))


def test_password_file_is_replaced_whole_and_private(tmp_path: Path) -> None:
    path = tmp_path / "passwd"
    write_password_file(path, {"GW-1": "a", "GW-2": "b"})
    write_password_file(path, {"GW-3": "c"})
    assert [line.partition(":")[0] for line in path.read_text().splitlines()] == ["GW-3"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["passwd"]


def test_refused_name_leaves_the_password_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "passwd"
    write_password_file(path, {"GW-1": "a"})
    before = path.read_text()
    with pytest.raises(ValueError, match="cannot be an MQTT user"):
        write_password_file(path, {"GW/1": "a"})
    assert path.read_text() == before


def test_secret_is_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "gateway.key"
    first = read_or_create_secret(path)
    assert len(first) == 64
    assert read_or_create_secret(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600

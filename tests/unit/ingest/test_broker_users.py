"""Passwords of gateways and mosquitto's password file."""

import base64
import os
import re
import stat
from pathlib import Path

import pytest

from services.ingest.broker_users import (
    SERVICE_USERS,
    gateway_password,
    gateway_passwords,
    is_user_name,
    may_be_gateway,
    password_line,
    passwords_csv,
    read_or_create_secret,
    write_password_file,
)

# Written by mosquitto_passwd 2.0.11: user GW-1, password geheim.
MOSQUITTO_LINE = (
    "GW-1:$7$101$1gAZg8Q+Ld+p2mEA$"
    "yfKdHxbxI8t+mcmJaU3QLKXuzLyBJz9RHBNcNb9NTuOL/3j1aQEWlbE/XOas9jKVpSPO8h60V+Wj68IqOVn0BA=="
)


def test_password_line_is_what_mosquitto_itself_writes() -> None:
    assert password_line("GW-1", "geheim", salt=base64.b64decode("1gAZg8Q+Ld+p2mEA")) == MOSQUITTO_LINE


def test_gateway_password_is_derived_from_key_and_code() -> None:
    # printf GW-1 | openssl dgst -sha256 -hmac key -binary | basenc --base64url
    assert gateway_password(b"key", "GW-1") == "BoJ7eD939Occ_THZqo0A0WYAF_dWWPbyXIpce4iniik"


def test_gateways_have_different_passwords() -> None:
    passwords = gateway_passwords(b"key", ["GW-1", "GW-2"])
    assert passwords["GW-1"] != passwords["GW-2"]


def test_csv_of_passwords_is_ordered_and_has_a_head_line() -> None:
    assert passwords_csv({"GW-2": "b", "GW-1": "a"}) == "gateway,password\nGW-1,a\nGW-2,b\n"


@pytest.mark.parametrize("name", ["", "a:b", "a/b", "a+", "#", "a\nb"])
def test_name_that_reaches_beyond_its_topic_is_refused(name: str) -> None:
    assert not is_user_name(name)
    with pytest.raises(ValueError, match="cannot be an MQTT user"):
        password_line(name, "x", salt=b"123456789012")


@pytest.mark.parametrize(
    ("name", "may"),
    [
        ("GW-1", True),
        ("91150622MA0N0000XF", True),
        ("Enermon-1", True),
        ("enermon", False),
        ("enermon-ingest-0", False),
        ("a/b", False),
    ],
)
def test_gateway_is_named_as_no_service_is(name: str, may: bool) -> None:
    assert may_be_gateway(name) == may


def test_access_list_of_mosquitto_knows_each_service_user_and_no_other() -> None:
    rights = (Path(__file__).parents[3] / "deploy" / "mosquitto" / "acl").read_text("utf-8")
    assert re.findall(r"^user (.+)$", rights, re.MULTILINE) == list(SERVICE_USERS)


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

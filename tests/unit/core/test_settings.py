"""Secrets come from the environment or from files that others cannot read, and no error shows one."""

import os
from pathlib import Path
from unittest.mock import patch

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict
from pydantic import SecretStr
from sqlalchemy import make_url

from services.core import secret_files
from services.core.settings import BadSettingError, Settings, is_secret, read_settings

URLS = {
    "DATABASE_URL": "postgresql://enermon:hidden-0@db:5432/enermon",
    "MQTT_URL": "mqtts://enermon-ingest-0:hidden-1@broker:8883",
    "ALERTS_MQTT_URL": "mqtts://enermon-alerts:hidden-2@broker:8883",
    "SPARKPLUG_MQTT_URL": "mqtts://enermon-sparkplug:hidden-6@broker:8883",
    "SMTP_URL": "smtps://enermon:hidden-3@mail:465",
    "SEAL_HEAD_WEBHOOK": "https://keeper.example.cn/hidden-4",
    "SEAL_HEAD_SECRET": "whsec_hidden-5",
    "NECC_KEY": "hidden-7-0123456789abcdef0123456789abcdef",
    "OIDC_CLIENT_SECRET": "s3cret:with=signs",
}


@pytest.fixture(autouse=True)
def _no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("ENERMON_")]:
        monkeypatch.delenv(name)


def secret_file(folder: Path, text: str, *, mode: int = 0o600) -> Path:
    file = folder / "secret"
    file.write_text(text, "utf-8")
    file.chmod(mode)
    return file


def of(settings: Settings, name: str) -> str | None:
    value = getattr(settings, name.lower())
    return value.get_secret_value() if isinstance(value, SecretStr) else None


def test_every_secret_is_known_here() -> None:
    assert {name.upper() for name, field in Settings.model_fields.items() if is_secret(field)} == URLS.keys()


@pytest.mark.parametrize("name", URLS)
@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_secret_is_read_from_the_file_that_is_named(
    name: str, end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"ENERMON_{name}_FILE", str(secret_file(tmp_path, URLS[name] + end)))
    settings = read_settings()
    assert of(settings, name) == URLS[name]
    assert name.lower() in settings.model_fields_set
    assert "hidden" not in repr(settings) + str(settings) + settings.model_dump_json()


@pytest.mark.parametrize("mode", [0o604, 0o644, 0o602, 0o666, 0o777])
def test_a_file_that_others_may_read_or_write_is_refused(
    mode: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = secret_file(tmp_path, URLS["SMTP_URL"], mode=mode)
    monkeypatch.setenv("ENERMON_SMTP_URL_FILE", str(file))
    with pytest.raises(BadSettingError, match=r"ENERMON_SMTP_URL_FILE: .*chmod o-rwx") as refused:
        read_settings()
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize("mode", [0o400, 0o440, 0o600, 0o640])
def test_a_file_of_owner_and_group_is_read(mode: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENERMON_SMTP_URL_FILE", str(secret_file(tmp_path, URLS["SMTP_URL"], mode=mode)))
    assert of(read_settings(), "SMTP_URL") == URLS["SMTP_URL"]


def test_what_a_container_is_given_is_read_as_it_is_mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secret_files, "MOUNTED", tmp_path)
    monkeypatch.setenv("ENERMON_SMTP_URL_FILE", str(secret_file(tmp_path, URLS["SMTP_URL"], mode=0o444)))
    assert of(read_settings(), "SMTP_URL") == URLS["SMTP_URL"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"SMTP_URL_FILE": "/nowhere/mail"}, "ENERMON_SMTP_URL_FILE: /nowhere/mail cannot be read: No such file"),
        ({"SMTP_URL_FILE": "{file}", "SMTP_URL": "smtp://mail"}, "ENERMON_SMTP_URL and ENERMON_SMTP_URL_FILE are both"),
        ({"MQTT_URL_FILE": "{empty}"}, "ENERMON_MQTT_URL_FILE: .* is empty"),
        ({"DATABASE_URL": "mysql://a:hidden@b/c"}, "ENERMON_DATABASE_URL: .* must look like postgresql://"),
        ({"MQTT_URL": "mqtt://a:hid/den@b"}, "ENERMON_MQTT_URL: .*must look like"),
        ({"API_PORT": "hidden", "INGEST_INSTANCE": "-1"}, "ENERMON_API_PORT: .*\nENERMON_INGEST_INSTANCE: "),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_and_not_shown(
    given: dict[str, str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, empty = secret_file(tmp_path, URLS["SMTP_URL"]), tmp_path / "empty"
    empty.touch(mode=0o600)
    for name, value in given.items():
        monkeypatch.setenv(f"ENERMON_{name}", value.format(file=file, empty=empty))
    with pytest.raises(BadSettingError, match=said) as refused:
        read_settings()
    assert "hid" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_an_empty_variable_is_one_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "DATABASE_URL_FILE", "SMTP_URL", "DATA", "API_PORT"):
        monkeypatch.setenv(f"ENERMON_{name}", "")
    settings = read_settings()
    assert (settings.smtp_url, settings.data, settings.api_port) == (None, None, 8000)
    assert settings.model_fields_set == set()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://127.0.0.1:15432/enermon",
        "postgres://enermon@db/enermon?sslmode=verify-full",
        "postgresql+psycopg://u:p%40ss%25w:rd/x?y#z@[::1]:5432/enermon",
        "postgresql:///enermon?host=/run/postgresql",
    ],
)
def test_addresses_of_databases_are_taken(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENERMON_DATABASE_URL", url)
    assert of(read_settings(), "DATABASE_URL") == url


def drivers_view(url: str) -> dict[str, object] | str:
    """What the driver makes of a URL that was taken, or how it refuses it."""
    try:
        return dict(conninfo_to_dict(make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)))
    except psycopg.ProgrammingError as error:
        return str(error)


@given(st.text("ab1 :/?#[]@%&=+'\"\\\t", min_size=1, max_size=12))
def test_no_password_that_was_written_badly_is_shown_by_an_error(password: str) -> None:
    url = f"postgresql://enermon:hidden{password}hidden@127.0.0.1:1/enermon"
    with patch.dict(os.environ, {"ENERMON_DATABASE_URL": url}):
        try:
            settings = read_settings()
        except BadSettingError as error:
            said: object = str(error)
        else:
            assert of(settings, "DATABASE_URL") == url
            said = drivers_view(url)
    if isinstance(said, str):
        assert "hidden" not in said
    else:
        assert isinstance(said, dict)
        assert said["host"] == "127.0.0.1"

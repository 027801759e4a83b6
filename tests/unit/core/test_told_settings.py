"""Settings are told with their source and without their secrets, and what nothing reads is named."""

import re
from pathlib import Path

import pytest

from services.core.settings import Settings, is_secret, read_settings
from services.core.told_settings import OTHERS, ToldSetting, told, unknown
from tests.unit.core.test_settings import URLS, secret_file

ROOT = Path(__file__).parents[3]


def test_each_setting_is_told_with_its_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENERMON_API_PORT", "8123")
    monkeypatch.setenv("ENERMON_SMTP_URL_FILE", str(secret_file(tmp_path, URLS["SMTP_URL"])))
    monkeypatch.delenv("ENERMON_SMTP_FROM", raising=False)
    found = {each.name: each for each in told(read_settings())}
    assert len(found) == len(Settings.model_fields)
    assert found["ENERMON_API_PORT"] == ToldSetting("ENERMON_API_PORT", "8123", "environment")
    assert found["ENERMON_SMTP_URL"] == ToldSetting("ENERMON_SMTP_URL", "(secret)", "file")
    assert found["ENERMON_SMTP_FROM"] == ToldSetting("ENERMON_SMTP_FROM", "enermon@localhost", "default")


def test_no_secret_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {name: url for name, url in URLS.items() if is_secret(Settings.model_fields[name.lower()])}
    for name, url in secrets.items():
        monkeypatch.setenv(f"ENERMON_{name}", url)
    shown = {each.name: each.value for each in told(read_settings())}
    assert {shown[f"ENERMON_{name}"] for name in secrets} == {"(secret)"}


def test_a_variable_that_nothing_reads_is_named() -> None:
    given = {"ENERMON_MQTT_ULR": "x", "ENERMON_STORE": "native", "ENERMON_NECC_KEY_FILE": "/x", "ENERMON_EMPTY": ""}
    assert unknown({**given, "ENERMON_HOME_FILE": "/x", "HOME": "/"}) == ["ENERMON_HOME_FILE", "ENERMON_MQTT_ULR"]


def test_whatever_the_programs_read_is_known() -> None:
    files = [file for folder in ("services", "simulators") for file in (ROOT / folder).rglob("*.py")]
    read = {name for file in files for name in re.findall(r'"(ENERMON_[A-Z0-9_]*[A-Z0-9])"', file.read_text("utf-8"))}
    assert unknown(dict.fromkeys(read, "x")) == []
    assert {"ENERMON_STORE", "ENERMON_DATABASE_PORT"} <= OTHERS

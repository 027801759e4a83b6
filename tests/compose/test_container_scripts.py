"""The small programs of the container image, run as the container runs them."""

import os
import runpy
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509

DOCKER = Path(__file__).resolve().parents[2] / "deploy" / "docker"
NAMES = ("PGPASSWORD", "ENERMON_MQTT_URL", "ENERMON_ALERTS_MQTT_URL")
SHOW = f"import os; print(*(os.environ.get(name) for name in {NAMES}))"


def started_with(**settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(DOCKER / "entrypoint.py"), sys.executable, "-c", SHOW],
        env={"PATH": os.environ["PATH"], **settings},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def test_passwords_reach_the_service_from_their_files(tmp_path: Path) -> None:
    (tmp_path / "database").write_text("from-file\n")
    (tmp_path / "mqtt").write_text("a/b@c:d")
    said = started_with(
        ENERMON_DATABASE_PASSWORD_FILE=str(tmp_path / "database"),
        ENERMON_MQTT_PASSWORD_FILE=str(tmp_path / "mqtt"),
        ENERMON_MQTT_URL="mqtt://enermon@broker:1883",
    )
    assert said.stdout == "from-file mqtt://enermon:a%2Fb%40c%3Ad@broker:1883 None\n"


def test_password_of_the_alert_service_goes_to_its_own_broker_address(tmp_path: Path) -> None:
    (tmp_path / "mqtt").write_text("word\n")
    said = started_with(
        ENERMON_ALERTS_MQTT_PASSWORD_FILE=str(tmp_path / "mqtt"),
        ENERMON_ALERTS_MQTT_URL="mqtt://enermon-alerts@broker:1883",
    )
    assert said.stdout == "None None mqtt://enermon-alerts:word@broker:1883\n"


def test_without_password_files_the_settings_stay_as_they_are() -> None:
    assert started_with(ENERMON_MQTT_URL="mqtt://b:1883").stdout == "None mqtt://b:1883 None\n"


def test_a_missing_secret_is_named_and_nothing_is_started(tmp_path: Path) -> None:
    said = started_with(ENERMON_DATABASE_PASSWORD_FILE=str(tmp_path / "gone"))
    assert said.returncode == 78
    assert said.stdout == ""
    assert f"cannot read {tmp_path / 'gone'}: No such file or directory" in said.stderr
    assert "docker-compose up secrets" in said.stderr


def test_an_mqtt_password_without_a_user_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mqtt").write_text("word")
    said = started_with(ENERMON_MQTT_PASSWORD_FILE=str(tmp_path / "mqtt"), ENERMON_MQTT_URL="mqtt://broker")
    assert said.returncode == 78
    assert "mqtt://user@host:1883" in said.stderr
    assert "word" not in said.stderr.replace("ENERMON_MQTT_PASSWORD_FILE", "")


def test_secrets_are_created_once_and_closed_to_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main = runpy.run_path(str(DOCKER / "create_secrets.py"))["main"]
    file = tmp_path / "key"
    main([str(file)])
    first = file.read_text()
    main([str(file)])
    assert len(bytes.fromhex(first)) == 32
    assert file.read_text() == first
    assert stat.S_IMODE(file.stat().st_mode) == 0o440
    assert capsys.readouterr().out == f"{file}: created\n{file}: kept\n"


def test_a_certificate_is_made_once_for_its_names_and_anew_for_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main = runpy.run_path(str(DOCKER / "create_certificates.py"))["main"]
    given, ca, tls = (tmp_path / name for name in ("given", "ca", "tls"))
    tls.mkdir()
    seen = []
    for names in (["a.example"], ["a.example"], ["a.example", "10.0.0.1"]):
        main(given, ca, tls, names=names)
        seen.append((tls / "server.pem").read_bytes())
    assert seen[0] == seen[1] != seen[2]
    shown = x509.load_pem_x509_certificate(seen[2])
    names_of = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names_of.get_values_for_type(x509.DNSName) == ["a.example"]
    shown.verify_directly_issued_by(x509.load_pem_x509_certificate((tls / "ca.pem").read_bytes()))
    assert stat.S_IMODE((tls / "server.pem").stat().st_mode) == 0o440
    said = [line.partition(": ")[2] for line in capsys.readouterr().out.splitlines()]
    by_own = "(by the private CA)"
    assert said == [f"written {by_own}", f"kept {by_own}", f"written {by_own}"]


def test_a_given_certificate_is_taken_and_one_with_another_key_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main = runpy.run_path(str(DOCKER / "create_certificates.py"))["main"]
    given, ca, tls = (tmp_path / name for name in ("given", "ca", "tls"))
    tls.mkdir()
    main(tmp_path / "none", ca, tls, names=["a.example"])
    own = (tls / "server.pem").read_bytes()
    given.mkdir()
    for name in ("server.pem", "server.key"):
        (given / name).write_bytes((ca / name).read_bytes())
    main(given, ca, tls, names=["b.example"])
    assert (tls / "server.pem").read_bytes() == own
    (given / "server.key").write_bytes((ca / "ca.key").read_bytes())
    with pytest.raises(SystemExit) as ended:
        main(given, ca, tls, names=["b.example"])
    assert ended.value.code == 78
    assert f"no certificate can be made of what is in {given}" in capsys.readouterr().err
    assert (tls / "server.pem").read_bytes() == own


def test_a_connection_counts_as_healthy_only_while_it_is_open() -> None:
    connected_ports = runpy.run_path(str(DOCKER / "healthy.py"))["connected_ports"]
    table = (
        "  sl  local_address rem_address   st\n"
        "   0: 0100007F:1F90 00000000:0000 0A\n"
        "   1: 050017AC:D6F1 040017AC:075B 01\n"
        "   2: 050017AC:D6F2 030017AC:1538 06\n"
    )
    assert connected_ports(table) == {1883}


def test_only_what_the_distribution_needs_is_kept() -> None:
    closure = runpy.run_path(str(DOCKER / "keep_needed.py"))["closure"]
    kept = closure("fastapi")
    assert {"fastapi", "starlette", "pydantic", "pydantic-core"} <= kept
    assert not {"numpy", "httpx", "pip"} & kept

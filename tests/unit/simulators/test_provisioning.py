"""Passwords of simulated gateways: asked of the API once, kept for the owner alone, asked again where they end."""

import json
import stat
from pathlib import Path

import httpx
import pytest

from simulators.broker import BrokerOptionError, Login, read_logins
from simulators.provisioning import provide_logins
from simulators.registration import RegistryApi


class GivesPasswords:
    """Answers as the API does: each password is another, and those before it end."""

    def __init__(self) -> None:
        self.given: dict[str, int] = {}
        self.revoked: set[str] = set()

    def answer(self, request: httpx.Request) -> httpx.Response:
        """To a request below /gateways/{code}/credentials."""
        code = request.url.path.split("/")[-2]
        generation = self.given.get(code, 0)
        if request.method == "GET":
            works = code not in self.revoked
            shown = [{"user": user_of(code, generation), "works": works}] if generation else []
            return httpx.Response(200, json={"data": shown, "next": None})
        assert json.loads(request.content) == {"overlap_hours": 0}
        self.given[code] = generation + 1
        self.revoked.discard(code)
        user = user_of(code, generation + 1)
        return httpx.Response(201, json={"user": user, "password": f"secret of {user}"})

    def asked(self) -> RegistryApi:
        """The API as the simulators see it."""
        return RegistryApi("http://api", transport=httpx.MockTransport(self.answer))


def user_of(code: str, generation: int) -> str:
    return code if generation == 1 else f"{code}@{generation}"


def test_passwords_are_asked_once_and_kept_for_their_owner_alone(tmp_path: Path) -> None:
    api, file = GivesPasswords(), tmp_path / "secrets" / "fleet.csv"
    assert provide_logins(api.asked(), ["GW-2", "GW-1"], file) == 2
    assert file.read_text("utf-8") == "gateway,user,password\nGW-1,GW-1,secret of GW-1\nGW-2,GW-2,secret of GW-2\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert provide_logins(api.asked(), ["GW-1", "GW-2"], file) == 0
    assert api.given == {"GW-1": 1, "GW-2": 1}


def test_password_that_works_no_more_is_asked_for_again_and_others_stay(tmp_path: Path) -> None:
    api, file = GivesPasswords(), tmp_path / "fleet.csv"
    provide_logins(api.asked(), ["GW-1", "GW-2"], file)
    api.revoked.add("GW-1")
    assert provide_logins(api.asked(), ["GW-1", "GW-2", "GW-3"], file) == 2
    assert read_logins(file) == {
        "GW-1": Login("GW-1@2", "secret of GW-1@2"),
        "GW-2": Login("GW-2", "secret of GW-2"),
        "GW-3": Login("GW-3", "secret of GW-3"),
    }


def test_file_of_another_form_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "notes.csv"
    file.write_text("name,secret\nGW-1,one\n", encoding="utf-8")
    with pytest.raises(BrokerOptionError, match="gateway,user,password"):
        provide_logins(GivesPasswords().asked(), ["GW-1"], file)
    assert file.read_text("utf-8") == "name,secret\nGW-1,one\n"

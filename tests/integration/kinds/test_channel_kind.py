"""A channel from outside is its declaration and nothing else: subscribed, tested and delivered through the API."""

from typing import Any

import pytest

from services.alerts.channels.contract import AddressFault, Channel, ChannelKind, Destination, Rendered
from services.alerts.channels.kinds import KINDS, channels_of
from services.alerts.notify.outbox import Outbox
from services.alerts.service import deliver_by
from services.core.settings import Settings
from tests.integration.alerted import supervision_body
from tests.integration.running import wait_until
from tests.integration.served import api

TAKEN: list[tuple[str, tuple[str, ...], str]] = []


class Pager:
    """Writes down what it is given."""

    def send(self, target: Destination, message: Rendered) -> None:
        TAKEN.append((target.address, target.secrets, message.subject))

    def close(self) -> None: ...


def _connect(settings: Settings) -> Channel:
    return Pager()


PAGER = ChannelKind(
    name="pager",
    owners=("body",),
    connect=_connect,
    address_fault=lambda address, _settings: None if address.isdigit() else AddressFault("int_parsing"),
    new_secret=lambda: "pager-secret",
)


@pytest.fixture(autouse=True)
def pager(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, "pager", PAGER)
    TAKEN.clear()


def _page(client: Any, owner: str, **entry: Any) -> Any:
    return client.post(f"{owner}/subscriptions", json={"channel": "pager", **entry})


def test_channel_of_another_is_subscribed_checked_and_delivered(database_url: str) -> None:
    with api(database_url=database_url) as client:
        body = f"/api/v1/supervision-bodies/{supervision_body(client)}"
        refused = _page(client, body, address="not a number").json()
        assert [(e["field"], e["code"]) for e in refused["errors"]] == [("address", "int_parsing")]
        made = _page(client, body, address="13900000000").json()
        assert (made["channel"], made["address"], made["secret"]) == ("pager", "13900000000", "pager-secret")
        asked = client.post(f"{body}/subscriptions/{made['subscription_id']}/test").json()
        outbox = Outbox(database_url, deliver_by(dict(channels_of(Settings()))))
        outbox.start()
        try:
            delivery = f"/api/v1/deliveries/{asked['message_id']}"
            wait_until("it is sent", lambda: client.get(delivery).json()["status"] == "sent", within_s=10)
        finally:
            outbox.stop()
        assert [(address, secrets) for address, secrets, _ in TAKEN] == [("13900000000", ("pager-secret",))]
        listed = client.get("/api/v1/deliveries", params={"channel": "pager"}).json()["data"]
        assert [each["message_id"] for each in listed] == [asked["message_id"]]


def test_channel_that_is_not_declared_is_refused_with_those_that_are(database_url: str) -> None:
    with api(database_url=database_url) as client:
        unknown = client.post(
            f"/api/v1/supervision-bodies/{supervision_body(client)}/subscriptions", json={"channel": "pigeon"}
        ).json()
        assert [(e["field"], e["code"]) for e in unknown["errors"]] == [("channel", "literal_error")]
        assert "'pager'" in unknown["errors"][0]["reason"]


def test_message_of_a_channel_that_is_no_more_is_given_up_with_the_reason(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with api(database_url=database_url) as client:
        body = f"/api/v1/supervision-bodies/{supervision_body(client)}"
        made = _page(client, body, address="13900000000").json()
        asked = client.post(f"{body}/subscriptions/{made['subscription_id']}/test").json()
        monkeypatch.delitem(KINDS, "pager")
        outbox = Outbox(database_url, deliver_by(dict(channels_of(Settings()))))
        outbox.start()
        try:
            delivery = f"/api/v1/deliveries/{asked['message_id']}"
            wait_until("it is given up", lambda: client.get(delivery).json()["status"] == "dead", within_s=10)
        finally:
            outbox.stop()
        assert client.get(delivery).json()["last_error"] == "there is no channel pager"
        assert TAKEN == []


def test_subscription_of_a_channel_that_is_no_more_is_switched_off_and_not_changed(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with api(database_url=database_url) as client:
        body = f"/api/v1/supervision-bodies/{supervision_body(client)}"
        made = _page(client, body, address="13900000000", quiet_from="22:00", quiet_to="07:00").json()
        monkeypatch.delitem(KINDS, "pager")
        address = f"{body}/subscriptions/{made['subscription_id']}"
        for patch in ({"language": "en"}, {"enabled": True}, {"enabled": False, "language": "en"}):
            refused = client.patch(address, json=patch)
            assert refused.status_code == 422
            assert [(e["field"], e["code"]) for e in refused.json()["errors"]] == [("channel", "literal_error")]
        off = client.patch(address, json={"enabled": False})
        assert off.status_code == 200
        kept = {name: value for name, value in made.items() if name != "secret"}
        assert off.json() == client.get(address).json() == kept | {"enabled": False}

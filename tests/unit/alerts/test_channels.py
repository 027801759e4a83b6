"""What the channels refuse before they send, and how they read an answer."""

import base64
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr
from standardwebhooks import Webhook

from services.alerts.channels.contract import DeliveryFailed, Destination, Rendered, one_line
from services.alerts.channels.email import MailServer, checked_address, parse_smtp_url
from services.alerts.channels.kinds import channels_of
from services.alerts.channels.mqtt import alerts_topic
from services.alerts.channels.webhook import failure, signatures
from services.alerts.channels.webhook_address import endpoint_of, is_public, reachable_addresses
from services.core.mqtt_address import parse_mqtt_url
from services.core.settings import Settings
from tests.integration.served import document
from tests.unit.alerts.notify.contents import MESSAGE_ID

NOW = datetime(2026, 3, 1, 0, 5, tzinfo=UTC)
MESSAGE = Rendered(message_id=MESSAGE_ID, subject="s", text="t", html="h", payload='{"名":1}'.encode())


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example.cn", MailServer(host="mail.example.cn", port=25, security="none")),
        (
            "smtps://alerts%40example.cn:p%3Aw%2F1@mail.example.cn",
            MailServer(host="mail.example.cn", port=465, security="tls", user="alerts@example.cn", password="p:w/1"),
        ),
        (
            "smtp+starttls://me:pw@[::1]:2587",
            MailServer(host="::1", port=2587, security="starttls", user="me", password="pw"),
        ),
    ],
)
def test_a_mail_server_is_read_from_its_url(url: str, server: MailServer) -> None:
    assert parse_smtp_url(url) == server


@pytest.mark.parametrize(
    "url",
    [
        "http://mail.example.cn",
        "smtp://",
        "mail.example.cn:25",
        "smtps://me:s3cret@host:s3cret",
        "smtps://me@host",
        "smtps://me:s3cret密@host",
    ],
)
def test_a_mistaken_mail_server_is_named_without_its_password(url: str) -> None:
    with pytest.raises(ValueError, match="ENERMON_SMTP_URL") as caught:
        parse_smtp_url(url)
    assert "s3cret" not in str(caught.value)


def test_passwords_do_not_show_in_a_log() -> None:
    assert "s3cret" not in repr(parse_smtp_url("smtps://me:s3cret@host"))
    assert "s3cret" not in repr(parse_mqtt_url("mqtts://me:s3cret@host"))
    assert "s3cret" not in repr(Destination(address="https://example.cn/s3cret", secrets=("whsec_s3cret",)))


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("energy.body@example.gov.cn", "energy.body@example.gov.cn"),
        ("a+b@localhost", "a+b@localhost"),
        ("jc@能源.中国", "jc@xn--b9wz60b.xn--fiqs8s"),
    ],
)
def test_plain_addresses_are_taken(text: str, address: str) -> None:
    assert checked_address(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "", "a", "a@", "@b.cn", "a@b@c.cn", "a b@c.cn", "a@b.cn\r\nBcc: x@y.cn", "a@b.cn,x@y.cn", "Name <a@b.cn>",
        '"a b"@c.cn', "a@-b.cn", "a@b..cn", ".a@b.cn", "a@b.cn ", "监察@example.cn", f"{'a' * 65}@b.cn",
        f"a@{'b.' * 130}cn", "a@b\n.cn",
    ],
)  # fmt: skip
def test_what_is_no_plain_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not an e-mail address"):
        checked_address(text)


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1", "172.16.5.4", "192.168.1.1", "127.0.0.1", "127.8.8.8", "0.0.0.0", "169.254.169.254", "100.64.0.1",
        "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fe80::1%eth0",
        "fc00::1", "fd12::1", "ff02::1", "2001:db8::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::7f00:1",
        "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::1", "2001:0:4136:e378:8000:63bf:80ff:fffe",
        "192.0.0.1", "192.0.0.9", "192.0.0.10", "192.0.0.170", "192.88.99.1", "192.31.196.1", "192.52.193.1",
        "192.175.48.1", "198.51.100.1", "203.0.113.1", "172.31.255.255", "100.127.255.255", "198.19.255.255",
        "239.1.1.1", "0.1.2.3", "fec0::1", "feff::1", "3fff::1", "3fff:fff::1", "2001::1", "2001:1::1", "2001:2::1",
        "2001:3::1", "2001:4:112::1", "2001:10::1", "2001:20::1", "2001:30::1", "2001:1ff:ffff::1", "64:ff9b:1:ff::1",
        "64:ff9b::c000:1", "64:ff9b::c058:6301", "::ffff:192.88.99.1", "::8.8.8.8", "::ffff:0:8.8.8.8", "100::1",
        "100:0:0:1::1", "5f00::1", "2620:4f:8000::1", "2002:808:808::1", "4000::1", "1::1",
    ],
)  # fmt: skip
def test_addresses_of_closed_networks_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "114.114.114.114", "1.1.1.1", "2400:3200::1", "::ffff:1.1.1.1", "64:ff9b::101:101", "192.0.1.1", "192.88.98.1",
        "172.32.0.1", "100.128.0.1", "198.20.0.1", "223.255.255.255", "2001:200::1", "2001:da8::1", "2003::1",
        "240e::1", "3ffe::1", "2620:4f:8001::1",
    ],
)  # fmt: skip
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("url", "detail"),
    [
        ("http://example.cn/x", "is not https"),
        ("ftp://example.cn/x", "is not a URL"),
        ("https://", "is not a URL"),
        ("https://exa mple.cn/", "is not a URL"),
        ("https://example.cn:99999/", "is not a URL"),
        ("https://example.cn:0/", "is not a URL"),
        ("https://example.cn/\r\nHost: other", "is not a URL"),
        ("https://[fe80::1%25eth0]/", "is not a URL"),
        ("https://user:s3cret@example.cn/", "holds a user or password"),
    ],
)
def test_a_mistaken_webhook_address_is_refused_for_ever(url: str, detail: str) -> None:
    with pytest.raises(DeliveryFailed, match=detail) as caught:
        endpoint_of(url, allow_http=False)
    assert caught.value.permanent
    assert "s3cret" not in caught.value.detail


def test_an_endpoint_keeps_its_name_for_the_header_and_goes_to_the_address() -> None:
    endpoint = endpoint_of("https://hooks.Example.cn:8443/a/b?c=d#e", allow_http=False)
    assert (endpoint.authority, endpoint.host) == ("hooks.example.cn:8443", "hooks.example.cn")
    assert endpoint.url_at("2400:3200::1") == "https://[2400:3200::1]:8443/a/b?c=d"
    plain = endpoint_of("https://example.cn", allow_http=False)
    assert (plain.authority, plain.url_at("1.1.1.1")) == ("example.cn", "https://1.1.1.1:443/")


def test_a_name_with_one_private_address_is_refused() -> None:
    endpoint = endpoint_of("https://example.cn/", allow_http=False)
    with pytest.raises(DeliveryFailed, match=r"private address 10\.1\.2\.3") as caught:
        reachable_addresses(endpoint, allow_private=False, resolve=lambda *_: ["1.1.1.1", "10.1.2.3"])
    assert caught.value.permanent
    both = reachable_addresses(endpoint, allow_private=True, resolve=lambda *_: ["1.1.1.1", "10.1.2.3"])
    assert both == ["1.1.1.1", "10.1.2.3"]


@pytest.mark.parametrize(
    "host", ["127.1", "2130706433", "0x7f.1", "0177.0.0.1", "localhost", "[::1]", "[::ffff:7f00:1]"]
)
def test_loopback_written_in_another_way_is_refused(host: str) -> None:
    with pytest.raises(DeliveryFailed, match="private address") as caught:
        reachable_addresses(endpoint_of(f"https://{host}/", allow_http=False), allow_private=False)
    assert caught.value.permanent


def test_an_unknown_name_is_tried_again() -> None:
    def unknown(_host: str, _port: int) -> list[str]:
        raise OSError("Name or service not known")

    with pytest.raises(DeliveryFailed, match=r"the name example\.cn is not known") as caught:
        reachable_addresses(endpoint_of("https://example.cn/", allow_http=False), allow_private=False, resolve=unknown)
    assert not caught.value.permanent


@pytest.mark.parametrize(
    ("status", "permanent"),
    [
        (301, True), (307, True), (304, True), (400, False), (401, False), (404, False), (408, False), (410, True),
        (422, False), (429, False), (500, False), (502, False), (503, False), (504, False),
    ],
)  # fmt: skip
def test_which_answers_end_a_message(status: int, permanent: bool) -> None:
    failed = failure(status, None, "", now=NOW)
    assert failed.permanent is permanent
    assert str(status) in failed.detail


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0), (" 0 ", 0.0), ("Sun, 01 Mar 2026 00:06:30 GMT", 90.0), ("Sun, 01 Mar 2026 00:00:00 GMT", 0.0),
        ("soon", None), ("-5", None), (None, None), ("9" * 400, 999_999_999.0), ("1.5", None),
    ],
)  # fmt: skip
def test_retry_after_is_read_as_seconds_or_as_a_date(header: str | None, seconds: float | None) -> None:
    assert failure(503, header, "", now=NOW).retry_after_s == seconds


def test_what_a_receiver_says_is_shown_on_one_line_and_cut() -> None:
    failed = failure(400, None, "bad\r\nrequest \x1b[31m" + "x" * 4000, now=NOW)
    assert failed.detail == "answered 400: bad request [31m" + "x" * 102
    assert one_line("a" * 301) == "a" * 299 + "…"


def test_each_secret_signs_for_itself_the_newest_first() -> None:
    old, new = (f"whsec_{base64.b64encode(byte * 32).decode()}" for byte in (b"o", b"n"))
    made = signatures((new, old), MESSAGE, NOW)
    assert made == " ".join(
        Webhook(secret).sign("3f2b8c1e-5d34-4a3b-9f6e-1c2d3e4f5a6b", NOW, '{"名":1}') for secret in (new, old)
    )


def test_the_signature_is_that_of_the_specification() -> None:
    """Computed with openssl over id.timestamp.body."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    assert signatures((secret,), MESSAGE, NOW) == "v1,KklgAAE9mCfo/TeEuePwqehGYKrLi5WVzIgOzBbKum4="


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_s3cret€", "whsec_s"])
def test_a_secret_that_cannot_sign_is_named_by_its_number(secret: str) -> None:
    with pytest.raises(DeliveryFailed, match="secret 2 of 2 of the webhook is not whsec_ and base64") as caught:
        signatures(("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", secret), MESSAGE, NOW)
    assert caught.value.permanent


def test_a_webhook_without_secret_is_not_sent() -> None:
    with pytest.raises(DeliveryFailed, match="no secret to sign with"):
        signatures((), MESSAGE, NOW)


def test_alerts_go_to_the_topic_of_the_enterprise() -> None:
    assert alerts_topic("91150100MA0MXXXX1K") == "enermon/v1/enterprises/91150100MA0MXXXX1K/alerts"


@pytest.mark.parametrize("code", ["", "#", "91150100MA0MXXXX1", "91150100MA0MXXX/+K", "91150100ma0mxxxx1k", "9" * 19])
def test_what_is_no_credit_code_reaches_no_topic(code: str) -> None:
    with pytest.raises(ValueError, match="not a credit code"):
        alerts_topic(code)


def test_without_a_mail_server_mails_wait_and_say_why() -> None:
    channels = channels_of(Settings(smtp_url=None))
    assert set(channels) == {"email", "webhook", "mqtt"}
    with pytest.raises(DeliveryFailed, match="ENERMON_SMTP_URL is empty") as caught:
        channels["email"].send(Destination(address="a@example.cn"), MESSAGE)
    assert not caught.value.permanent


@pytest.mark.parametrize("user", ["enermon-ingest-0", "enermon-alerts", "operator"])
def test_alerts_never_connect_as_the_user_of_ingest(user: str, caplog: pytest.LogCaptureFixture) -> None:
    channels = channels_of(Settings(mqtt_url=SecretStr(f"mqtt://{user}:s3cret@127.0.0.1:1"), alerts_mqtt_url=None))
    reason = "ENERMON_ALERTS_MQTT_URL is empty: alerts need a broker user of their own"
    assert [(each.levelname, each.message, vars(each)["reason"]) for each in caplog.records] == [
        ("WARNING", "no alerts by MQTT", reason)
    ]
    with pytest.raises(DeliveryFailed, match=reason) as caught:
        channels["mqtt"].send(Destination(address="91150100MA0MXXXX1K"), MESSAGE)
    assert not caught.value.permanent


@pytest.mark.parametrize(
    ("ingest", "alerts"),
    [
        ("mqtt://127.0.0.1:1", None),
        ("mqtt://127.0.0.1:1", ""),
        ("mqtt://enermon-ingest-0:a@127.0.0.1:2", "mqtt://enermon-alerts:b@127.0.0.1:1"),
    ],
)
def test_alerts_connect_as_their_own_user_or_where_there_are_no_users(
    ingest: str, alerts: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    given = None if alerts is None else SecretStr(alerts)
    channels = channels_of(Settings(mqtt_url=SecretStr(ingest), alerts_mqtt_url=given))
    with pytest.raises(DeliveryFailed, match=r"broker 127\.0\.0\.1:1: not reachable"):
        channels["mqtt"].send(Destination(address="91150100MA0MXXXX1K"), MESSAGE)
    assert caplog.records == []


def test_a_mistaken_sender_is_named_at_the_start() -> None:
    with pytest.raises(ValueError, match="ENERMON_SMTP_FROM is not an e-mail address"):
        channels_of(Settings(smtp_url="smtp://localhost", smtp_from="Enermon"))


def test_document_of_the_api_names_the_channels_that_are_declared() -> None:
    schemas = document()["components"]["schemas"]
    assert schemas["SubscriptionEntry"]["properties"]["channel"]["enum"] == ["email", "webhook", "mqtt"]


@pytest.mark.parametrize("answer", ["Subscription", "NewSubscription", "Delivery", "DeliveryDetail"])
def test_answers_may_name_a_channel_that_is_not_declared_any_more(answer: str) -> None:
    channel = document()["components"]["schemas"][answer]["properties"]["channel"]
    assert (channel["type"], "enum" in channel) == ("string", False)

"""Webhook: a signed POST by the convention of Standard Webhooks (https://www.standardwebhooks.com)."""

import asyncio
import base64
import binascii
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from secrets import token_bytes

import httpx
from standardwebhooks import Webhook

from services.alerts.channels.address import url_fault
from services.alerts.channels.contract import ChannelKind, DeliveryFailed, Destination, Rendered
from services.alerts.channels.webhook_address import (
    Endpoint,
    Resolve,
    endpoint_of,
    reachable_addresses,
    resolved,
)
from services.core.clock import utc_now

CONNECT_TIMEOUT_S = 5.0
TOTAL_TIMEOUT_S = 15.0
MOST_ANSWER_BYTES = 4096
SHOWN_ANSWER_CHARACTERS = 120
SIGNATURE_PREFIX = "whsec_"
SECRET_BYTES = 32
GONE = 410


class WebhookChannel:
    """One connection a message: the address is looked up, checked, and connected to as it was checked."""

    def __init__(
        self,
        *,
        allow_private: bool = False,
        allow_http: bool = False,
        tls: ssl.SSLContext | None = None,
        resolve: Resolve = resolved,
        clock: Callable[[], datetime] = utc_now,
        total_timeout_s: float = TOTAL_TIMEOUT_S,
    ) -> None:
        self._allow_private = allow_private
        self._allow_http = allow_http
        self._tls = tls or ssl.create_default_context()
        self._resolve = resolve
        self._clock = clock
        self._total_timeout_s = total_timeout_s

    def send(self, target: Destination, message: Rendered) -> None:
        """Return when the receiver has answered 2xx. Raises DeliveryFailed."""
        endpoint = endpoint_of(target.address, allow_http=self._allow_http)
        now = self._clock()
        headers = {
            "host": endpoint.authority,
            "content-type": "application/json",
            "user-agent": "Enermon",
            "webhook-id": str(message.message_id),
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signatures(target.secrets, message, now),
        }
        addresses = reachable_addresses(endpoint, allow_private=self._allow_private, resolve=self._resolve)
        asyncio.run(self._post(endpoint, addresses, headers, message.payload))

    def close(self) -> None:
        """Nothing is open between messages."""

    async def _post(self, endpoint: Endpoint, addresses: list[str], headers: dict[str, str], body: bytes) -> None:
        """One limit for all of it: a receiver that answers byte by byte does not hold the sender."""
        timeout = httpx.Timeout(self._total_timeout_s, connect=CONNECT_TIMEOUT_S)
        try:
            async with (
                asyncio.timeout(self._total_timeout_s),
                httpx.AsyncClient(verify=self._tls, timeout=timeout, follow_redirects=False, trust_env=False) as client,
            ):
                await self._post_to_first(client, endpoint, addresses, headers, body)
        except (TimeoutError, httpx.TimeoutException):
            detail = f"{endpoint.authority} did not answer in {self._total_timeout_s:g} s"
            raise DeliveryFailed(detail, permanent=False) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = str(error) or type(error).__name__
            raise DeliveryFailed(f"{endpoint.authority}: {reason}", permanent=False) from None

    async def _post_to_first(
        self, client: httpx.AsyncClient, endpoint: Endpoint, addresses: list[str], headers: dict[str, str], body: bytes
    ) -> None:
        """To the first address that takes the connection; what has been sent to one is not sent to the next."""
        *others, last = addresses
        for address in others:
            try:
                return await self._post_to(client, endpoint, address, headers, body)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._post_to(client, endpoint, last, headers, body)

    async def _post_to(
        self, client: httpx.AsyncClient, endpoint: Endpoint, address: str, headers: dict[str, str], body: bytes
    ) -> None:
        # the certificate is checked against the name, though the connection goes to the address
        extensions = {"sni_hostname": endpoint.host}
        async with client.stream(
            "POST", endpoint.url_at(address), content=body, headers=headers, extensions=extensions
        ) as answer:
            if answer.is_success:
                return
            said = await _beginning(answer)
        raise failure(answer.status_code, answer.headers.get("retry-after"), said, now=self._clock())


def new_secret() -> str:
    """A secret by Standard Webhooks: whsec_ and the base64 of random bytes."""
    return SIGNATURE_PREFIX + base64.b64encode(token_bytes(SECRET_BYTES)).decode("ascii")


def signatures(secrets: tuple[str, ...], message: Rendered, now: datetime) -> str:
    """One signature a secret, separated by spaces, so that a receiver can change its key without missing a message.

    Raises DeliveryFailed, permanent, without the secret.
    """
    if not secrets:
        raise DeliveryFailed("the webhook has no secret to sign with", permanent=True)
    body = message.payload.decode("utf-8")
    made = []
    for number, secret in enumerate(secrets, 1):
        try:
            key = binascii.a2b_base64(secret.removeprefix(SIGNATURE_PREFIX) + "==", strict_mode=False)
            if not key or not secret.isascii():
                raise ValueError("empty")
            made.append(Webhook(key).sign(str(message.message_id), now.astimezone(UTC), body))
        except ValueError:
            detail = f"secret {number} of {len(secrets)} of the webhook is not whsec_ and base64"
            raise DeliveryFailed(detail, permanent=True) from None
    return " ".join(made)


def failure(status: int, retry_after: str | None, said: str, *, now: datetime) -> DeliveryFailed:
    """What an answer other than 2xx means."""
    detail = f"answered {status}" + (f": {said[:SHOWN_ANSWER_CHARACTERS]}" if said else "")
    if 300 <= status < 400:
        return DeliveryFailed(f"answered {status}: redirects are not followed", permanent=True)
    if status == GONE:
        return DeliveryFailed("answered 410: the receiver is gone", permanent=True, gone=True)
    return DeliveryFailed(detail, permanent=False, retry_after_s=_seconds(retry_after, now))


def _seconds(retry_after: str | None, now: datetime) -> float | None:
    """Retry-After, RFC 9110 section 10.2.3: seconds or a date; what is neither says nothing."""
    if retry_after is None:
        return None
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - now).total_seconds())


async def _beginning(answer: httpx.Response) -> str:
    """The first bytes of the answer, as text; the rest is not read, nor unpacked."""
    taken = b""
    async for chunk in answer.aiter_raw(MOST_ANSWER_BYTES):
        taken += chunk
        if len(taken) >= MOST_ANSWER_BYTES:
            break
    return taken[:MOST_ANSWER_BYTES].decode("utf-8", "replace").strip()


KIND = ChannelKind(
    name="webhook",
    owners=("body", "enterprise"),
    connect=lambda settings: WebhookChannel(
        allow_private=settings.webhook_allow_private, allow_http=settings.webhook_allow_http
    ),
    address_fault=lambda address, settings: url_fault(
        address, allow_private=settings.webhook_allow_private, allow_http=settings.webhook_allow_http
    ),
    new_secret=new_secret,
    endpoint_by_host=True,
)

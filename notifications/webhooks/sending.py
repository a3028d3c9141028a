"""Sending one delivery: one request, one answer read in part, and never longer than a while."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import ssl
import time
from collections.abc import Mapping, Sequence

import httpx

from notifications.choices import Failure
from notifications.webhooks.connecting import (
    AddressRefused,
    PinnedTransport,
    Resolve,
    Unresolved,
    resolve,
)
from notifications.webhooks.signing import headers_of

TOTAL_SECONDS = 15.0  # until the head of the answer; for its body another third
_BODY_SHARE = 1 / 3
MOST_READ_BYTES = 64 * 1024
MOST_KEPT_CHARACTERS = 2_000
_MOST_HEADER_CHARACTERS = 200
_KEPT_HEADERS = ("content-type", "content-length", "date", "location", "retry-after", "server")


@dataclasses.dataclass(frozen=True, slots=True)
class Outgoing:
    """What is to be sent.

    :param keys: the secrets to sign with, in clear.
    """

    url: str
    message_id: str
    body: bytes
    keys: Sequence[str] = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it.

    :param failure: empty: a status from 200 to 299 came back.
    :param status: null: no answer came.
    """

    failure: Failure
    took_ms: int
    request_headers: Mapping[str, str]
    address: str | None = None
    status: int | None = None
    answer_headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    answer_body: str = ""

    @property
    def delivered(self) -> bool:
        """Whether the other side took it."""
        return self.failure is Failure.NONE


@dataclasses.dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: str


class Sender:
    """Sends deliveries; any number at once.

    :param local: plain HTTP and loopback are allowed.
    """

    def __init__(
        self,
        *,
        local: bool,
        resolve: Resolve = resolve,
        context: ssl.SSLContext | None = None,
        total_seconds: float = TOTAL_SECONDS,
    ) -> None:
        self._local = local
        self._resolve = resolve
        self._context = context or httpx.create_ssl_context()
        self._total_seconds = total_seconds

    async def send(self, outgoing: Outgoing, *, sent_at: int) -> Outcome:
        """Send it once; every end is an outcome.

        :param sent_at: the time that is signed with it, in seconds since 1970.
        """
        headers = {
            "content-type": "application/json",
            "user-agent": "VaultCraft-Webhooks/1",
            "accept-encoding": "identity",
            **headers_of(
                message_id=outgoing.message_id,
                sent_at=sent_at,
                body=outgoing.body,
                keys=outgoing.keys,
            ),
        }
        began = time.monotonic()
        transport = PinnedTransport(resolve=self._resolve, context=self._context, local=self._local)
        answer, failure = None, Failure.NONE
        if not outgoing.keys:
            failure = Failure.UNREADABLE_SECRET
        else:
            try:
                async with asyncio.timeout(self._total_seconds) as limit:
                    answer = await self._exchange(transport, outgoing, headers, limit)
            except _FORESEEN as error:
                failure = _failure_of(error)
        address = transport.address
        return Outcome(
            failure=_judged(answer.status) if answer else failure,
            took_ms=int((time.monotonic() - began) * 1000),
            request_headers=headers,
            address=str(address) if address else None,
            status=answer.status if answer else None,
            answer_headers=answer.headers if answer else {},
            answer_body=answer.body if answer else "",
        )

    async def _exchange(
        self,
        transport: PinnedTransport,
        outgoing: Outgoing,
        headers: Mapping[str, str],
        limit: asyncio.Timeout,
    ) -> _Answer:
        async with (
            httpx.AsyncClient(
                transport=transport,
                trust_env=False,
                follow_redirects=False,
                timeout=self._total_seconds,
            ) as client,
            client.stream(
                "POST", outgoing.url, content=outgoing.body, headers=dict(headers)
            ) as response,
        ):
            limit.reschedule(None)  # it answered; its body has a limit of its own
            return _Answer(
                status=response.status_code,
                headers={
                    name: response.headers[name][:_MOST_HEADER_CHARACTERS]
                    for name in _KEPT_HEADERS
                    if name in response.headers
                },
                body=await self._beginning(response),
            )

    async def _beginning(self, response: httpx.Response) -> str:
        """The first of what was answered. The status has come: whatever goes wrong from here on,
        nothing about the delivery changes."""
        read = bytearray()
        with contextlib.suppress(httpx.HTTPError, TimeoutError):
            async with asyncio.timeout(self._total_seconds * _BODY_SHARE):
                # Raw: an answer that is small when packed may be endless when unpacked.
                async for part in response.aiter_raw():
                    read += part[: MOST_READ_BYTES - len(read)]
                    if len(read) >= MOST_READ_BYTES:
                        break
        text = read.decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
        return text[:MOST_KEPT_CHARACTERS]


def _judged(status: int) -> Failure:
    if 200 <= status < 300:
        return Failure.NONE
    return Failure.REDIRECT if 300 <= status < 400 else Failure.STATUS


_FORESEEN = (
    *(TimeoutError, OSError, httpx.HTTPError, httpx.InvalidURL),
    *(Unresolved, AddressRefused),
)
_FAILURES: tuple[tuple[type[BaseException], Failure], ...] = (
    (Unresolved, Failure.UNRESOLVED),
    (AddressRefused, Failure.ADDRESS_REFUSED),
    (ssl.SSLError, Failure.TLS_FAILED),
    (TimeoutError, Failure.TIMEOUT),
    (httpx.TimeoutException, Failure.TIMEOUT),
    (httpx.ConnectError, Failure.CONNECTION_FAILED),
)


def _failure_of(error: BaseException) -> Failure:
    """By the error itself, or by the first known one that led to it."""
    chain: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in chain:
        chain.append(cause)
        cause = cause.__cause__ or cause.__context__
    for kind, failure in _FAILURES:
        if any(isinstance(one, kind) for one in chain):
            return failure
    return Failure.CONNECTION_BROKEN

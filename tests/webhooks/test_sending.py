"""One request to a real server that behaves badly: every end is an outcome, and comes in time."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from notifications.choices import Failure
from notifications.webhooks.sending import MOST_KEPT_CHARACTERS, Outcome, Outgoing, Sender
from notifications.webhooks.signing import new_secret
from notifications.webhooks.targets import Address
from tests.webhooks.target import Handler, Server, answers, certificate, serving

BODY = b'{"id":"0193","payload":{"text":"\xe2\x82\xb9"}}'


class Names:
    """A name server that gives another answer each time it is asked."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self, host: str, port: int) -> Sequence[Address]:
        self.asked += 1
        return [ipaddress.ip_address(self.answers.pop(0) if self.answers else "127.0.0.1")]


def send(
    url: str,
    *,
    keys: Sequence[str] | None = None,
    local: bool = True,
    seconds: float = 3,
    names: Names | None = None,
    context: ssl.SSLContext | None = None,
) -> Outcome:
    own = {} if names is None else {"resolve": names}
    sender = Sender(local=local, context=context, total_seconds=seconds, **own)
    outgoing = Outgoing(
        url=url, message_id="0193", body=BODY, keys=[new_secret()] if keys is None else keys
    )
    return asyncio.run(sender.send(outgoing, sent_at=int(time.time())))


def test_the_package_of_the_standard_verifies_what_is_sent_by_either_secret() -> None:
    old, new = new_secret(), new_secret()
    with serving(answers(200, b"thanks")) as target:
        outcome = send(target.url, keys=[new, old])
    (got,) = target.received
    for key in (old, new):
        assert Webhook(key).verify(got.body.decode(), got.headers)["id"] == "0193"
    with pytest.raises(Exception, match="No matching signature"):
        Webhook(new_secret()).verify(got.body.decode(), got.headers)
    assert got.body == BODY
    assert got.headers["webhook-id"] == "0193"
    assert got.headers["content-type"] == "application/json"
    assert (outcome.delivered, outcome.status, outcome.answer_body) == (True, 200, "thanks")
    assert outcome.address == "127.0.0.1"
    assert outcome.request_headers["webhook-signature"] == got.headers["webhook-signature"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_a_failure_and_is_not_followed(status: int) -> None:
    with serving() as elsewhere, serving(answers(status, location=elsewhere.url)) as target:
        outcome = send(target.url)
    assert (outcome.failure, outcome.status) == (Failure.REDIRECT, status)
    assert outcome.answer_headers["location"] == elsewhere.url
    assert elsewhere.received == []


@pytest.mark.parametrize("status", [400, 404, 410, 429, 500, 503])
def test_every_other_status_is_a_failure(status: int) -> None:
    with serving(answers(status, b"no", retry_after="7")) as target:
        outcome = send(target.url)
    assert (outcome.failure, outcome.status) == (Failure.STATUS, status)
    assert outcome.answer_headers["retry-after"] == "7"


def test_a_target_that_hangs_is_given_up_in_time() -> None:
    with serving(lambda handler: time.sleep(2)) as target:
        began = time.monotonic()
        outcome = send(target.url, seconds=0.5)
        assert time.monotonic() - began < 1.5
    assert (outcome.failure, outcome.status) == (Failure.TIMEOUT, None)


def test_a_head_that_drips_is_given_up_in_time() -> None:
    """Each byte comes soon after the one before: only the whole has a limit."""

    def drip(handler: Handler) -> None:
        for _ in range(40):
            handler.wfile.write(b"H")
            handler.wfile.flush()
            time.sleep(0.05)

    with serving(drip) as target:
        began = time.monotonic()
        outcome = send(target.url, seconds=0.5)
        assert time.monotonic() - began < 1.5
    assert outcome.failure in (Failure.TIMEOUT, Failure.CONNECTION_BROKEN)


def test_a_body_without_end_is_given_up_and_the_status_counts() -> None:
    def endless(handler: Handler) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(100):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.05)

    with serving(endless) as target:
        began = time.monotonic()
        outcome = send(target.url, seconds=1.2)
        assert time.monotonic() - began < 2.5
    assert outcome.delivered
    assert outcome.answer_body.startswith("xx")


def test_an_answer_of_ten_megabytes_is_read_in_part_and_kept_cut() -> None:
    wrote: list[int] = []

    def much(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(10_485_760))
        handler.end_headers()
        wrote.extend(handler.wfile.write(b"\xff\x00" * 32_768) for _ in range(160))

    with serving(much) as target:
        outcome = send(target.url)
    assert outcome.delivered
    assert len(outcome.answer_body) == MOST_KEPT_CHARACTERS
    assert "\0" not in outcome.answer_body
    assert sum(wrote) < 10_485_760


def test_an_answer_packed_small_is_never_unpacked() -> None:
    packed = b"\x1f\x8b" + b"\0" * 100
    with serving(answers(200, packed, content_encoding="gzip")) as target:
        outcome = send(target.url)
    assert outcome.delivered
    assert target.received[0].headers["accept-encoding"] == "identity"


def test_a_target_that_closes_the_connection() -> None:
    with serving(lambda handler: handler.connection.close()) as target:
        assert send(target.url).failure == Failure.CONNECTION_BROKEN


def test_nobody_listens() -> None:
    with serving() as target:
        port = target.port
    assert send(f"http://127.0.0.1:{port}/").failure == Failure.CONNECTION_FAILED


def test_a_name_that_does_not_exist() -> None:
    assert send("https://nothing.invalid/").failure == Failure.UNRESOLVED


def _https(server: Server, host: str) -> str:
    return f"https://{host}:{server.port}/hooks"


def test_a_certificate_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    context, _ = certificate(tmp_path, name="hooks.test")
    with serving(context=context) as target:
        outcome = send(_https(target, "hooks.test"), names=Names("127.0.0.1"))
    assert outcome.failure == Failure.TLS_FAILED
    assert target.received == []


def test_a_certificate_of_another_name_is_refused(tmp_path: Path) -> None:
    context, chain = certificate(tmp_path, name="other.test")
    with serving(context=context) as target:
        trusting = ssl.create_default_context(cafile=str(chain))
        outcome = send(_https(target, "hooks.test"), names=Names("127.0.0.1"), context=trusting)
    assert outcome.failure == Failure.TLS_FAILED
    assert target.received == []


def test_the_name_stays_in_tls_and_host_while_the_address_is_pinned(tmp_path: Path) -> None:
    context, chain = certificate(tmp_path, name="hooks.test")
    asked: list[str] = []
    context.sni_callback = lambda socket, name, _: asked.append(name)
    with serving(context=context) as target:
        trusting = ssl.create_default_context(cafile=str(chain))
        names = Names("127.0.0.1")
        outcome = send(_https(target, "hooks.test"), names=names, context=trusting)
    assert outcome.delivered
    assert asked == ["hooks.test"]
    assert target.received[0].headers["host"] == f"hooks.test:{target.port}"
    assert names.asked == 1


def test_a_second_look_up_cannot_matter_because_there_is_none() -> None:
    """The name's next address would be another server's; what was judged is what is reached."""
    with serving() as judged, serving(host="127.0.0.2") as private:
        names = Names("127.0.0.1", "127.0.0.2")
        outcome = send(f"http://rebinding.test:{judged.port}/", names=names)
        assert (names.asked, outcome.address) == (1, "127.0.0.1")
        assert (len(judged.received), private.received) == (1, [])


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "::1",
        "::ffff:127.0.0.1",
        "fe80::1",
    ],
)
def test_a_name_that_leads_inside_is_refused_before_anything_is_sent(address: str) -> None:
    with serving() as target:
        outcome = send(
            f"http://inside.test:{target.port}/", names=Names(address), local=False, seconds=2
        )
    assert (outcome.failure, outcome.address) == (Failure.ADDRESS_REFUSED, None)
    assert target.received == []


def test_the_real_names_of_this_machine_are_refused() -> None:
    with serving() as target:
        outcome = send(f"http://localhost:{target.port}/", local=False)
    assert outcome.failure == Failure.ADDRESS_REFUSED
    assert target.received == []


def test_one_private_address_among_public_ones_is_enough() -> None:
    async def both(host: str, port: int) -> Sequence[Address]:
        return [ipaddress.ip_address("8.8.8.8"), ipaddress.ip_address("10.0.0.1")]

    assert send("https://mixed.test/", names=both, local=False).failure == (  # type: ignore[arg-type]
        Failure.ADDRESS_REFUSED
    )


def test_without_a_readable_secret_nothing_is_sent() -> None:
    with serving() as target:
        assert send(target.url, keys=[]).failure == Failure.UNREADABLE_SECRET
    assert target.received == []

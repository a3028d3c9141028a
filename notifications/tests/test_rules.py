"""Where deliveries may go, when they are tried again, and what `Retry-After` means."""

from __future__ import annotations

import datetime as dt
import ipaddress

import pytest

from notifications.errors import InvalidWebhookUrl
from notifications.webhooks.targets import checked_url, is_allowed
from notifications.webhooks.times import LIFETIME, MAX_TRIES, PAUSES, RESTS, pause_after, rest_of

NOW = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize("text", ["8.8.8.8", "203.0.114.1", "2606:4700::1111", "2a00:1450::1"])
def test_public_addresses_are_reached(text: str) -> None:
    assert is_allowed(ipaddress.ip_address(text), local=False)


@pytest.mark.parametrize(
    "text",
    [
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "127.0.0.1",
        "127.255.0.9",
        "169.254.169.254",
        "100.64.0.1",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "198.18.0.1",
        "224.0.0.1",
        "239.1.1.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:8.8.8.8",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "fe80::1",
        "fec0::1",
        "fd00:ec2::254",
        "ff02::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::1",
        "3fff::1",
        "100::1",
    ],
)
def test_all_others_are_refused(text: str) -> None:
    assert not is_allowed(ipaddress.ip_address(text), local=False)


@pytest.mark.parametrize("text", ["10.0.0.1", "169.254.169.254", "::ffff:10.0.0.1", "fd00::1"])
def test_local_targets_are_loopback_only(text: str) -> None:
    assert is_allowed(ipaddress.ip_address("127.0.0.1"), local=True)
    assert not is_allowed(ipaddress.ip_address(text), local=True)


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com/vaultcraft?a=b",
        "https://hooks.example.com:8443",
        "https://8.8.8.8/",
        "https://xn--bcher-kva.example/",
    ],
)
def test_addresses_to_deliver_to(url: str) -> None:
    assert checked_url(url, local=False) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/",
        "ftp://hooks.example.com/",
        "https://",
        "https:///path",
        "hooks.example.com",
        "https://user@hooks.example.com/",
        "https://user:word@hooks.example.com/",
        "https://hooks.example.com/#part",
        "https://hooks.example.com:0/",
        "https://hooks.example.com:99999/",
        "https://hooks example.com/",
        "https://hooks.example.com/\n",
        "https://bücher.example/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:8.8.8.8]/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://127.1/",
        "https://hooks.example.com\\@127.0.0.1/",
        "https://[fe80::1%25eth0]/",
        "https://" + "a" * 500,
    ],
)
def test_addresses_to_which_nothing_is_sent(url: str) -> None:
    with pytest.raises(InvalidWebhookUrl):
        checked_url(url, local=False)


def test_a_developer_may_deliver_to_the_own_machine() -> None:
    assert checked_url("http://127.0.0.1:9000/", local=True)
    with pytest.raises(InvalidWebhookUrl):
        checked_url("http://10.0.0.1/", local=True)


def test_tries_end_after_about_three_days() -> None:
    whole = sum(PAUSES, dt.timedelta())
    assert dt.timedelta(days=2.5) < whole < dt.timedelta(days=3.5)
    assert pause_after(MAX_TRIES) is None
    assert whole * 1.2 < LIFETIME
    found = {pause_after(3) for _ in range(20)}
    assert len(found) > 1
    assert all(one and PAUSES[2] * 0.8 <= one <= PAUSES[2] * 1.2 for one in found)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        ("0", 1),
        ("999999999999999999", 86_400),
        ("Fri, 20 Nov 2026 09:10:00 GMT", 600),
        ("Fri, 20 Nov 2026 08:00:00 GMT", 1),
        ("Fri, 20 Nov 2093 08:00:00 GMT", 86_400),
    ],
)
def test_retry_after_within_bounds(text: str, seconds: int) -> None:
    assert rest_of(text, now=NOW) == dt.timedelta(seconds=seconds)
    assert RESTS[0] <= dt.timedelta(seconds=seconds) <= RESTS[1]


@pytest.mark.parametrize("text", ["", "soon", "-5", "1.5", "٣", "Fri, 99 Nov 2026 09:10:00 GMT"])
def test_what_nobody_can_read_asks_for_nothing(text: str) -> None:
    assert rest_of(text, now=NOW) is None

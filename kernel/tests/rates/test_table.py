"""The table: what a rate is, and what may be put in its place."""

from __future__ import annotations

import pytest

from kernel.rates.admission import network_of
from kernel.rates.table import DEFAULTS, Rate, RouteClass


@pytest.mark.parametrize(
    ("rate", "interval_us"),
    [
        (Rate(60, 60), 1_000_000),
        (Rate(6_000, 60), 10_000),
        (Rate(7, 60), 8_571_429),  # rounded up: seven of them last a little longer than a minute
        (Rate(1_000_000, 1), 1),
    ],
)
def test_units_come_back_evenly_and_never_too_soon(rate: Rate, interval_us: int):
    assert rate.interval_us == interval_us
    assert rate.interval_us * rate.quota >= rate.seconds * 1_000_000


@pytest.mark.parametrize("rate", [(0, 60), (-1, 60), (1_000_001, 60), (1, 0), (1, 86_401)])
def test_there_is_no_rate_without_a_limit(rate: tuple[int, int]):
    with pytest.raises(ValueError):
        Rate(*rate)


OF_THE_KNOWN = {RouteClass.PROOFS, RouteClass.REVEALS}


def test_whoever_is_known_has_a_limit_of_their_own_where_guessing_is_not_the_fear():
    assert {route for route, rates in DEFAULTS.items() if rates.principal is None} == {
        route for route, rates in DEFAULTS.items() if rates.strict and route not in OF_THE_KNOWN
    }


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("", "unknown"),
        (None, "unknown"),
        ("unix:", "unknown"),
    ],
)
def test_one_subscriber_is_one_address(ip: str | None, network: str):
    assert network_of(ip) == network

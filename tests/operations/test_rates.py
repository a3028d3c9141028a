"""Rate limits out of the environment: changed, never taken away."""

from __future__ import annotations

import runpy

import pytest
from django.core.exceptions import ImproperlyConfigured

from kernel.rates.table import DEFAULTS, Rate, RouteClass, variable
from vaultcraft import env, gunicorn_config


def test_a_variable_changes_a_limit(monkeypatch):
    monkeypatch.setenv("VAULTCRAFT_RATE_LOOK_UPS", "5/10")
    monkeypatch.setenv("VAULTCRAFT_RATE_SIGN_IN_ADDRESS", "3/600")

    table = env.rates()

    assert table[RouteClass.LOOK_UPS].principal == Rate(5, 10)
    assert table[RouteClass.SIGN_IN].address == Rate(3, 600)
    assert table[RouteClass.MONEY] == DEFAULTS[RouteClass.MONEY]


@pytest.mark.parametrize("processes", [1, 2, 4, 5, 16])
def test_without_redis_all_processes_together_allow_no_more_than_the_quota(processes: int):
    for rates in DEFAULTS.values():
        if not rates.strict:
            continue
        for rate in filter(None, (rates.principal, rates.address)):
            alone = rate.share(processes=processes)
            assert 1 <= alone.quota <= rate.quota // 4
            assert alone.quota * processes <= rate.quota
            assert alone.seconds == rate.seconds


def test_gunicorn_and_the_limits_count_the_same_processes(monkeypatch):
    for text in ("", "7"):
        monkeypatch.setenv("VAULTCRAFT_WEB_WORKERS", text)
        assert runpy.run_path(gunicorn_config.__file__)["workers"] == env.web_workers()


@pytest.mark.parametrize("text", ["0/60", "off", "none", "10", "10/0", "-1/60", "1e9/1", "5/10/3"])
def test_no_variable_takes_a_limit_away(monkeypatch, text: str):
    monkeypatch.setenv("VAULTCRAFT_RATE_MONEY", text)

    with pytest.raises(ImproperlyConfigured, match="VAULTCRAFT_RATE_MONEY must look like"):
        env.rates()


@pytest.mark.parametrize("route", [route for route, rates in DEFAULTS.items() if rates.strict])
def test_a_limit_against_guessing_is_not_raised_out_of_sight(monkeypatch, route: RouteClass):
    name = variable(route, of_address=True)
    monkeypatch.setenv(name, "100000/60")

    with pytest.raises(ImproperlyConfigured, match=f"{name} is more than 10 times"):
        env.rates()

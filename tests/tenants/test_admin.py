"""Another tenant's rows on the staff site: every list, detail, search, filter, action and page."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import connection, models
from django.urls import URLPattern, reverse

from accounts.actors import user_actor
from accounts.choices import FactorMethod
from accounts.services.sessions import open_browser_session
from kernel import clock
from kernel.actor import Door
from tests.database import all_seeing
from tests.proof import settle
from tests.tenants.conftest import Ground, undone
from tests.tenants.victim import TENANT_COLUMNS
from web.doors import SESSION_KEY

MODELS = {one._meta.label_lower: one for one in admin.site._registry}
# Lists of things that are the same for everybody.
OF_NO_TENANT = {"ledger.currency", "audit.auditseal"}
# Written by the checker, under its own role.
OF_THE_CHECKER = {"ledger.reconcilejob"}
PLATFORMS_OWN = "django_celery_beat"
WAYS_IN_AND_OUT = {"login", "logout"}
# What the forms of our own pages hold; `id` and `organization` are the victim's.
PAGES: dict[str, dict[str, str]] = {
    "account-close": {},
    "account-rename": {"name": "Stolen"},
    "backbone": {},
    "dead-letters-discard": {"reason": "because"},
    "dead-letters-replay": {},
    "pending-act-decide": {"decision": "agree", "note": "because"},
    "pending-acts": {},
    "case-review": {"change": "reveal"},
    "factor-reset": {"reason": "because"},
    "fee-set": {"kind": "transfer", "currency": "INR", "fixed": "1"},
    "limit-general": {},
    "limit-set": {"wallet_kind": "current", "currency": "INR", "day": "1"},
    "network-link": {"next": "/admin/"},
    "organization-status": {"change": "suspend", "reason": "because"},
    "period-close": {},
    "period-open": {"closes_on": "2026-11-19"},
    "period-withdraw": {},
    "person-erase": {"confirmation": "usr_x"},
    "person-restore": {"role": "owner"},
    "saga-mend": {"remedy": "paid", "reason": "because"},
    "sagas": {},
    "sessions-end": {},
    "system": {},
    "system-setting": {"name": "dual_control.lifetime_hours", "value": "1"},
    "system-staff": {"role": "super_admin"},
    "system-staff-add": {
        "full_name": "X",
        "email": "x@globex.test",
        "platform_role": "super_admin",
        "password": "a long enough passphrase",
    },
    "trial-balance": {},
    "wallet-cash": {
        "change": "withdraw",
        "amount": "1",
        "external_reference": "UTR",
        "key": "k",
    },
    "wallet-status": {"change": "freeze", "reason": "because"},
}
WORDS = ("umbra", "Vera", "mina@umbra.test", "5200-UMBRA")


def own_pages() -> set[str]:
    """The pages of the site that are ours, not Django's: they lead to use cases."""
    return {
        str(url.name)
        for url in admin.site.get_urls()
        if isinstance(url, URLPattern) and "django." not in _module(url)
    } - WAYS_IN_AND_OUT


def _module(url: URLPattern) -> str:
    return str(getattr(url.callback, "__module__", ""))


def rows_of_the_victim(ground: Ground, model: type[models.Model]) -> list[Any]:
    """Primary keys of Umbra's rows, straight from the table."""
    columns = {field.column for field in model._meta.concrete_fields}
    mine = [column for column in TENANT_COLUMNS if column in columns]
    if model._meta.label_lower == "accounts.organization":
        mine = ["id"]
    if not mine:
        return []
    key = model._meta.pk.column
    statement = f"SELECT {key} FROM {model._meta.db_table} WHERE {mine[0]} = %s LIMIT 3"
    with all_seeing(), connection.cursor() as cursor:
        cursor.execute(statement, [ground.victim.organization_id])
        return [row[0] for row in cursor.fetchall()]


def ids_of_the_victim(ground: Ground) -> list[uuid.UUID]:
    return sorted(set(ground.victim.things.values()))


def test_every_page_of_ours_has_its_case() -> None:
    assert own_pages() == set(PAGES)


def test_every_list_is_a_tenants_or_the_platforms_own(ground: Ground) -> None:
    """Umbra has a row in each, but where there can be none."""
    empty = {
        name
        for name, model in MODELS.items()
        if not rows_of_the_victim(ground, model) and not name.startswith(PLATFORMS_OWN)
    }
    assert empty == OF_NO_TENANT | OF_THE_CHECKER


@pytest.mark.parametrize("name", sorted(MODELS))
def test_lists(ground: Ground, name: str) -> None:
    """Plain, searched by the victim's words and ids, and filtered by every column of its rows."""
    place = reverse(f"admin:{name.replace('.', '_')}_changelist")
    browser = ground.browser()
    for query in ["", *map(urlencode, _questions(ground, MODELS[name]))]:
        answer = browser.get(f"{place}?{query}")
        ground.check(answer.content, sent=query, what=f"{place}?{query}")
        assert answer.status_code in (200, 302, 400, 403), (place, query)


def _questions(ground: Ground, model: type[models.Model]) -> Iterator[dict[str, Any]]:
    yield from ({"q": word} for word in WORDS)
    keys = rows_of_the_victim(ground, model)
    for key in keys[:1]:
        yield {"q": key}
        yield {"id__exact": key}
        yield {"pk__in": key}
    home = ground.victim.organization_id
    for column in ("organization", "organization__id__exact", "organization_id__exact"):
        yield {column: home}
    yield {"organization__display_name": "Umbra"}


@pytest.mark.parametrize("name", sorted(MODELS))
def test_details(ground: Ground, name: str) -> None:
    """A row of the victim's is not there: to be seen, with a history, to be changed or removed."""
    browser = ground.browser()
    for key in rows_of_the_victim(ground, MODELS[name]):
        for view in ("change", "history", "delete"):
            place = reverse(f"admin:{name.replace('.', '_')}_{view}", args=[key])
            seen = browser.get(place, follow=True)
            ground.check(seen.content, sent=place, what=place)
            with undone(ground, place):
                done = browser.post(place, {"post": "yes", "status": "active"}, follow=True)
                ground.check(done.content, sent=place, what=place)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_actions(ground: Ground, name: str) -> None:
    """Every action with the victim's rows ticked, and the page it leads to confirmed."""
    place = reverse(f"admin:{name.replace('.', '_')}_changelist")
    browser = ground.browser()
    ticked = [str(key) for key in rows_of_the_victim(ground, MODELS[name])]
    actions = [*(admin.site._registry[MODELS[name]].actions or ()), "delete_selected"]
    for action in actions if ticked else ():
        for across in ("0", "1"):
            form = {"action": action, ACTION_CHECKBOX_NAME: ticked, "select_across": across}
            with undone(ground, str(form)):
                answer = browser.post(place, form, follow=True)
                ground.check(answer.content, sent=str(form), what=f"{place} {form}")


@pytest.mark.parametrize("name", sorted(PAGES))
def test_pages(ground: Ground, name: str) -> None:
    """Our own pages about the victim's things: asked for, and confirmed."""
    place = reverse(f"admin:{name}")
    browser = ground.browser()
    home = str(ground.victim.organization_id)
    for thing in ids_of_the_victim(ground):
        form = {**PAGES[name], "id": str(thing), "organization": home}
        seen = browser.get(f"{place}?{urlencode(form)}", follow=True)
        ground.check(seen.content, sent=str(form), what=f"{place} {form}")
        with undone(ground, str(form)):
            done = browser.post(place, form, follow=True)
            ground.check(done.content, sent=str(form), what=f"{place} {form}")


def test_the_suite_would_notice(ground: Ground) -> None:
    """The control: platform staff see what it looks for, so the lists are drawn and readable."""
    olga = user_actor(user=ground.world.olga, door=Door.WEB, request_id="test")
    browser = ground.browser()
    session = browser.session
    opened = open_browser_session(actor=olga, now=clock.now(), second_factor=FactorMethod.TOTP)
    settle(opened.id)
    session[SESSION_KEY] = str(opened.id)
    session.save()
    for name, model in MODELS.items():
        if rows_of_the_victim(ground, model):
            place = reverse(f"admin:{name.replace('.', '_')}_changelist")
            with pytest.raises(AssertionError, match="tells"):
                ground.check(browser.get(place).content, sent="", what=place)

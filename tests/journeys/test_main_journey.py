"""The main job in a real browser: from one organization's wallet to another's."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Opens, aside
from tests.world import World

pytestmark = pytest.mark.browser


def fill_in(page: Page, world: World, amount: str) -> None:
    page.goto("/send")
    page.get_by_label("From").select_option(world.alice_wallet.handle)
    page.get_by_label("To wallet").fill(world.charlie_wallet.handle.lower())
    expect(page.locator("#payee")).to_contain_text("Globex")
    page.get_by_label("Amount").fill(amount)
    page.get_by_label("Note").fill("Invoice 2291")
    page.get_by_role("button", name="Review").click()


def test_money_moves_from_acme_to_globex_and_both_see_it(world: World, opens: Opens):
    alice = opens(world.alice)
    expect(alice.get_by_role("article")).to_contain_text("₹6,00,000.00")
    fill_in(alice, world, "12,500.75")
    expect(alice.locator(".headline")).to_contain_text("₹12,500.75")
    expect(alice.locator(".headline")).to_contain_text("Charlie")
    alice.get_by_role("button", name="Send ₹12,500.75").click()
    expect(alice.get_by_role("heading", name="Money sent")).to_be_visible()

    alice.get_by_role("link", name="See details").click()
    entries = alice.get_by_role("region", name="Entries", exact=True)
    expect(entries).to_contain_text("₹87,499.25")
    alice.get_by_text("wallets.transfer.complete", exact=True).click()
    expect(alice.locator("details[open] pre")).to_contain_text('"amount_minor": 1250075')
    expect(alice.get_by_text("wallets.transfer.completed", exact=True)).to_be_visible()
    alice.goto(f"/wallets/{world.alice_wallet.handle}")
    expect(alice.locator(".vault-figure")).to_have_text("₹87,499.25")

    charlie = opens(world.charlie)
    expect(charlie.get_by_role("article")).to_contain_text("₹62,500.75")
    charlie.get_by_role("link", name=re.compile("Alice")).click()
    expect(charlie.get_by_role("heading", level=1)).to_contain_text("+₹12,500.75")
    assert aside(lambda: world.balance(world.alice_wallet)) == 87_499_25
    assert aside(lambda: world.balance(world.charlie_wallet)) == 62_500_75


def test_impatient_clicks_and_a_reload_move_the_money_once(world: World, opens: Opens):
    alice = opens(world.alice)
    fill_in(alice, world, "100")
    alice.get_by_role("button", name="Send ₹100.00").dblclick()
    expect(alice.get_by_role("heading", name="Money sent")).to_be_visible()
    alice.reload()
    expect(alice.get_by_role("heading", name="Money sent")).to_be_visible()
    assert aside(lambda: world.balance(world.alice_wallet)) == 99_900_00


def test_money_is_held_captured_and_given_back(world: World, opens: Opens):
    alice = opens(world.alice)
    alice.goto(f"/wallets/{world.alice_wallet.handle}")
    alice.get_by_role("link", name="Place a hold").click()
    alice.get_by_label("For wallet").fill(world.charlie_wallet.handle.lower())
    expect(alice.locator("#payee")).to_contain_text("Globex")
    alice.get_by_label("Amount").fill("1,000")
    alice.get_by_label("Note").fill("Order 2291")
    alice.get_by_role("button", name="Hold the money").dblclick()
    expect(alice.get_by_role("heading", level=1)).to_contain_text("₹1,000.00")
    hold = alice.url
    alice.goto(f"/wallets/{world.alice_wallet.handle}")
    expect(alice.locator(".vault-figure")).to_have_text("₹99,000.00")
    expect(alice.get_by_role("article")).to_contain_text("₹1,00,000.00")

    alice.goto(hold)
    alice.get_by_role("link", name="Capture").first.click()
    alice.get_by_text("A part").click()
    alice.get_by_label("How much").fill("600")
    alice.get_by_role("button", name="Capture now").dblclick()
    expect(alice.get_by_role("heading", name="Money sent")).to_be_visible()
    alice.goto(hold)
    expect(alice.locator(".split-key")).to_contain_text("₹400.00")
    alice.get_by_text("Void", exact=True).click()
    alice.get_by_role("button", name="Void the hold").click()
    expect(alice.locator(".messages")).to_contain_text("voided")

    charlie = opens(world.charlie)
    charlie.get_by_role("link", name=re.compile("Alice")).click()
    charlie.get_by_role("link", name="Give back").click()
    charlie.get_by_text("A part").click()
    charlie.get_by_label("How much").fill("150")
    charlie.get_by_role("button", name="Give back now").dblclick()
    expect(charlie.get_by_role("heading", name="Money given back")).to_be_visible()
    charlie.get_by_role("link", name="See details").click()
    charlie.get_by_role("link", name=re.compile("Order 2291")).click()
    expect(charlie.get_by_role("main")).to_contain_text("₹450.00 of it is left")
    assert aside(lambda: world.balance(world.alice_wallet)) == 99_550_00
    assert aside(lambda: world.balance(world.charlie_wallet)) == 50_450_00


def test_a_stranger_registers_and_is_told_what_comes_next(world: World, opens: Opens):
    page = opens()
    page.goto("/register")
    page.get_by_label("Organization name").fill("Nilgiri Tea Traders")
    page.get_by_label("Your name").fill("Farah Sheikh")
    page.get_by_label("Work e-mail").fill("farah@nilgiri.test")
    page.get_by_label("Base currency").select_option("INR")
    page.get_by_label("Password").fill("three tall mountains")
    page.get_by_role("button", name="Register organization").click()
    expect(page.get_by_role("heading", name="Hello, Farah")).to_be_visible()
    expect(page.get_by_text("Your organization is pending")).to_be_visible()


def test_filters_write_themselves_into_the_address(world: World, opens: Opens):
    aside(lambda: world.send(amount_minor=10_00))
    aside(lambda: world.send(amount_minor=99_99_99_999))
    alice = opens(world.alice)
    alice.goto("/transfers")
    alice.get_by_label("State").select_option("FAILED")
    expect(alice).to_have_url(re.compile("state=FAILED"))
    expect(alice.locator("#results .list-row")).to_have_count(1)
    alice.go_back()
    expect(alice.locator("#results .list-row")).to_have_count(4)


def test_the_theme_is_chosen_and_remembered(world: World, opens: Opens):
    page = opens(world.alice)
    page.goto("/profile")
    button = page.get_by_role("main").locator("button[data-theme-toggle]")
    button.click()
    button.click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.goto("/")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(13, 15, 14)"


def test_an_id_is_copied_with_one_click(world: World, opens: Opens):
    page = opens(world.alice, permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"/wallets/{world.alice_wallet.handle}")
    page.get_by_role("button", name=re.compile("Copy wallet handle")).click()
    assert page.evaluate("navigator.clipboard.readText()") == world.alice_wallet.handle


def test_times_are_local_with_utc_on_hover(world: World, opens: Opens):
    page = opens(world.alice, timezone_id="Asia/Kolkata")
    page.goto("/transfers")
    first = page.locator("#results .list-row time").first
    expect(first).to_have_text("14:30")
    expect(first).to_have_attribute("title", "2026-11-20 09:00:00 UTC")


def test_staff_freeze_a_wallet_in_the_admin(world: World, opens: Opens):
    olga = opens(world.olga)
    olga.goto("/admin/wallets/wallet/")
    olga.get_by_role("row", name=re.compile(world.alice_wallet.handle)).get_by_role(
        "checkbox"
    ).check()
    olga.locator("select[name=action]").select_option("freeze")
    olga.locator("button[name=index]").click()
    olga.get_by_label("Reason").fill("Phone stolen")
    olga.get_by_role("button", name="Freeze wallets").click()
    expect(olga.locator(".messagelist")).to_contain_text("is frozen")


def test_the_keyboard_goes_anywhere(world: World, opens: Opens):
    page = opens(world.alice)
    page.keyboard.press("Control+k")
    page.keyboard.type("wall")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Wallets")).to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.type("no such page")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/transfers\?q=no\+such\+page"))

"""Closed lists for forms."""

from __future__ import annotations

from babel import Locale

from accounts.models import User
from kernel.actor import Actor
from ledger.queries import currencies
from wallets.policy import may_open_for


def country_name(code: str) -> str:
    """A country as people call it; its code where nobody does."""
    return str(Locale("en").territories.get(code, code))


def currency_choices() -> list[tuple[str, str]]:
    """Every supported currency."""
    return [(currency.code, f"{currency.code} · {currency.name}") for currency in currencies()]


def holder_choices(actor: Actor, people: list[User]) -> list[tuple[str, str]]:
    """For whom the actor may open a wallet; the empty value stands for the organization."""
    choices = []
    for person in sorted(people, key=lambda person: (person.id != actor.id, person.full_name)):
        if may_open_for(actor, owner_id=person.id):
            name = f"{person.full_name} (you)" if person.id == actor.id else person.full_name
            choices.append((str(person.id), name))
    house = ("organization", "The organization")
    return [*choices[:1], house, *choices[1:]] if may_open_for(actor, owner_id=None) else choices

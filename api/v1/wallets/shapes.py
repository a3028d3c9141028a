"""What is asked and what is answered about wallets."""

from __future__ import annotations

import datetime as dt
from typing import Any

from rest_framework import serializers

from accounts.models import User
from api import fields, queries
from api.schema.shapes import page_shape
from api.v1.rendering import instant, shown
from api.v1.shapes import Person, id_member, minor
from kernel import ids
from ledger.choices import AccountStatus
from wallets.choices import WalletKind
from wallets.models import Wallet as WalletRow
from wallets.queries import overdue_minor

ME = "me"
ORGANIZATION = "organization"


class WalletOrder(fields.StrictSerializer):
    """A wallet to open."""

    kind = serializers.ChoiceField(choices=WalletKind.choices)
    currency = fields.currency()
    owner = fields.PatternField(
        rf"^({ME}|{ORGANIZATION}|usr_{fields.ID_BODY})$",
        message="Expected `me`, `organization` or a person's id.",
        required=False,
        help_text="`me` (what a person gets by default), `organization` (what an API key gets by"
        " default), or a colleague's id.",
    )


class Wallet(serializers.Serializer[Any]):
    """A holder's place for money of one kind and currency."""

    id = id_member("wal")
    handle = serializers.RegexField("^VC-[0-9A-HJKMNP-TV-Z]{6}$")
    kind = serializers.ChoiceField(choices=WalletKind.choices)
    currency = serializers.CharField()
    status = serializers.ChoiceField(choices=AccountStatus.choices)
    posted_minor = minor(help_text="What the books say.")
    held_minor = minor(help_text="What of it is reserved by open holds.")
    available_minor = minor(help_text="What can be paid out now.")
    posted_display = serializers.CharField()
    available_display = serializers.CharField()
    owner = Person(allow_null=True, help_text="Null: the organization's own wallet.")
    organization = id_member("org")
    account = id_member("acc", help_text="The ledger account behind it.")
    created_at = serializers.DateTimeField()


WalletPage = page_shape(Wallet, "WalletPage")


class WalletQuery(queries.PageQuery):
    """Filters of the list."""

    list_name = "wallets"

    status = queries.one_of(*AccountStatus.values, required=False)
    kind = queries.one_of(*WalletKind.values, required=False)
    currency = fields.currency(required=False)
    owner = fields.PatternField(
        rf"^({ME}|{ORGANIZATION}|usr_{fields.ID_BODY})$",
        message="Expected `me`, `organization` or a person's id.",
        required=False,
    )


def rendered_wallets(wallets: list[WalletRow], *, now: dt.datetime) -> list[dict[str, Any]]:
    """Wallets with their balances now.

    What an overdue hold still keeps is shown as available: the payment that spends it releases it.
    """
    overdue = overdue_minor(wallets, now=now)
    return [_rendered(wallet, overdue.get(wallet.id, 0)) for wallet in wallets]


def _rendered(wallet: WalletRow, free_minor: int) -> dict[str, Any]:
    account, currency = wallet.account, wallet.currency_id
    available_minor = account.available_minor + free_minor
    return {
        "id": ids.encode("wal", wallet.id),
        "handle": wallet.handle,
        "kind": wallet.kind,
        "currency": currency,
        "status": account.status,
        "posted_minor": account.posted_minor,
        "held_minor": account.held_minor - free_minor,
        "available_minor": available_minor,
        "posted_display": shown(account.posted_minor, currency),
        "available_display": shown(available_minor, currency),
        "owner": rendered_person(wallet.owner),
        "organization": ids.encode("org", wallet.organization_id),
        "account": ids.encode("acc", wallet.account_id),
        "created_at": instant(wallet.created_at),
    }


def rendered_person(user: User | None) -> dict[str, str] | None:
    """Somebody by id and name, null for nobody."""
    if user is None:
        return None
    return {"id": ids.encode("usr", user.id), "name": user.full_name}

"""Seeding in tests, and reading what it made."""

import datetime as dt
import json
from io import StringIO

from django.core.management import call_command

from accounts.models import ApiKey, Organization, User
from audit.models import AuditRecord
from events.models import OutboxEvent
from kernel.actor import Door, anonymous, system
from kernel.context import reading
from wallets.models import Transfer, Wallet

NOW = dt.datetime(2026, 11, 20, 15, 30, tzinfo=dt.UTC)
ROOT_ACTOR = system(door=Door.COMMAND, request_id="test")
STRANGER = anonymous(door=Door.WEB, request_id="test")


def seed(*arguments, now=NOW):
    """Run the command and return what it said."""
    said = StringIO()
    call_command("seed", *arguments, now=now, stdout=said)
    return said.getvalue()


def state():
    """What must not change: every balance, and how many rows there are of everything."""
    with reading(ROOT_ACTOR):
        wallets = Wallet.objects.order_by("handle").values_list(
            "handle", "account__status", "account__posted_minor", "account__version"
        )
        tables = (Organization, User, ApiKey, Transfer, AuditRecord, OutboxEvent)
        return list(wallets), [table.objects.count() for table in tables]


def story():
    """The transfers between wallets, without what chance gives (ids and handles)."""
    with reading(ROOT_ACTOR):
        rows = Transfer.objects.filter(kind="transfer").order_by("id")
        return list(
            rows.values_list(
                "source_holder",
                "destination_holder",
                "amount_minor",
                "currency_id",
                "description",
                "state",
                "reason_code",
            )
        )


def demo(path):
    return json.loads(path.read_text())

"""The product's state in the oracle's words, read as the platform sees it and by the checker."""

from __future__ import annotations

import datetime as dt

from django.db import connections

from kernel.context import reading
from ledger.checker import Report, verify_books
from ledger.choices import AccountKind, Axis
from ledger.models import Hold, LedgerAccount, Period, PeriodBalance
from ledger.queries import trial_balance, trial_balance_rows, trial_balance_totals
from tests.oracle.model import picture
from tests.oracle.model.state import PotName
from tests.oracle.model.words import GIVE_BACK, PAY_IN, PAY_OUT, SEND, TAKE, Label
from tests.oracle.product import UNKNOWN, Product
from wallets.choices import TransferKind
from wallets.models import SpendingUsage, Transfer

_KINDS = {
    TransferKind.TRANSFER: SEND,
    TransferKind.DEPOSIT: PAY_IN,
    TransferKind.WITHDRAWAL: PAY_OUT,
    TransferKind.CAPTURE: TAKE,
    TransferKind.REVERSAL: GIVE_BACK,
}


# Sees every organization; each look is one statement of its own.
AUDITOR = "auditor"


class Reader:
    """What stands in the current database."""

    def __init__(self, product: Product) -> None:
        self.product = product
        self.cast = product.cast
        self.houses = {identity: name for name, identity in self.cast.houses.items()}
        self.purses = {wallet.account_id: name for name, wallet in self.cast.purses.items()}

    def name_of(self, account: LedgerAccount) -> PotName:
        house, currency = self.houses[account.organization_id], account.currency_id
        if account.id in self.purses:
            return ("purse", self.purses[account.id])
        if account.kind == AccountKind.CASH:
            return ("cash", house, currency)
        if account.kind == AccountKind.CLEARING:
            other = account.counterparty_id or UNKNOWN
            return ("between", house, self.houses[other], currency)
        if account.kind == AccountKind.FEE_INCOME:
            return ("fees", house, currency)
        return ("general", house, account.code, currency)

    def accounts(self) -> dict[PotName, LedgerAccount]:
        rows = LedgerAccount.objects.using(AUDITOR).all()
        return {self.name_of(account): account for account in rows}

    def pots(self) -> tuple[picture.Pots, dict[PotName, int]]:
        """Every account on which anything was ever written, and every wallet; and the caps."""
        found = self.accounts()
        shown = {
            name: (one.posted_minor, one.held_minor, one.version, str(one.status))
            for name, one in found.items()
            if one.version or name[0] == "purse"
        }
        tops = {n: one.ceiling_minor for n, one in found.items() if one.ceiling_minor is not None}
        return shown, tops

    def deeds(self, labels: dict[Label, object]) -> picture.Deeds:
        """What is kept of each wish, by its name; a transfer without a name keeps its id."""
        names = {self.product.reference(*label): label for label in labels}
        transfers = list(Transfer.objects.using(AUDITOR).all())
        back: dict[object, int] = {}
        for one in transfers:
            if one.reverses_id and one.state == "COMPLETED":
                back[one.reverses_id] = back.get(one.reverses_id, 0) + one.amount_minor
        return {
            names.get(bytes(one.reference), ("?", one.id.int)): (
                _KINDS[TransferKind(one.kind)],
                str(one.state),
                one.reason_code,
                one.amount_minor,
                one.fee_minor if one.state == "COMPLETED" else 0,
                back.get(one.id, 0),
            )
            for one in transfers
        }

    def pledges(self) -> picture.Pledges:
        """Every hold; one that nobody asked for keeps its id."""
        names = {hold_id: label for label, hold_id in self.product.holds.items()}
        holds = Hold.objects.using(AUDITOR).all()
        return {
            names.get(one.id, ("?", one.id.int)): (
                str(one.state),
                one.amount_minor,
                one.captured_minor,
                one.released_minor,
                one.fee_minor,
                one.fee_captured_minor,
            )
            for one in holds
        }

    def shut_stretches(self) -> picture.Stretches:
        """Every closed period with the balances that are not all zero."""
        names = {account.id: name for name, account in self.accounts().items()}
        found: picture.Stretches = {}
        for period in Period.objects.using(AUDITOR).filter(state="CLOSED"):
            rows = {}
            for one in PeriodBalance.objects.using(AUDITOR).filter(period=period):
                row = one.opening_minor, one.debit_minor, one.credit_minor, one.closing_minor
                if any(row):
                    rows[names[one.account_id]] = row
            found[self.houses[period.organization_id], period.closes_on] = rows
        return found

    def trial_balance(self, moment: dt.datetime | None = None) -> picture.Trial:
        names = {account.id: name for name, account in self.accounts().items()}
        with reading(self.cast.actor("olga")):
            asked = trial_balance(as_of=moment, axis=Axis.EFFECTIVE if moment else Axis.RECORDED)
            rows = trial_balance_rows(asked)
            assert all(total.balanced for total in trial_balance_totals(asked))
        found: picture.Trial = {}
        for row in rows:
            if row.debit_minor or row.credit_minor:
                books = (self.houses[row.organization_id], row.currency)
                sides = (row.debit_minor, row.credit_minor)
                found.setdefault(books, {})[names[row.account_id]] = sides
        return found

    def usage(self) -> dict[str, tuple[object, int, object, int]]:
        """What each wallet spent in its running day and month."""
        names = {wallet.id: name for name, wallet in self.cast.purses.items()}
        return {
            names[row.wallet_id]: (row.day, row.day_minor, row.month, row.month_minor)
            for row in SpendingUsage.objects.using(AUDITOR).all()
        }

    def checked(self) -> Report:
        """The product's own verdict on its books."""
        return verify_books()

    def rows(self) -> int:
        """How many rows there are in the tables that a movement writes; for what leaves nothing."""
        with connections[AUDITOR].cursor() as cursor:
            cursor.execute(_COUNT)
            return int(cursor.fetchone()[0])


_TABLES = (
    "ledger_entry",
    "ledger_transaction",
    "ledger_ledgeraccount",
    "ledger_hold",
    "wallets_transfer",
    "wallets_spendingusage",
    "audit_auditrecord",
    "events_outboxevent",
)
_COUNT = "SELECT " + " + ".join(f"(SELECT count(*) FROM {table})" for table in _TABLES)

"""Fees, limits, what was spent, and transfers: in another's name, or against the rules."""

from __future__ import annotations

from tests.attacks.field import UNSEEN
from tests.attacks.forging import Attack, attack

_FEE = (
    "INSERT INTO wallets_feeschedule (id, organization_id, kind, currency_id, fixed_minor, bps,"
    " floor_minor, account_id, set_at) VALUES (gen_random_uuid(), {organization}, {kind}, 'INR',"
    " {fixed}, {bps}, 0, {account}, now())"
)
_LIMIT = (
    "INSERT INTO wallets_limitrule (id, organization_id, wallet_kind, currency_id, day_minor,"
    " set_at) VALUES (gen_random_uuid(), {organization}, 'current', 'INR', {day}, now())"
)
_USAGE = (
    "INSERT INTO wallets_spendingusage (wallet_id, organization_id, day, day_minor, month,"
    " month_minor) VALUES (%({wallet})s, %({organization})s, '2026-11-20', {spent}, '2026-11-01',"
    " {spent})"
)


def charging(**changed: str) -> str:
    right = {
        "organization": "%(acme)s",
        "kind": "'transfer'",
        "fixed": "5",
        "bps": "0",
        "account": "%(fees)s",
    }
    return _FEE.format(**right | changed)


def limiting(organization: str = "%(acme)s", day: str = "5") -> str:
    return _LIMIT.format(organization=organization, day=day)


def spending(wallet: str, organization: str, spent: str = "5") -> str:
    return _USAGE.format(wallet=wallet, organization=organization, spent=spent)


def _completing(*, source: str = "NULL") -> str:
    """A completed transfer from Alice to Charlie that names whatever transactions it likes."""
    return (
        "INSERT INTO wallets_transfer (id, organization_id, source_id, destination_id, kind,"
        " state, reason_code, amount_minor, currency_id, description, metadata, reference,"
        " fingerprint, actor_kind, actor_display, door, request_id, created_at, completed_at,"
        " source_handle, source_holder, destination_handle, destination_holder,"
        " counterparty_organization_id, source_transaction_id, destination_transaction_id)"
        " VALUES (gen_random_uuid(), %(acme)s, %(alice_wallet)s, %(charlie_wallet)s,"
        f" 'transfer', 'COMPLETED', '', 5, 'INR', '', '{{}}', sha256('x'), sha256('x'), 'user',"
        f" '', 'api', 'x', now(), now(), '', '', '', '', %(globex)s, {source}, {source})"
    )


ATTACKS: tuple[Attack, ...] = (
    attack("charges another organization's customers",
           charging(organization="%(globex)s", account="%(charlie)s"),
           by="row security of wallets_feeschedule"),
    attack("sends its fees to another organization's account",
           charging(account="%(charlie)s"), by="fee_schedule_account"),
    attack("sends its fees to a wallet", charging(account="%(shop)s"), by="fee_schedule_income"),
    attack("charges a negative fee", charging(fixed="-5"), by="fee_schedule_amounts"),
    attack("charges more than everything", charging(bps="10001"), by="fee_schedule_amounts"),
    attack("charges for deposits", charging(kind="'deposit'"), by="fee_schedule_kind"),
    attack("limits another organization's customers",
           limiting("%(globex)s"), by="row security of wallets_limitrule"),
    attack("limits everybody's customers", limiting("NULL"),
           by="row security of wallets_limitrule"),
    attack("lifts the limits that hold for everybody",
           "UPDATE wallets_limitrule SET day_minor = NULL WHERE organization_id IS NULL",
           by=UNSEEN),
    attack("withdraws the limits that hold for everybody",
           "UPDATE wallets_limitrule SET withdrawn_at = now() WHERE organization_id IS NULL",
           by=UNSEEN),
    attack("turns its limits to another kind of wallet",
           "UPDATE wallets_limitrule SET wallet_kind = 'savings'",
           by="no privilege on table wallets_limitrule"),
    attack("sets a negative limit", limiting(day="-1"), by="limit_rule_amounts"),
    attack("uses up another organization's limits",
           spending("charlie_wallet", "globex"), by="row security of wallets_spendingusage"),
    attack("uses up another's limits in its own name",
           spending("charlie_wallet", "acme"), by="spending_usage_wallet"),
    attack("spends less than nothing", spending("alice_wallet", "acme", "-5"),
           by="spending_usage_amounts"),
    attack("forgets what was spent today",
           "UPDATE wallets_spendingusage SET day = day - 1, day_minor = 0",
           by="spending_goes_forward"),
    attack("forgets what was spent this month",
           "UPDATE wallets_spendingusage SET month = month - interval '1 month', month_minor = 0",
           by="spending_goes_forward"),
    attack("frees another organization's limits",
           "UPDATE wallets_spendingusage SET day_minor = 0 WHERE organization_id = %(globex)s",
           by=UNSEEN),
    attack("opens a failed or completed transfer again",
           "UPDATE wallets_transfer SET state = 'PENDING', completed_at = NULL",
           by="transfer_state_machine"),
    attack("completes a transfer that is nowhere in the books",
           _completing(),
           by="transfer_completed_in_books"),
    attack("completes a transfer by what another one moved",
           _completing(source="%(paid)s"), by="transfer_source_transaction"),
    attack("completes a transfer by a transaction that is not there",
           _completing(source="%(alice)s"), by="transfer_source_transaction"),
    *(attack(f"changes a transfer's {column}",
             f"UPDATE wallets_transfer SET {column} = {column}",
             by="no privilege on table wallets_transfer")
      for column in ("amount_minor", "source_id", "destination_id", "currency_id", "reference",
                     "fingerprint", "fee_minor", "hold_id", "reverses_id")),
)  # fmt: skip

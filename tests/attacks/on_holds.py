"""Reserved money: taking more of it than there is, or bringing it back.

`hold` reserves 100.00 of Alice's, 40.00 of that are captured; `ended` was voided.
"""

from __future__ import annotations

from tests.attacks.forging import Attack, Forged, attack, credit, debit

NO_UPDATE = "no privilege on table ledger_hold"
COMPUTED = '428C9 column "{}" can only be updated to DEFAULT'
_PLACE = (
    "INSERT INTO ledger_hold (id, organization_id, account_id, currency_id, amount_minor, state,"
    " reference, placed_at, expires_at) VALUES (gen_random_uuid(), {organization}, {account},"
    " {currency}, {amount}, {state}, sha256({key}), now(), now() + {lasts})"
)


def placing(**changed: str) -> str:
    right = {
        "organization": "%(acme)s",
        "account": "%(alice)s",
        "currency": "'INR'",
        "amount": "100",
        "state": "'OPEN'",
        "key": "'forged'",
        "lasts": "interval '1 day'",
    }
    return _PLACE.format(**right | changed)


def charging_fee(account: str, fee: str = "1") -> str:
    """A hold of 1.00 with a fee that goes to an account."""
    columns = "amount_minor, fee_minor, fee_account_id, state"
    return (
        placing()
        .replace("amount_minor, state", columns)
        .replace("100, 'OPEN'", f"100, {fee}, {account}, 'OPEN'")
    )


def changing(change: str, hold: str = "hold") -> str:
    return f"UPDATE ledger_hold SET {change} WHERE id = %({hold})s"


_CAPTURED = "state = 'CAPTURED', ended_at = now()"

ATTACKS: tuple[Attack, ...] = (
    attack("reserves more than is available", placing(amount="9955501"), by="account_above_floor"),
    attack("reserves in two holds what is there once",
           placing(amount="9000000"), placing(amount="9000000", key="'again'"),
           by="account_above_floor"),
    attack("reserves a negative amount, to have more available", placing(amount="-100"),
           by="hold_amount"),
    attack("reserves nothing", placing(amount="0"), by="hold_amount"),
    attack("reserves in another currency", placing(currency="'USD'"), by="hold_account"),
    attack("reserves another organization's money in its own name",
           placing(account="%(charlie)s"), by="hold_account"),
    attack("reserves another organization's money",
           placing(account="%(charlie)s", organization="%(globex)s"),
           by="row security of ledger_hold"),
    attack("places a hold that is captured already",
           placing(state="'CAPTURED'"), by="hold_begins_whole"),
    attack("places a hold with a counter of its choice",
           "INSERT INTO ledger_hold (id, captured_minor) VALUES (gen_random_uuid(), 1)",
           by=NO_UPDATE),
    attack("places a hold that is over", placing(lasts="interval '0'"), by="hold_expires_later"),
    attack("places a hold until the end of time",
           placing().replace("now() + interval '1 day'", "'infinity'"),
           by="hold_times_readable"),
    attack("reserves all cash of the organization", placing(account="%(cash)s"),
           by="hold_account_kind"),
    attack("reserves a claim on another organization", placing(account="%(owed_to_globex)s"),
           by="hold_account_kind"),
    attack("places one hold twice", placing(), placing(), by="hold_reference"),
    attack("reserves on a frozen account",
           "UPDATE ledger_ledgeraccount SET status = 'FROZEN' WHERE id = %(alice)s",
           placing(), by="hold_account_state"),
    attack("captures more than is held",
           changing(f"captured_minor = 10001, {_CAPTURED}"), by="hold_state"),
    attack("captures and releases more than is held together",
           changing("captured_minor = 6000, released_minor = 4001"), by="hold_state"),
    attack("gives a capture back to the hold", changing("captured_minor = 3999"),
           by="hold_goes_forward"),
    attack("shrinks what was released", changing("released_minor = 10"),
           changing("released_minor = 9"), by="hold_goes_forward"),
    attack("makes a counter negative",
           changing("captured_minor = 4000, released_minor = -1"), by="hold_goes_forward"),
    attack("opens an ended hold again",
           changing("state = 'OPEN', ended_at = NULL, released_minor = 0", "ended"),
           by="hold_goes_forward"),
    attack("captures an ended hold",
           changing("state = 'CAPTURED', captured_minor = 100", "ended"), by="hold_goes_forward"),
    attack("touches an ended hold without changing it",
           changing("state = state", "ended"), by="hold_goes_forward"),
    attack("ends a hold and keeps the money reserved",
           changing("state = 'VOIDED', ended_at = now()"), by="hold_state"),
    attack("voids a hold as if nothing were released",
           changing("captured_minor = 10000, state = 'VOIDED', ended_at = now()"),
           by="hold_state"),
    attack("frees a hold and leaves it open", changing("released_minor = 6000"), by="hold_state"),
    attack("ends a hold without a time",
           changing("state = 'VOIDED', released_minor = 6000"), by="hold_state"),
    attack("invents a state of holds",
           changing("state = 'FORGOTTEN', released_minor = 6000, ended_at = now()"),
           by="hold_state"),
    *(attack(f"changes a hold's {column}", changing(f"{column} = {column}"), by=NO_UPDATE)
      for column in ("amount_minor", "account_id", "organization_id", "currency_id", "reference",
                     "placed_at", "expires_at", "id", "fee_minor", "fee_account_id")),
    *(attack(f"writes a hold's {column}", changing(f"{column} = 0"), by=COMPUTED.format(column))
      for column in ("fee_captured_minor", "reserved_minor")),
    attack("reserves a fee for its own wallet",
           charging_fee("%(alice)s"), by="hold_fee_income"),
    attack("reserves a fee that goes to nobody", charging_fee("NULL"), by="hold_fee"),
    attack("reserves a negative fee, to have more available",
           charging_fee("%(fees)s", fee="-100"), by="hold_fee"),
    attack("reserves a fee that is not there",
           charging_fee("%(fees)s", fee="9955401"), by="account_above_floor"),
    attack("sends the fee of a hold to another organization",
           charging_fee("%(charlie)s"), by="hold_fee_account"),
    attack("releases a hold through an upsert that grows it",
           "INSERT INTO ledger_hold (id, organization_id, account_id, currency_id, amount_minor,"
           " state, reference, placed_at, expires_at) SELECT id, organization_id, account_id,"
           " currency_id, amount_minor, 'OPEN', reference, placed_at, expires_at FROM ledger_hold"
           " WHERE id = %(hold)s ON CONFLICT (id) DO UPDATE SET captured_minor = 10001",
           by="hold_state"),
    attack("voids another organization's hold",
           changing("state = 'VOIDED', released_minor = amount_minor, ended_at = now()",
                    "globex_hold"),
           by="row security: nothing in sight"),
    attack("captures another organization's hold into its own books",
           Forged(debit("alice", 5_00), credit("shop", 5_00), kind="CAPTURE",
                  hold_id=":globex_hold"), by="transaction_captured"),
    attack("captures no hold at all",
           Forged(debit("alice", 5_00), credit("shop", 5_00), kind="CAPTURE"),
           by="transaction_capture_has_hold"),
    attack("hides a capture in a payment",
           Forged(debit("alice", 5_00), credit("shop", 5_00), hold_id=":hold"),
           by="transaction_capture_has_hold"),
    attack("pays a capture out of what is not reserved for it",
           Forged(debit("alice", 99_555_01), credit("shop", 99_555_01), kind="CAPTURE",
                  hold_id=":hold"), by="account_above_floor"),
)  # fmt: skip

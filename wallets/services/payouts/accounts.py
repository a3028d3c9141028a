"""An account at a bank: in clear, as it is judged and approved, and as people are shown it."""

from __future__ import annotations

import dataclasses
import json
import re

from accounts.services.vault import blind_index

_FIELD = "payout_beneficiary"
SHOWN = 4

# ISO 13616 (IBAN), ISO 9362 (BIC) and the Reserve Bank of India's IFSC say the country.
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_BIC = re.compile(r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?")
_IFSC = re.compile(r"[A-Z]{4}0[A-Z0-9]{6}")


@dataclasses.dataclass(frozen=True, slots=True)
class Account:
    """An account at a bank, in clear.

    :param name: of its holder.
    :param bank_code: what the rail knows the bank by, as an IFSC or a BIC.
    :param number: letters and digits, no spaces.
    """

    name: str
    bank_code: str
    number: str

    def __repr__(self) -> str:
        """Nothing personal: a repr ends in logs."""
        return "Account()"

    @property
    def to(self) -> PayoutTo:
        """The account as a payout to it carries it."""
        text = json.dumps([self.bank_code, self.number, self.name])
        index = blind_index(field=_FIELD, text=text)
        return PayoutTo(index=index, shown=f"•••• {self.number[-SHOWN:]}", account=self)

    @property
    def country(self) -> str:
        """Where the bank is, as far as number or code say it: two letters, or nothing."""
        if _IBAN.fullmatch(self.number):
            return self.number[:2]
        if _IFSC.fullmatch(self.bank_code):
            return "IN"
        return self.bank_code[4:6] if _BIC.fullmatch(self.bank_code) else ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PayoutTo:
    """The account at a bank that a payout goes to.

    :param index: 32 bytes of a keyed hash over bank, number and name; it is what a person approves.
    :param shown: the last digits, as everybody may see them.
    :param account: in clear, until it is kept sealed under the reference of the request.
    """

    index: bytes
    shown: str
    account: Account | None = None

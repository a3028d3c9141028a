"""Rules of this room that need no database: bounds, what details may say, which reason fits."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata

from kyc.choices import CaseState, DocumentKind, IdType, Reason, Tier, Verdict
from kyc.errors import DecisionInvalid, DetailsInvalid

MAX_DOCUMENT_BYTES = 5 * 1024 * 1024
MAX_DOCUMENTS = 6  # that stand in one case at a time
MAX_UPLOADS = 24  # in one case ever, those taken back included
MAX_ROUNDS = 5  # times that one case is sent in
MAX_CASES = 10  # of one person
MAX_NOTE = 500
ADULT_YEARS, OLDEST_YEARS = 18, 120

OPEN_STATES = (CaseState.DRAFT, CaseState.MORE_INFO)  # the person may change it
WAITING_STATES = (CaseState.SUBMITTED, CaseState.IN_REVIEW)  # it is somebody else's turn
NEEDED_DOCUMENTS = {
    Tier.BASIC: frozenset[DocumentKind](),
    Tier.FULL: frozenset({DocumentKind.ID_FRONT}),
}

REASONS = {
    Verdict.APPROVED: frozenset({Reason.IDENTITY_CONFIRMED, Reason.DETAILS_CLEARED}),
    Verdict.MORE_INFO: frozenset(
        {
            Reason.DOCUMENT_UNREADABLE,
            Reason.DOCUMENT_MISSING,
            Reason.DOCUMENT_EXPIRED,
            Reason.DETAILS_DIFFER,
        }
    ),
    Verdict.REJECTED: frozenset(
        {
            Reason.DOCUMENT_EXPIRED,
            Reason.DETAILS_DIFFER,
            Reason.DOCUMENT_NOT_GENUINE,
            Reason.ALREADY_IN_USE,
            Reason.NOT_ELIGIBLE,
        }
    ),
    Verdict.WITHDRAWN: frozenset(
        {
            Reason.DOCUMENT_EXPIRED,
            Reason.DOCUMENT_NOT_GENUINE,
            Reason.ALREADY_IN_USE,
            Reason.NOT_ELIGIBLE,
        }
    ),
}

_SPOKEN = frozenset(" '’.-·")
_NUMBER = re.compile(r"[A-Z0-9]{5,20}")
_PAN = re.compile(r"[A-Z]{5}[0-9]{4}[A-Z]")


def cleaned_legal_name(text: str) -> str:
    """A name as papers print it: letters, marks and what stands between them, in NFC.

    Nothing that a spreadsheet, a page or a terminal could take for more than a name gets in.

    :raises DetailsInvalid: if it is not such a name of 2 to 120 characters.
    """
    name = " ".join(unicodedata.normalize("NFC", text).split())
    letters = sum(unicodedata.category(one)[0] == "L" for one in name)
    foreign = [one for one in name if unicodedata.category(one)[0] not in "LM"]
    begins = bool(name) and unicodedata.category(name[0])[0] == "L"
    if not 2 <= len(name) <= 120 or letters < 2 or not begins or set(foreign) - _SPOKEN:
        raise DetailsInvalid(
            "Write the name as your document prints it: letters, spaces, hyphens, apostrophes.",
            pointer="/legal_name",
        )
    return name


def checked_birth_date(born: dt.date, *, today: dt.date) -> dt.date:
    """The date, if an adult was born on it.

    :raises DetailsInvalid: for a child, or somebody older than anybody.
    """
    had_birthday = (today.month, today.day) >= (born.month, born.day)
    years = today.year - born.year - (0 if had_birthday else 1)
    if not ADULT_YEARS <= years <= OLDEST_YEARS:
        raise DetailsInvalid(
            f"You must be at least {ADULT_YEARS} years old.", pointer="/date_of_birth"
        )
    return born


def normalized_id_number(text: str, *, id_type: IdType, country: str) -> str:
    """The number in capitals without spaces and hyphens, as the duplicate index compares it.

    :raises DetailsInvalid: unless it is 5 to 20 letters and digits, or in India a PAN.
    """
    plain = re.sub(r"[\s\-/.]", "", unicodedata.normalize("NFKC", text)).upper()
    if not _NUMBER.fullmatch(plain):
        raise DetailsInvalid("The number has 5 to 20 letters and digits.", pointer="/id_number")
    if id_type is IdType.TAX_ID and country == "IN" and not _PAN.fullmatch(plain):
        raise DetailsInvalid("A PAN looks like ABCDE1234F.", pointer="/id_number")
    return plain


def masked(number: str) -> str:
    """The last four characters; of a short number the last two."""
    shown = 4 if len(number) >= 8 else 2
    return f"•••• {number[-shown:]}"


def masked_name(name: str) -> str:
    """Initials, enough to tell two cases apart and no more."""
    return " ".join(f"{word[0]}•••" for word in name.split())


def require_reason(verdict: Verdict, reason: str) -> Reason:
    """The reason, if it goes with the verdict.

    :raises DecisionInvalid: otherwise.
    """
    if reason not in REASONS[verdict]:
        raise DecisionInvalid("Choose a reason that fits the decision.", pointer="/reason")
    return Reason(reason)

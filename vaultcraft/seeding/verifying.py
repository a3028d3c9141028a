"""Who of the demo world is verified, who waits, and what tiers may spend.

It comes after the story: what was paid before there were tiers stays as it was.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
from collections.abc import Callable

from PIL import Image, ImageDraw

from kyc.choices import DocumentKind, IdType, Tier
from kyc.services.applying import save_details, submit_case
from kyc.services.details import Details
from kyc.services.documents import add_document
from kyc.services.reviewing import approve_case
from vaultcraft.seeding.cast import CASHIER, PEOPLE
from vaultcraft.seeding.journal import program
from vaultcraft.seeding.stage import Stage
from vaultcraft.seeding.story import Moment
from wallets.choices import WalletKind
from wallets.services.first_limits import set_first_limits
from wallets.services.terms import set_limit_rule

_RULES_AT, _APPLY_AT, _DECIDE_AT = Moment(0, 8), Moment(0, 7), Moment(0, 5)
_CURRENCY = "INR"
_OTHERS = "first-limits"


@dataclasses.dataclass(frozen=True, slots=True)
class Applicant:
    """Somebody with a passport; `approved` or still waiting in the queue."""

    key: str
    born: dt.date
    passport: str
    approved: bool = True


APPLICANTS = (
    Applicant("ananya", dt.date(1984, 3, 9), "N4810275"),
    Applicant("meera", dt.date(1991, 11, 2), "P3307164"),
    Applicant("neha", dt.date(1987, 6, 21), "R5529418"),
    Applicant("aditya", dt.date(1993, 1, 17), "S7741306"),
    Applicant("harpreet", dt.date(1979, 8, 30), "T6183592", approved=False),
)
# Minor units in a day and in a month, for everybody's savings and current wallets.
_SPENDING = {
    Tier.UNVERIFIED: (25_000_00, 1_00_000_00),
    Tier.BASIC: (1_00_000_00, 5_00_000_00),
}


def verify(stage: Stage) -> None:
    """Do what is still missing, each step in a transaction of its own."""
    for tier in _SPENDING:
        for kind in (WalletKind.SAVINGS, WalletKind.CURRENT):
            step = f"tier:{tier}:{kind}"
            if not stage.journal.knows(step):
                _rule(stage, step, tier, kind)
    if not stage.journal.knows(_OTHERS):  # in every currency but the one above
        set_first_limits(actor=program(_OTHERS), now=stage.calendar.at(_RULES_AT))
        stage.journal.note(_OTHERS, None)
    for one in APPLICANTS:
        for name, act in _ACTS.items():
            step = f"{name}:{one.key}"
            wanted = one.approved or act is not _approve
            if wanted and not stage.journal.knows(step):
                act(stage, step, one)


def _rule(stage: Stage, step: str, tier: Tier, kind: WalletKind) -> None:
    day_minor, month_minor = _SPENDING[tier]
    rule = set_limit_rule(
        actor=stage.actor(CASHIER, step=step),
        organization_id=None,
        wallet_kind=kind,
        currency=_CURRENCY,
        tier=tier,
        day_minor=day_minor,
        month_minor=month_minor,
        now=stage.calendar.at(_RULES_AT),
    )
    stage.journal.note(step, rule.id)


def _details(stage: Stage, step: str, who: Applicant) -> None:
    details = Details(
        legal_name=PEOPLE[who.key].name,
        date_of_birth=who.born,
        country="IN",
        id_type=IdType.PASSPORT,
        id_number=who.passport,
    )
    actor, now = stage.actor(who.key, step=step), stage.calendar.at(_APPLY_AT)
    case = save_details(actor=actor, details=details, tier=Tier.FULL, now=now)
    stage.journal.note(step, case.id)


def _passport(stage: Stage, step: str, who: Applicant) -> None:
    document = add_document(
        actor=stage.actor(who.key, step=step),
        kind=DocumentKind.ID_FRONT,
        content=_specimen(PEOPLE[who.key].name),
        now=stage.calendar.at(_APPLY_AT),
    )
    stage.journal.note(step, document.id)


def _send_in(stage: Stage, step: str, who: Applicant) -> None:
    case = submit_case(actor=stage.actor(who.key, step=step), now=stage.calendar.at(_APPLY_AT))
    stage.journal.note(step, case.id)


def _approve(stage: Stage, step: str, who: Applicant) -> None:
    case = approve_case(
        actor=stage.actor(CASHIER, step=step),
        case_id=stage.journal.subject(f"send-in:{who.key}"),
        reason="identity_confirmed",
        now=stage.calendar.at(_DECIDE_AT),
    )
    stage.journal.note(step, case.id)


_ACTS: dict[str, Callable[[Stage, str, Applicant], None]] = {
    "identity": _details,
    "passport": _passport,
    "send-in": _send_in,
    "approve": _approve,
}


def _specimen(name: str) -> bytes:
    """A picture that nobody takes for a passport."""
    picture = Image.new("RGB", (900, 600), "#e9e4d8")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((40, 40, 860, 560), outline="#6b5d3f", width=4)
    pen.text((80, 80), f"SPECIMEN\n\nPASSPORT\n\n{name.upper()}", fill="#3a3222", font_size=40)
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=80)
    return written.getvalue()

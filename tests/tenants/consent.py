"""What people of Umbra prove and agree to: papers, PINs, approvals, what waits for a second one."""

from __future__ import annotations

import dataclasses
import uuid

from accounts.choices import ApprovalMethod, FactorMethod
from accounts.models import Approval, PendingAct, User
from accounts.services.approvals import Proof
from accounts.services.dual_control import set_dual_control_policy
from accounts.services.people import change_role
from accounts.services.pins import request_pin_reset, set_pin
from accounts.services.sessions import open_browser_session
from kernel import clock
from kernel.actor import Actor
from kernel.crypto import fingerprint
from kyc.choices import Tier
from kyc.models import Document
from kyc.services.applying import save_details, submit_case
from kyc.services.documents import add_document
from kyc.tests.files import jpeg
from kyc.tests.people import details
from tests.proof import settle, sign_in_once
from tests.world import NOW
from wallets.models import Wallet
from wallets.services.approving import approve_movement
from wallets.services.references import unused_reference
from wallets.services.transfers import TransferRequest

PIN = "7394"


def proven(actor: Actor) -> Actor:
    """The person in a session of their own, with a second factor just proven and a PIN."""
    now = clock.now()
    session = open_browser_session(actor=actor, now=now, second_factor=FactorMethod.TOTP)
    settle(session.id)
    actor = dataclasses.replace(actor, session_id=session.id)
    set_pin(actor=actor, pin=PIN, now=now)
    return actor


def papers(actor: Actor, name: str) -> Document:
    """A draft of the person's with one document."""
    save_details(actor=actor, details=details(legal_name=name), tier=Tier.FULL, now=NOW)
    return add_document(actor=actor, kind="id_front", content=jpeg(words=name), now=NOW)


def consents(member: Actor, wallet: Wallet, shop: Wallet) -> dict[str, uuid.UUID]:
    """One of each, of Umbra's: the case waits for its review, the approval is good right now."""
    document = papers(member, "Mina Umbra")
    case = submit_case(actor=member, now=NOW)
    signed_in = proven(member)
    approval = approval_of(signed_in, wallet, shop)
    request_pin_reset(actor=signed_in, now=clock.now())
    return {"kyc": case.id, "doc": document.id, "apr": approval.id}


def approval_of(signed_in: Actor, wallet: Wallet, shop: Wallet) -> Approval:
    """Of one rupee, good for the next minutes."""
    request = TransferRequest(
        actor=signed_in,
        source=wallet.handle,
        destination=shop.handle,
        amount_minor=100,
        currency="INR",
        reference=unused_reference(),
        fingerprint=fingerprint("umbra approval"),
        now=clock.now(),
    )
    return approve_movement(request=request, proof=Proof(ApprovalMethod.PIN, PIN))


def waiting(owner: Actor, member: User) -> uuid.UUID:
    """A role that counts once a second person of Umbra agrees."""
    set_dual_control_policy(actor=owner, roles=True, journals=False, terms=False, now=NOW)
    act = change_role(actor=sign_in_once(owner), user_id=member.id, role="finance", now=clock.now())
    assert isinstance(act, PendingAct)
    return act.id

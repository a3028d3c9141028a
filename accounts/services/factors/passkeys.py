"""Passkeys (WebAuthn level 2): the browser signs our challenge, for this site only.

The `webauthn` library checks the ceremony. Site and origin come from `VAULTCRAFT_BASE_URL`, never
from a request.

Where a passkey stands alone (step-up, approvals, and being added, which counts as a step-up), the
authenticator must have verified its person, by PIN or biometrics: the UV flag of what it signs
(section 6.1). At sign-in the password was given just before, and touching the key is enough.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import webauthn
from django.conf import settings
from django.db import IntegrityError, connection
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from accounts import policy
from accounts.choices import ChallengePurpose, FactorMethod
from accounts.errors import ChallengeEnded, PasskeyRefused, TooManyPasskeys
from accounts.models import FactorChallenge, Passkey, User
from accounts.rules import cleaned_name
from accounts.services.factors.challenge_rows import challenge_named, insert_challenge
from accounts.services.factors.holdings import counts, factors_of
from accounts.services.factors.places import MANAGE, where_they_are_known
from accounts.services.factors.recovery_codes import issue_first_codes
from accounts.services.factors.settling import counts_from
from accounts.services.factors.telling import locked_person, tell_added
from accounts.services.sessions.proving import note_proof
from kernel.actor import Actor
from kernel.transactions import needs_transaction, opens_transaction, rule_of

SITE_NAME = "VaultCraft"
MOST_PASSKEYS = 20
MOST_CREDENTIAL_CHARACTERS = 20_000
COUNTER_WENT_BACK = "sign_count_went_back"
NOT_VERIFIED = "user_not_verified"
_NAME_LENGTH = 80


class PasskeyEnrollment(NamedTuple):
    """A challenge to sign, and what `navigator.credentials.create` is called with, as JSON."""

    challenge: str
    options: str


class AddedPasskey(NamedTuple):
    """The new passkey, and ten recovery codes if its person had none."""

    passkey: Passkey
    recovery_codes: list[str]


@opens_transaction
def begin_passkey(*, actor: Actor, session_id: uuid.UUID, now: dt.datetime) -> PasskeyEnrollment:
    """Ask the acting person's browser for a new passkey. Locks the person.

    :raises PermissionDenied: if the actor is no person.
    :raises StepUpRequired: without a fresh proof of who they are.
    :raises TooManyPasskeys: if there are `MOST_PASSKEYS`.
    """
    policy.require(actor, MANAGE)
    user = locked_person(actor)
    known = factors_of(user.id).passkeys
    if len(known) >= MOST_PASSKEYS:
        raise TooManyPasskeys()
    challenge, token = insert_challenge(
        user=user,
        purpose=ChallengePurpose.ENROLL_PASSKEY,
        device=str(session_id),
        session_id=session_id,
        now=now,
    )
    options = webauthn.generate_registration_options(
        rp_id=site(),
        rp_name=SITE_NAME,
        user_id=user.id.bytes,
        user_name=user.email,
        user_display_name=user.full_name,
        challenge=bytes(challenge.passkey_challenge),
        exclude_credentials=_descriptors(known),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
    )
    return PasskeyEnrollment(challenge=token, options=webauthn.options_to_json(options))


@where_they_are_known
@opens_transaction
def finish_passkey(
    *,
    actor: Actor,
    session_id: uuid.UUID,
    challenge: str,
    credential: str,
    name: str,
    now: dt.datetime,
) -> AddedPasskey:
    """Keep the public half of what the browser made. Locks the person.

    Records `accounts.factor.add`, emits `accounts.factor.added`. The session has thereby proven the
    factor. Where it had proven no more than the mailbox before, the passkey approves payments only
    after a day (`accounts.services.factors.settling`).

    :param credential: what `navigator.credentials.create` gave, as JSON.
    :raises PermissionDenied: if the actor is no person.
    :raises StepUpRequired: without a fresh proof of who they are.
    :raises ChallengeEnded: if the challenge is another session's, expired or answered.
    :raises PasskeyRefused: if the answer is not for this challenge, site and origin, the person was
        not verified, or the credential is known already.
    :raises InvalidProfile: on an unusable name.
    """
    policy.require(actor, MANAGE)
    user = locked_person(actor)
    asked = challenge_named(challenge)
    if asked is None or not _is_for(asked, user=user, session_id=session_id, now=now):
        raise ChallengeEnded()
    made = _checked(credential=credential, challenge=bytes(asked.passkey_challenge))
    asked.tries, asked.passed_at, asked.passed_by = asked.tries + 1, now, FactorMethod.PASSKEY
    asked.save(update_fields=["tries", "passed_at", "passed_by"])
    passkey = _insert(
        Passkey(
            user=user,
            organization_id=user.organization_id,
            credential_id=made.credential_id,
            public_key=made.credential_public_key,
            sign_count=made.sign_count,
            name=cleaned_name(name, pointer="/name", maximum=_NAME_LENGTH),
            created_at=now,
            counts_from=counts_from(user=user, session_id=session_id, now=now),
        )
    )
    note_proof(session_id=session_id, method=FactorMethod.PASSKEY, now=now)
    tell_added(actor=actor, user=user, method=FactorMethod.PASSKEY, now=now)
    return AddedPasskey(passkey, issue_first_codes(actor=actor, user=user, now=now))


def assertion_options(*, challenge: FactorChallenge, passkeys: tuple[Passkey, ...]) -> str:
    """What `navigator.credentials.get` is called with, as JSON."""
    wanted = UserVerificationRequirement
    options = webauthn.generate_authentication_options(
        rp_id=site(),
        challenge=bytes(challenge.passkey_challenge),
        allow_credentials=_descriptors(passkeys),
        user_verification=wanted.REQUIRED if _stands_alone(challenge) else wanted.PREFERRED,
    )
    return webauthn.options_to_json(options)


@needs_transaction
def spend_assertion(
    *, user: User, challenge: FactorChallenge, credential: str, now: dt.datetime
) -> str | None:
    """None if one of the person's passkeys signed this challenge; else why it does not count.

    The counter must grow where the authenticator keeps one: a smaller one means a copied key
    (WebAuthn level 2, section 7.2, step 21). One UPDATE decides between requests. Where it stands
    alone the person must have been verified (step 17).
    """
    passkey = _passkey_of(user=user, credential=credential)
    if passkey is None:
        return "unknown_passkey"
    if challenge.purpose == ChallengePurpose.APPROVE and not counts(passkey, now=now):
        return "passkey_too_new"
    try:
        signed = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=bytes(challenge.passkey_challenge),
            expected_rp_id=site(),
            expected_origin=origin(),
            credential_public_key=bytes(passkey.public_key),
            credential_current_sign_count=0,  # the counter is judged below, by the row
        )
    except Exception:  # noqa: BLE001 - hostile bytes: whatever a parser makes of them, it is a no
        return "wrong_signature"
    if _stands_alone(challenge) and not signed.user_verified:
        return NOT_VERIFIED
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_passkey SET sign_count = %s, last_used_at = %s WHERE id = %s"
            " AND removed_at IS NULL AND (sign_count < %s OR (sign_count = 0 AND %s = 0))",
            [signed.new_sign_count, now, passkey.id, signed.new_sign_count, signed.new_sign_count],
        )
        return None if cursor.rowcount == 1 else COUNTER_WENT_BACK


def site() -> str:
    """The host that passkeys are bound to."""
    return urlsplit(settings.VAULTCRAFT_BASE_URL).hostname or ""


def origin() -> str:
    """The only origin whose pages may use them."""
    parts = urlsplit(settings.VAULTCRAFT_BASE_URL)
    return f"{parts.scheme}://{parts.netloc}"


def _stands_alone(challenge: FactorChallenge) -> bool:
    return challenge.purpose != ChallengePurpose.SIGN_IN


def _is_for(
    challenge: FactorChallenge, *, user: User, session_id: uuid.UUID, now: dt.datetime
) -> bool:
    enrolling = challenge.purpose == ChallengePurpose.ENROLL_PASSKEY
    own = challenge.user_id == user.id and challenge.session_id == session_id
    return enrolling and own and challenge.is_open(now=now)


def _checked(*, credential: str, challenge: bytes) -> VerifiedRegistration:
    if len(credential) > MOST_CREDENTIAL_CHARACTERS:
        raise PasskeyRefused(pointer="/credential")
    try:
        return webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site(),
            expected_origin=origin(),
            require_user_verification=True,
        )
    except Exception:  # noqa: BLE001 - as above
        raise PasskeyRefused(pointer="/credential") from None


@needs_transaction
def _insert(passkey: Passkey) -> Passkey:
    try:
        passkey.save(force_insert=True)
    except IntegrityError as error:
        if "credential_id" in rule_of(error):
            raise PasskeyRefused("This passkey is known already.", pointer="/credential") from None
        raise
    return passkey


def _passkey_of(*, user: User, credential: str) -> Passkey | None:
    """The person's own passkey that the answer names; a colleague's is unknown here."""
    if len(credential) > MOST_CREDENTIAL_CHARACTERS:
        return None
    try:
        said: Any = json.loads(credential)
        named = webauthn.base64url_to_bytes(said["rawId"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    rows = Passkey.objects.filter(user=user, removed_at=None)
    return rows.filter(credential_id=named).first()


def _descriptors(passkeys: tuple[Passkey, ...]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=bytes(one.credential_id)) for one in passkeys]

"""What second factors refuse."""

from __future__ import annotations

from kernel.errors import Kind, VaultCraftError


class SecondFactorRefused(VaultCraftError):
    """The code or passkey does not fit: wrong, used before, or another person's."""

    kind = Kind.FORBIDDEN
    code = "second_factor_refused"
    title = "That does not prove it is you"


class ChallengeEnded(VaultCraftError):
    """The challenge is unknown, expired, answered, used up or another device's."""

    kind = Kind.REFUSED
    code = "challenge_ended"
    title = "This challenge cannot be answered any more; begin again"


class TooManyFactorTries(VaultCraftError):
    """A person's wrong answers, or their codes by e-mail, have reached the cap for a while."""

    kind = Kind.LIMIT
    code = "too_many_factor_tries"
    title = "Too many tries; wait a while"


class OneTimeCodesUnavailable(VaultCraftError):
    """Codes by e-mail live in the cache, which cannot be reached: nobody gets in by one."""

    kind = Kind.UNAVAILABLE
    code = "one_time_codes_unavailable"
    title = "Codes by e-mail are not available at the moment"
    retryable = True


class FactorNotOffered(VaultCraftError):
    """The challenge does not take this method of proof."""

    kind = Kind.REFUSED
    code = "factor_not_offered"
    title = "This challenge does not take that method"


class StepUpRequired(VaultCraftError):
    """The session has not proven a second factor recently enough for this act.

    `takes_strong` among the facts: whether it has to be an app or a passkey, as for all that staff
    do beyond their own account.
    """

    kind = Kind.FORBIDDEN
    code = "step_up_required"
    title = "Confirm that it is you first"


class SettledFactorRequired(StepUpRequired):
    """The act takes an app or a passkey, and none that the mailbox alone led to within a day.

    `counts_from` among the facts is from when what was proven does; null: it lies in the mailbox,
    so a factor has to be added.
    """

    kind = Kind.FORBIDDEN
    code = "settled_factor_required"
    title = "This takes an authenticator app or a passkey that you have had for a day"


class EnrollmentNotBegun(VaultCraftError):
    """There is nothing to confirm: enrolling never began, was replaced, or is done."""

    kind = Kind.CONFLICT
    code = "enrollment_not_begun"
    title = "Begin adding the factor first"


class PasskeyRefused(VaultCraftError):
    """The browser's answer does not make a passkey for this person on this site."""

    kind = Kind.REFUSED
    code = "passkey_refused"
    title = "This passkey cannot be added"


class LastStrongFactor(VaultCraftError):
    """Whose role needs an authenticator app or a passkey keeps at least one."""

    kind = Kind.CONFLICT
    code = "last_strong_factor"
    title = "Your role needs an authenticator app or a passkey; add another first"


class OwnFactorReset(VaultCraftError):
    """Two other people have to want that somebody's second factors are reset."""

    kind = Kind.FORBIDDEN
    code = "own_factor_reset"
    title = "Somebody else has to ask for this"


class NoFactorsToReset(VaultCraftError):
    """The person has no app, no passkey and no recovery code: signing in takes a mailed code."""

    kind = Kind.CONFLICT
    code = "no_factors_to_reset"
    title = "This person has no second factor that could be lost"


class FactorStillInUse(VaultCraftError):
    """The person proved a factor since the reset was asked for, so it is not lost."""

    kind = Kind.CONFLICT
    code = "factor_still_in_use"
    title = "The person has used a second factor since this was asked for"


class FactorsLatelyReset(VaultCraftError):
    """Second factors were reset: money, and power over it, wait for a new one and a while.

    `add_factor` among the facts says whether one has to be added, `opens_at` when the wait is over.
    """

    kind = Kind.REFUSED
    code = "factors_lately_reset"
    title = "This cannot be done yet: second factors were reset"


class TooManyPasskeys(VaultCraftError):
    """A person has a bounded number of passkeys."""

    kind = Kind.CONFLICT
    code = "too_many_passkeys"
    title = "You have as many passkeys as one can have"

"""Shapes of challenges, answers and factors."""

from __future__ import annotations

import json
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.choices import FactorMethod
from accounts.models import Passkey as PasskeyRow
from accounts.services.challenges import Challenge as AskedChallenge
from accounts.services.factors import Factors as FactorsFound
from api import fields
from api.v1.rendering import instant
from api.v1.shapes import id_member
from api.v1.tokens import device_token
from kernel import ids


@extend_schema_field(
    {
        "type": "object",
        "additionalProperties": True,
        "description": "A `PublicKeyCredential` as JSON (WebAuthn level 3, `toJSON()`).",
    }
)
class CredentialField(serializers.Field[str, Any, str, Any]):
    """A JSON object, handed on as text to the library that checks it."""

    default_error_messages = {"invalid": "Expected a JSON object."}

    def to_internal_value(self, data: Any) -> str:
        """The same object as JSON text."""
        if not isinstance(data, dict):
            self.fail("invalid")
        return json.dumps(data)

    def to_representation(self, value: str) -> str:
        """Never answered with."""
        return value


class Challenge(serializers.Serializer[Any]):
    """A second factor is asked for: answer within the time, from the same client."""

    id = serializers.CharField(help_text="A secret of this client; it is not an object's id.")
    methods = serializers.ListField(
        child=serializers.ChoiceField(choices=FactorMethod.choices), help_text="The best first."
    )
    expires_in = serializers.IntegerField(help_text="Seconds.")
    passkey = serializers.DictField(
        allow_null=True,
        help_text="`PublicKeyCredentialRequestOptions` as JSON, when `passkey` is among the"
        " methods.",
    )


class Challenged(serializers.Serializer[Any]):
    """The password was right, and a second factor is needed."""

    challenge = Challenge()


class ChallengeAnswer(fields.StrictSerializer):
    """A code, or a passkey's signature."""

    id = fields.TextField(max_length=100, help_text="Of the challenge.")
    method = serializers.ChoiceField(choices=FactorMethod.choices)
    code = fields.TextField(
        max_length=40, required=False, help_text="For every method but `passkey`."
    )
    passkey = CredentialField(required=False, help_text="For the method `passkey`.")


class SignInAnswer(ChallengeAnswer):
    """The same, with the device token that was sent with the password, if one was."""

    device_token = device_token(help_text="The same as with the password.")


class Confirmed(serializers.Serializer[Any]):
    """The session has just proven a second factor."""

    method = serializers.ChoiceField(choices=FactorMethod.choices)
    proven_at = serializers.DateTimeField()
    expires_in = serializers.IntegerField(help_text="Seconds for which it opens sensitive acts.")


class Passkey(serializers.Serializer[Any]):
    """A passkey of one's own."""

    id = id_member("pky")
    name = serializers.CharField()
    created_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)


class Factors(serializers.Serializer[Any]):
    """What one can prove oneself with besides the password."""

    methods = serializers.ListField(child=serializers.ChoiceField(choices=FactorMethod.choices))
    strong = serializers.BooleanField(help_text="There is an authenticator app or a passkey.")
    strong_needed = serializers.BooleanField(help_text="The role needs one.")
    totp_since = serializers.DateTimeField(allow_null=True)
    passkeys = Passkey(many=True)
    recovery_codes_left = serializers.IntegerField()


class TotpEnrollment(serializers.Serializer[Any]):
    """A new secret, shown this once; it counts when a code has confirmed it."""

    secret = serializers.CharField(help_text="Base 32; SHA-1, six digits, 30 seconds.")
    uri = serializers.CharField(help_text="`otpauth://`, to be shown as a QR code.")


class TotpConfirmation(fields.StrictSerializer):
    """The first code of the app."""

    code = fields.TextField(max_length=40)


class PasskeyEnrollment(serializers.Serializer[Any]):
    """What the browser needs to make a passkey."""

    challenge = serializers.CharField(help_text="Send it back with the credential.")
    options = serializers.DictField(help_text="`PublicKeyCredentialCreationOptions` as JSON.")


class NewPasskey(fields.StrictSerializer):
    """What the browser made, and a name to tell it by."""

    challenge = fields.TextField(max_length=100)
    name = fields.LineField(visible=True, max_length=80)
    credential = CredentialField()


class RecoveryCodes(serializers.Serializer[Any]):
    """Codes for the day the phone is lost, shown this once; each is good once."""

    recovery_codes = serializers.ListField(
        child=serializers.CharField(), help_text="Empty if codes were issued before."
    )


def rendered_challenge(challenge: AskedChallenge) -> dict[str, Any]:
    """One challenge."""
    options = challenge.passkey_options
    return {
        "id": challenge.id,
        "methods": [method.value for method in challenge.methods],
        "expires_in": challenge.expires_in_seconds,
        "passkey": json.loads(options) if options else None,
    }


def rendered_factors(factors: FactorsFound, *, strong_needed: bool) -> dict[str, Any]:
    """One's factors."""
    return {
        "methods": [method.value for method in factors.methods],
        "strong": factors.is_strong,
        "strong_needed": strong_needed,
        "totp_since": instant(factors.totp.confirmed_at) if factors.totp else None,
        "passkeys": [rendered_passkey(row) for row in factors.passkeys],
        "recovery_codes_left": factors.recovery_codes_left,
    }


def rendered_passkey(row: PasskeyRow) -> dict[str, Any]:
    """One passkey."""
    return {
        "id": ids.encode("pky", row.id),
        "name": row.name,
        "created_at": instant(row.created_at),
        "last_used_at": instant(row.last_used_at),
    }

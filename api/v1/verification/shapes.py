"""What is sent and answered about one's own verification."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api import fields
from api.v1.shapes import id_member
from kyc.choices import CaseState, DocumentKind, IdType, MediaType, Reason, Tier
from kyc.policy import MAX_DOCUMENT_BYTES, MAX_DOCUMENTS

TIER = {"type": "integer", "minimum": 0, "maximum": 2}


@extend_schema_field({"type": "integer", "minimum": 1, "maximum": 2})
class TierField(fields.AmountField):
    """The tier to ask for."""

    least, most = 1, 2


@extend_schema_field({"type": "string", "format": "date", "pattern": r"^\d{4}-\d{2}-\d{2}$"})
class DayField(serializers.DateField):
    """A day as RFC 3339 writes it."""


class VerificationOrder(fields.StrictSerializer):
    """Who one says one is, and the tier one asks for."""

    tier = TierField()
    legal_name = fields.LineField(max_length=120, help_text="As the paper prints it.")
    date_of_birth = DayField(input_formats=["%Y-%m-%d"])
    country = fields.PatternField(
        "^[A-Z]{2}$", message="Expected a country code like IN.", help_text="Of the paper."
    )
    id_type = serializers.ChoiceField(choices=IdType.choices)
    id_number = fields.LineField(max_length=40, help_text="Spaces and hyphens do not matter.")


class DocumentUpload(fields.StrictSerializer):
    """One file. A photo is kept without its metadata; a PDF must hold nothing but pages."""

    kind = serializers.ChoiceField(choices=DocumentKind.choices)
    file = serializers.FileField(
        allow_empty_file=True,
        use_url=False,
        help_text=f"A JPEG, PNG or PDF of at most {MAX_DOCUMENT_BYTES} bytes.",
    )


class VerificationDocument(serializers.Serializer[Any]):
    """A document that stands in the case."""

    id = id_member("doc")
    kind = serializers.ChoiceField(choices=DocumentKind.choices)
    media_type = serializers.ChoiceField(choices=MediaType.choices)
    size_bytes = serializers.IntegerField(min_value=1, max_value=MAX_DOCUMENT_BYTES)
    uploaded_at = serializers.DateTimeField()


class MaskedDetails(serializers.Serializer[Any]):
    """Enough to tell them by; `POST /me/verification/reveal` says the rest."""

    legal_name = serializers.CharField()
    year_of_birth = serializers.CharField()
    id_number = serializers.CharField()


class VerificationCase(serializers.Serializer[Any]):
    """One's last application."""

    id = id_member("kyc")
    tier = serializers.IntegerField(min_value=1, max_value=2)
    state = serializers.ChoiceField(choices=CaseState.choices)
    reason = serializers.ChoiceField(
        choices=Reason.choices, allow_null=True, help_text="Why it was decided so."
    )
    reason_text = serializers.CharField(allow_null=True)
    country = serializers.CharField()
    id_type = serializers.ChoiceField(choices=IdType.choices)
    masked = MaskedDetails(allow_null=True, help_text="Null once the data was erased.")
    documents = serializers.ListField(child=VerificationDocument(), max_length=MAX_DOCUMENTS)
    missing_documents = serializers.ListField(
        child=serializers.ChoiceField(choices=DocumentKind.choices)
    )
    submitted_at = serializers.DateTimeField(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)


@extend_schema_field(TIER)
class TierNumber(serializers.IntegerField):
    """How well one is known."""


class Verification(serializers.Serializer[Any]):
    """How well one is known, and what is under way."""

    tier = TierNumber()
    tier_name = serializers.ChoiceField(choices=[tier.label for tier in Tier])
    case = VerificationCase(allow_null=True)


class RevealedDetails(serializers.Serializer[Any]):
    """One's own details in clear."""

    legal_name = serializers.CharField()
    date_of_birth = serializers.DateField()
    country = serializers.CharField()
    id_type = serializers.ChoiceField(choices=IdType.choices)
    id_number = serializers.CharField()

"""Proving who one is: details, documents, sending in."""

from __future__ import annotations

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from rest_framework.request import Request

from accounts import errors as accounts_errors
from accounts.policy import require
from api import queries
from api.answers import Answer
from api.endpoint import Endpoint, actor_of, body_of, path_id
from api.errors import MalformedMultipart
from api.multipart import Upload
from api.schema.operations import operation
from api.v1.verification.rendering import (
    rendered_details,
    rendered_document,
    rendered_verification,
)
from api.v1.verification.shapes import (
    DocumentUpload,
    RevealedDetails,
    Verification,
    VerificationDocument,
    VerificationOrder,
)
from kernel import clock
from kernel.context import reading
from kernel.rates.table import RouteClass
from kyc import errors
from kyc.choices import IdType, Tier
from kyc.services.applying import save_details, submit_case
from kyc.services.details import Details
from kyc.services.documents import add_document, withdraw_document
from kyc.services.revealing import open_own_document, reveal_own_details

TAG = "Verification"
NOT_NOW = (errors.CaseNotFound, errors.CaseNotOpen)
ERASED = accounts_errors.DataShredded
FILE_REFUSALS = (
    errors.DocumentRefused,
    errors.DocumentEmpty,
    errors.DocumentTooLarge,
    errors.DocumentTypeUnsupported,
    errors.DocumentTypeMismatch,
    errors.DocumentUnreadable,
    errors.DocumentDimensions,
    errors.DocumentUnsafe,
    errors.DocumentQuotaExceeded,
)


class MyVerification(Endpoint):
    """One's own."""

    @operation(
        "read_verification",
        tag=TAG,
        summary="Read how well I am known, and what is under way",
        response=Verification,
        query=queries.Query,
    )
    def get(self, request: Request) -> HttpResponse:
        """Tier and last case, personal data masked."""
        actor, _ = actor_of(request), queries.query_of(request)
        require(actor, "kyc.apply")
        with reading(actor):
            found = rendered_verification(actor)
        return Answer.of(found).response()

    @operation(
        "save_verification",
        tag=TAG,
        summary="State my details and the tier I ask for",
        description="Begins a case, or changes the one that is open. Nothing is looked at before it"
        " is sent in.",
        request=VerificationOrder,
        response=Verification,
        refusals=(
            errors.DetailsInvalid,
            errors.AlreadyVerified,
            errors.CaseNotOpen,
            errors.TooManyCases,
            ERASED,
        ),
    )
    def put(self, request: Request) -> HttpResponse:
        """Save."""
        actor, order = actor_of(request), body_of(request, VerificationOrder)
        tier = Tier(order.pop("tier"))
        details = Details(**{**order, "id_type": IdType(order["id_type"])})
        save_details(actor=actor, details=details, tier=tier, now=clock.now())
        with reading(actor):
            found = rendered_verification(actor)
        return Answer.of(found).response()


class SubmitVerification(Endpoint):
    """Sending in."""

    @operation(
        "submit_verification",
        tag=TAG,
        summary="Send my case in",
        description="It stands still until it is decided, or given back with a reason.",
        response=Verification,
        refusals=(*NOT_NOW, errors.CaseIncomplete, errors.TooManyCases),
    )
    def post(self, request: Request) -> HttpResponse:
        """Send in."""
        actor = actor_of(request)
        submit_case(actor=actor, now=clock.now())
        with reading(actor):
            found = rendered_verification(actor)
        return Answer.of(found).response()


class RevealVerification(Endpoint):
    """One's own details in clear."""

    rate = RouteClass.REVEALS

    @operation(
        "reveal_verification",
        tag=TAG,
        summary="See my details in clear",
        description="Asks for a second factor that was proven a short while ago, and is recorded.",
        response=RevealedDetails,
        refusals=(accounts_errors.StepUpRequired, errors.CaseNotFound, ERASED),
    )
    def post(self, request: Request) -> HttpResponse:
        """Reveal."""
        actor = actor_of(request)
        found = reveal_own_details(actor=actor, now=clock.now())
        return Answer.of(rendered_details(found)).response()


class VerificationDocuments(Upload):
    """Uploading."""

    rate = RouteClass.UPLOADS

    @operation(
        "upload_verification_document",
        tag=TAG,
        summary="Add a document to my case",
        description="The same file again gives the document that stands.",
        request=DocumentUpload,
        response=VerificationDocument,
        status=201,
        refusals=(*NOT_NOW, *FILE_REFUSALS, MalformedMultipart, ERASED),
    )
    def post(self, request: Request) -> HttpResponse:
        """Upload."""
        actor, order = actor_of(request), body_of(request, DocumentUpload)
        sent = order["file"]
        document = add_document(
            actor=actor,
            kind=order["kind"],
            content=sent.read(),
            name=sent.name or "",
            announced=sent.content_type or "",
            now=clock.now(),
        )
        return Answer.of(rendered_document(document), status=201).response()


class OneVerificationDocument(Endpoint):
    """Taking back."""

    @operation(
        "withdraw_verification_document",
        tag=TAG,
        summary="Take a document back; its content is deleted",
        response=None,
        status=204,
        path={"document_id": "doc"},
        refusals=(*NOT_NOW, errors.DocumentNotFound),
    )
    def delete(self, request: Request, document_id: str) -> HttpResponse:
        """Take back."""
        actor, wanted = actor_of(request), path_id("doc", document_id)
        withdraw_document(actor=actor, document_id=wanted, now=clock.now())
        return HttpResponse(status=204)


class VerificationDocumentContent(Endpoint):
    """The file itself."""

    rate = RouteClass.REVEALS

    @operation(
        "read_verification_document",
        tag=TAG,
        summary="Get the content of my document",
        description="As an attachment. Asks for a second factor that was proven a short while ago,"
        " and is recorded.",
        response={(200, "application/octet-stream"): OpenApiTypes.BINARY},
        path={"document_id": "doc"},
        refusals=(
            accounts_errors.StepUpRequired,
            errors.DocumentNotFound,
            errors.DocumentDamaged,
            ERASED,
        ),
    )
    def post(self, request: Request, document_id: str) -> HttpResponse:
        """The bytes."""
        actor, wanted = actor_of(request), path_id("doc", document_id)
        file = open_own_document(actor=actor, document_id=wanted, now=clock.now())
        return HttpResponse(file.content, headers=file.headers)

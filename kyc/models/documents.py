"""Uploaded documents: what is known of each, and its sealed bytes in chunks."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.models import Organization, User
from kernel.models import IdentifiedModel
from kyc.choices import DocumentKind, MediaType
from kyc.models.cases import Case
from kyc.policy import MAX_DOCUMENT_BYTES


class Document(IdentifiedModel):
    """One kept file of a case. The name it came with is not kept.

    :ivar size_bytes: of the file as it is given out.
    :ivar sealed_header: of the sealed stream whose chunks stand in rows of their own.
    :ivar content_index: a keyed hash of these bytes, of no use against other fields.
    :ivar withdrawn_at: when the person took it back; its chunks are gone.
    """

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, models.PROTECT, related_name="documents")
    kind = models.TextField(choices=DocumentKind)
    media_type = models.TextField(choices=MediaType)
    size_bytes = models.PositiveIntegerField()
    sealed_header = models.BinaryField(max_length=37)
    chunk_count = models.PositiveSmallIntegerField()
    content_index = models.BinaryField(max_length=32)
    uploaded_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=["case", "kind", "content_index"],
                condition=Q(withdrawn_at__isnull=True),
                name="kyc_document_once",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=DocumentKind.values), name="kyc_document_kind"
            ),
            models.CheckConstraint(
                condition=Q(media_type__in=MediaType.values), name="kyc_document_media_type"
            ),
            models.CheckConstraint(
                condition=Q(size_bytes__range=(1, MAX_DOCUMENT_BYTES), chunk_count__gte=1),
                name="kyc_document_size",
            ),
        )
        indexes = (models.Index(fields=["content_index"], name="kyc_document_content"),)

    def __str__(self) -> str:
        return DocumentKind(self.kind).label


class DocumentChunk(IdentifiedModel):
    """One chunk of a document's sealed stream; it opens only in its place in its document."""

    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    document = models.ForeignKey(Document, models.PROTECT, related_name="chunks", db_index=False)
    number = models.PositiveSmallIntegerField(help_text="From 0.")
    content = models.BinaryField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["document", "number"], name="kyc_chunk_place"),
        )

    def __str__(self) -> str:
        return str(self.number)

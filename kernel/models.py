"""Abstract models only: the kernel owns no table."""

from __future__ import annotations

from django.db import models

from kernel.ids import new_id


class IdentifiedModel(models.Model):
    """A row with a time-ordered UUIDv7 as its key, made by us before the insert."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)

    class Meta:
        abstract = True

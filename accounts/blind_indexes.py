"""Finding what is sealed, by a keyed hash of it."""

from __future__ import annotations

from django.conf import settings

from kernel import sealing
from kernel.crypto import keyed_hash


def blind_index(*, field: str, text: str) -> bytes:
    """32 bytes by which equal texts of one field can be found, and nothing else be learnt.

    A keyed hash under a key of the field's own, so the same text in two fields gives two values.
    The key is derived from the pepper, outside the database: without it nobody can try all numbers.

    :param text: normalized by the caller (case, spaces, punctuation).
    """
    key = sealing.derived_key(key=settings.VAULTCRAFT_PEPPER, purpose=f"blind-index:{field}")
    return keyed_hash(key=key, parts=(text,))

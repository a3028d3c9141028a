"""What is encrypted at rest: sealed under a data key of its owner, for one place in the database.

Every organization and every person has data keys. A master key of the environment wraps them, so a
copy of the database says nothing; the place (table, column, row, owner) is authenticated with the
text, so moving it elsewhere makes it unreadable; and a person's data can be shredded, in every
backup too, by forgetting the person's keys.

`manage.py rotate_keys` changes master and data keys.
"""

from __future__ import annotations

from accounts.blind_indexes import blind_index
from accounts.services.vault.keys import Owner
from accounts.services.vault.places import SealedColumn, register_sealed_column
from accounts.services.vault.rotating import (
    Plan,
    Progress,
    rotate_data,
    rotate_master,
    rotation_plan,
)
from accounts.services.vault.shredding import has_live_keys, shred_keys
from accounts.services.vault.values import (
    Place,
    seal,
    seal_stream,
    unseal,
    unseal_stream,
)

__all__ = [
    "Owner",
    "Place",
    "Plan",
    "Progress",
    "SealedColumn",
    "blind_index",
    "has_live_keys",
    "register_sealed_column",
    "rotate_data",
    "rotate_master",
    "rotation_plan",
    "seal",
    "seal_stream",
    "shred_keys",
    "unseal",
    "unseal_stream",
]

"""What somebody with the rights of the tables' owner may do to stored documents: no use of it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest
from django.db import connections, transaction
from django.db.backends.utils import CursorWrapper

from kyc.errors import DocumentDamaged
from kyc.services.revealing import open_own_document
from kyc.tests.files import pdf, stream
from kyc.tests.people import begun, told, uploaded
from tests.world import NOW, World

LONG = pdf(objects=(stream(bytes(range(256)) * 700),))  # three chunks
MINE = "document_id = %(mine)s"

# %(mine)s is attacked; %(twin)s has the same content, of the same person; %(other)s of another.
ATTACKS = {
    "two chunks swapped": [
        f"UPDATE kyc_documentchunk SET number = number + 10 WHERE {MINE} AND number < 2",
        f"UPDATE kyc_documentchunk SET number = 11 - number WHERE {MINE} AND number > 9",
    ],
    "the last chunk cut off": [f"DELETE FROM kyc_documentchunk WHERE {MINE} AND number = 2"],
    "the first chunk cut off": [f"DELETE FROM kyc_documentchunk WHERE {MINE} AND number = 0"],
    "a chunk repeated": [
        (
            "INSERT INTO kyc_documentchunk (id, organization_id, document_id, number, content)"
            " SELECT gen_random_uuid(), organization_id, document_id, 3, content"
            f" FROM kyc_documentchunk WHERE {MINE} AND number = 2"
        )
    ],
    "a bit turned": [
        (
            "UPDATE kyc_documentchunk SET content = set_bit(content, 9, 1 - get_bit(content, 9))"
            f" WHERE {MINE} AND number = 1"
        )
    ],
    "a chunk of one's other document": [
        (
            "UPDATE kyc_documentchunk c SET content = t.content FROM kyc_documentchunk t"
            " WHERE c.document_id = %(mine)s AND t.document_id = %(twin)s"
            " AND c.number = 1 AND t.number = 1"
        )
    ],
    "all chunks and the header of one's other document": [
        (
            "UPDATE kyc_documentchunk c SET content = t.content FROM kyc_documentchunk t"
            " WHERE c.document_id = %(mine)s AND t.document_id = %(twin)s AND c.number = t.number"
        ),
        (
            "UPDATE kyc_document d SET sealed_header = t.sealed_header FROM kyc_document t"
            " WHERE d.id = %(mine)s AND t.id = %(twin)s"
        ),
    ],
    "all chunks and the header of somebody else": [
        (
            "UPDATE kyc_documentchunk c SET content = t.content FROM kyc_documentchunk t"
            " WHERE c.document_id = %(mine)s AND t.document_id = %(other)s AND c.number = t.number"
        ),
        (
            "UPDATE kyc_document d SET sealed_header = t.sealed_header FROM kyc_document t"
            " WHERE d.id = %(mine)s AND t.id = %(other)s"
        ),
    ],
    "another size": ["UPDATE kyc_document SET size_bytes = size_bytes - 1 WHERE id = %(mine)s"],
}


@contextlib.contextmanager
def as_owner() -> Iterator[CursorWrapper]:
    """The owner, with the triggers that would refuse switched off: one who can do that."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SELECT set_config('vaultcraft.scope', 'platform', true)")
        for table in ("kyc_document", "kyc_documentchunk"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield cursor
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in ("kyc_document", "kyc_documentchunk"):
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def test_stored_bytes_that_were_tampered_with_are_not_given_out(committed_db: str, world: World):
    begun(world, world.alice)
    begun(world, world.charlie)
    for number, (name, statements) in enumerate(ATTACKS.items()):
        mine = uploaded(world, world.alice, LONG + b"\n" * number)
        twin = uploaded(world, world.alice, LONG + b"\n" * number, kind="id_back")
        other = uploaded(world, world.charlie, LONG + b"\n" * number)
        ids = {"mine": mine.id, "twin": twin.id, "other": other.id}
        with as_owner() as cursor:
            for statement in statements:
                cursor.execute(statement, ids)
                assert cursor.rowcount > 0, name
        with pytest.raises(DocumentDamaged):
            open_own_document(actor=world.actor(world.alice), document_id=mine.id, now=NOW)
        with as_owner() as cursor:
            cursor.execute(
                "UPDATE kyc_document SET withdrawn_at = now() WHERE id = ANY (%s)",
                [list(ids.values())],
            )
        assert not told("kyc.document.open"), name

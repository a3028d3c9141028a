"""The evidence and its chain, as lines that can be checked elsewhere; see `audit.offline`."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence

import psycopg
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from audit.chain import path_of
from kernel.errors import InvariantBroken, NotFound

BATCH = 1_000

# Members of seals in the order of the chain: with each record the seal it opens, if it is the first
# of one. A record that is gone leaves its place empty.
_SEALED = """
SELECT m.seal, m.place, audit_texts(r)
FROM (
    SELECT s.number AS seal, taken.sequence, taken.place
    FROM audit_auditseal s, unnest(s.sequences) WITH ORDINALITY taken(sequence, place)
) m LEFT JOIN audit_auditrecord r ON r.sequence = m.sequence
ORDER BY m.seal, m.place
"""
_SEALS = """
SELECT number, (extract(epoch FROM sealed_at) * 1000000)::bigint, sequences, leaves,
       up_to::text::bigint, encode(digest, 'hex'), kid, encode(signature, 'hex')
FROM audit_auditseal ORDER BY number
"""
_NAMES = ("number", "sealed_at_us", "sequences", "leaves", "up_to", "digest", "kid", "signature")
# With each whether sealing has already passed it by.
_UNSEALED = """
SELECT audit_texts(r), r.commit_xid < (SELECT line FROM audit_auditchain) FROM audit_auditrecord r
LEFT JOIN (SELECT unnest(sequences) AS sequence FROM audit_auditseal) m USING (sequence)
WHERE m.sequence IS NULL ORDER BY r.sequence
"""
_CHAIN = """
SELECT c.number, encode(c.digest, 'hex'), c.refused_because,
       (extract(epoch FROM now()) * 1000000)::bigint
FROM (SELECT 1) always LEFT JOIN audit_auditchain c ON true
"""

_SEAL_OF = """
SELECT audit_texts(r), s.number, (extract(epoch FROM s.sealed_at) * 1000000)::bigint,
       array_position(s.sequences, r.sequence) - 1, s.leaves, encode(s.previous, 'hex'),
       s.up_to::text::bigint,
       encode(s.digest, 'hex'), s.kid, encode(s.signature, 'hex')
FROM audit_auditrecord r LEFT JOIN audit_auditseal s ON r.sequence = ANY (s.sequences)
WHERE r.id = %s
"""


def public_keys(keys: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The public halves of a key set, in PEM form by key id."""
    return {key["kid"]: _public(key["private_pem"]) for key in keys}


def _public(private_pem: str) -> str:
    public = load_pem_private_key(private_pem.encode(), password=None).public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def exported(
    connection: psycopg.Connection, *, keys: Mapping[str, str]
) -> Iterator[dict[str, object]]:
    """Everything in one snapshot: the public keys and where the chain ends, each seal before its
    records, the rest.

    Holds one batch in memory, whatever the size of the table.

    :param connection: a transaction of the auditor.
    """
    yield {"keys": dict(keys), **_chain(connection)}
    records = _records(connection)
    ahead = next(records, None)
    for seal in _seals(connection):
        yield {"seal": seal}
        while ahead is not None and ahead[0] == seal["number"]:
            if ahead[1] is not None:
                yield {"record": ahead[1]}
            ahead = next(records, None)
    with connection.cursor(name="unsealed") as cursor:
        cursor.itersize = BATCH
        for texts, passed in cursor.execute(_UNSEALED):
            yield {"unsealed": texts, "passed": bool(passed)}


def _chain(connection: psycopg.Connection) -> dict[str, object]:
    """What is known of the chain beside its seals, and the time of the snapshot."""
    names = ("number", "digest", "refused_because")
    row = connection.execute(_CHAIN).fetchone()
    if row is None:
        raise InvariantBroken("one row is always one row")
    *chain, at_us = row
    return {"exported_at_us": at_us, "chain": dict(zip(names, chain, strict=True))}


def _records(connection: psycopg.Connection) -> Iterator[tuple[int, list[str | None] | None]]:
    with connection.cursor(name="sealed") as cursor:
        cursor.itersize = BATCH
        for number, _, texts in cursor.execute(_SEALED):
            yield number, texts


def _seals(connection: psycopg.Connection) -> Iterator[dict[str, object]]:
    with connection.cursor(name="seals") as cursor:
        cursor.itersize = 100
        for row in cursor.execute(_SEALS):
            seal = dict(zip(_NAMES, row, strict=True))
            yield {**seal, "leaves": [bytes(leaf).hex() for leaf in seal["leaves"]]}


def proof_of(
    connection: psycopg.Connection, *, record_id: uuid.UUID, keys: Mapping[str, str]
) -> dict[str, object]:
    """What shows, without any other record, that this one is under a signed seal.

    :param connection: a transaction of the auditor.
    :raises NotFound: there is no such record, or it is not sealed yet.
    """
    row = connection.execute(_SEAL_OF, [record_id]).fetchone()
    if row is None or row[1] is None:
        raise NotFound(f"There is no sealed audit record {record_id}.")
    texts, number, sealed_at_us, place, leaves, previous, up_to, digest, kid, signature = row
    path = path_of(place, [bytes(leaf) for leaf in leaves])
    return {
        "record": texts,
        "place": place,
        "path": [step.hex() for step in path],
        "seal": {
            "number": number,
            "sealed_at_us": sealed_at_us,
            "record_count": len(leaves),
            "previous": previous,
            "up_to": up_to,
            "digest": digest,
            "kid": kid,
            "signature": signature,
        },
        "keys": dict(keys),
    }

"""What is sealed opens with its key at its place, and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel import sealing
from kernel.sealing import CHUNK_BYTES, STREAM_HEADER_BYTES, TAG_BYTES, Unreadable

KEY, OTHER_KEY = sealing.new_key(), sealing.new_key()
HERE = ("table", "column", "row")


def sealed(plain: bytes = b"4111", *, version: int = 7) -> bytes:
    return sealing.seal(key=KEY, version=version, plain=plain, associated=HERE)


@given(st.binary(max_size=300))
@settings(max_examples=50, deadline=None)
def test_what_is_sealed_opens_again(plain: bytes) -> None:
    assert sealing.unseal(key=KEY, sealed=sealed(plain), associated=HERE) == plain


def test_twice_the_same_is_never_the_same_bytes() -> None:
    assert sealed() != sealed()


def test_it_names_its_key() -> None:
    assert sealing.key_version_of(sealed(version=2**32 - 1)) == 2**32 - 1


@pytest.mark.parametrize("place", [("table", "column", "row2"), ("tablecolumn", "row"), ()])
def test_it_does_not_open_elsewhere(place: tuple[str, ...]) -> None:
    with pytest.raises(Unreadable):
        sealing.unseal(key=KEY, sealed=sealed(), associated=place)


def test_it_does_not_open_with_another_key() -> None:
    with pytest.raises(Unreadable):
        sealing.unseal(key=OTHER_KEY, sealed=sealed(), associated=HERE)


def test_no_byte_of_it_can_be_changed() -> None:
    whole = sealed()
    for at in range(len(whole)):
        changed = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
        with pytest.raises(Unreadable):
            sealing.unseal(key=KEY, sealed=changed, associated=HERE)


@pytest.mark.parametrize("nonsense", [b"", b"\x01", b"\x03" + bytes(40), b"\x02" + bytes(60)])
def test_nonsense_is_no_value(nonsense: bytes) -> None:
    with pytest.raises(Unreadable):
        sealing.unseal(key=KEY, sealed=nonsense, associated=HERE)


def stream(plain: bytes, *, part: int = 1_000) -> tuple[bytes, list[bytes]]:
    parts = [plain[at : at + part] for at in range(0, len(plain), part)]
    frames = sealing.seal_stream(key=KEY, version=1, parts=parts, associated=HERE)
    header, *chunks = frames
    return header, chunks


def opened(header: bytes, chunks: list[bytes], *, key: bytes = KEY) -> bytes:
    found = sealing.unseal_stream(key=key, header=header, chunks=chunks, associated=HERE)
    return b"".join(found)


@pytest.mark.parametrize(
    "size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES]
)
def test_a_stream_of_any_size_opens_again(size: int) -> None:
    plain = bytes(at % 251 for at in range(size))
    header, chunks = stream(plain)
    assert len(header) == STREAM_HEADER_BYTES
    assert all(len(chunk) == CHUNK_BYTES + TAG_BYTES for chunk in chunks[:-1])
    assert opened(header, chunks) == plain


def test_chunks_cannot_be_swapped_repeated_left_out_or_cut_off() -> None:
    header, (first, second, third) = stream(bytes(2 * CHUNK_BYTES + 5))
    for wrong in (
        [second, first, third],
        [first, first, second, third],
        [first, third],
        [first, second],
        [first],
        [first, second, third, third],
        [],
    ):
        with pytest.raises(Unreadable):
            opened(header, wrong)


def test_chunks_of_another_stream_do_not_fit() -> None:
    header, chunks = stream(bytes(CHUNK_BYTES + 1))
    _, others = stream(bytes(CHUNK_BYTES + 1))
    with pytest.raises(Unreadable):
        opened(header, [chunks[0], others[1]])


def test_nothing_of_a_bad_chunk_is_given_out() -> None:
    header, (first, second) = stream(bytes(CHUNK_BYTES + 1))
    parts = sealing.unseal_stream(
        key=KEY, header=header, chunks=[first, second[:-1] + b"!"], associated=HERE
    )
    assert next(parts) == bytes(CHUNK_BYTES)
    with pytest.raises(Unreadable):
        next(parts)


def test_keys_for_two_purposes_differ() -> None:
    one = sealing.derived_key(key=b"secret", purpose="a")
    assert len(one) == 32
    assert one != sealing.derived_key(key=b"secret", purpose="b")
    assert one != sealing.derived_key(key=b"secret2", purpose="a")

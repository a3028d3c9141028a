"""Identifiers: the published vectors of TypeID 0.3, and handles people mistype."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.ids import (
    ALPHABET,
    MalformedId,
    decode,
    encode,
    new_handle,
    new_id,
    normalize_handle,
)

HANDLE = "VC-ABCDE0"
# github.com/jetify-com/typeid, spec/valid.json
VECTORS = [
    ("nil", "", "00000000000000000000000000", "00000000-0000-0000-0000-000000000000"),
    ("one", "", "00000000000000000000000001", "00000000-0000-0000-0000-000000000001"),
    ("ten", "", "0000000000000000000000000a", "00000000-0000-0000-0000-00000000000a"),
    ("sixteen", "", "0000000000000000000000000g", "00000000-0000-0000-0000-000000000010"),
    ("thirty-two", "", "00000000000000000000000010", "00000000-0000-0000-0000-000000000020"),
    ("max", "", "7zzzzzzzzzzzzzzzzzzzzzzzzz", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
    (
        "alphabet",
        "prefix",
        "0123456789abcdefghjkmnpqrs",
        "0110c853-1d09-52d8-d73e-1194e95b5f19",
    ),
    ("uuidv7", "prefix", "01h455vb4pex5vsknk084sn02q", "01890a5d-ac96-774b-bcce-b302099a8057"),
    ("underscore", "pre_fix", "00000000000000000000000000", str(uuid.UUID(int=0))),
]


@pytest.mark.parametrize(("prefix", "body", "value"), [v[1:] for v in VECTORS if v[1]])
def test_vectors_with_a_prefix(prefix: str, body: str, value: str) -> None:
    assert encode(prefix, uuid.UUID(value)) == f"{prefix}_{body}"
    assert decode(prefix, f"{prefix}_{body}") == uuid.UUID(value)


@pytest.mark.parametrize(("body", "value"), [v[2:] for v in VECTORS], ids=[v[0] for v in VECTORS])
def test_vectors_under_one_of_our_prefixes(body: str, value: str) -> None:
    assert encode("trf", uuid.UUID(value)) == f"trf_{body}"
    assert decode("trf", f"trf_{body}") == uuid.UUID(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "trf",
        "trf_",
        "_01h455vb4pex5vsknk084sn02q",
        "01h455vb4pex5vsknk084sn02q",
        "wal_01h455vb4pex5vsknk084sn02q",
        "TRF_01h455vb4pex5vsknk084sn02q",
        "trf_01H455VB4PEX5VSKNK084SN02Q",
        "trf-01h455vb4pex5vsknk084sn02q",
        "trf_01h455vb4pex5vsknk084sn02",
        "trf_01h455vb4pex5vsknk084sn02qa",
        "trf_8zzzzzzzzzzzzzzzzzzzzzzzzz",
        "trf_i1h455vb4pex5vsknk084sn02q",
        "trf_01h455vb4pex5vsknk084sn0ou",
        "trf_01h455vb4pex5vsknk084sn02 ",
        " trf_01h455vb4pex5vsknk084sn02q",
        "trf_01h455vb4pex5vsknk084sn02q\n",
        "trf_٠1h455vb4pex5vsknk084sn02q",
        "trf_01890a5d-ac96-774b-bcce-b302099a8057",
    ],
)
def test_decode_refuses(text: str) -> None:
    with pytest.raises(MalformedId):
        decode("trf", text)


@given(value=st.uuids(), prefix=st.sampled_from(["org", "wal", "trf", "txn", "aud"]))
def test_every_uuid_comes_back(value: uuid.UUID, prefix: str) -> None:
    assert decode(prefix, encode(prefix, value)) == value


@given(first=st.uuids(), second=st.uuids())
def test_text_sorts_as_the_uuids_do(first: uuid.UUID, second: uuid.UUID) -> None:
    assert (encode("trf", first) < encode("trf", second)) == (first < second)


@given(text=st.text(max_size=40))
def test_no_text_breaks_decoding(text: str) -> None:
    for candidate in (text, f"trf_{text}"):
        try:
            value = decode("trf", candidate)
        except MalformedId:
            continue
        assert encode("trf", value) == candidate


def test_new_ids_are_version_7_and_ordered() -> None:
    made = [new_id() for _ in range(1000)]

    assert made == sorted(made)
    assert len(set(made)) == 1000
    assert {value.version for value in made} == {7}


def test_new_handles_are_canonical() -> None:
    for _ in range(200):
        handle = new_handle()
        assert normalize_handle(handle) == handle
        assert len(handle) == 9


@pytest.mark.parametrize(
    "typed",
    [HANDLE, HANDLE.lower(), f"  {HANDLE} ", "abcde0", "VC-ABC-DE0", "VC-ABCDEO"],
)
def test_a_handle_as_people_type_it(typed: str) -> None:
    assert normalize_handle(typed) == HANDLE


def test_lookalikes_are_read_as_digits() -> None:
    handle = next(h for h in iter(new_handle, "") if "1" in h and "0" in h)

    assert normalize_handle(handle.replace("1", "I").replace("0", "O")) == handle
    assert normalize_handle(handle.replace("1", "l").replace("0", "o")) == handle


def test_every_single_wrong_character_is_caught() -> None:
    body = HANDLE.removeprefix("VC-").lower()
    for position, right in enumerate(body):
        for wrong in ALPHABET.replace(right, ""):
            mistyped = body[:position] + wrong + body[position + 1 :]
            with pytest.raises(MalformedId):
                normalize_handle(f"VC-{mistyped}")


def test_nearly_every_swap_of_neighbors_is_caught() -> None:
    passed = tried = 0
    for _ in range(300):
        body = new_handle().removeprefix("VC-")
        for at in range(len(body) - 1):
            swapped = body[:at] + body[at + 1] + body[at] + body[at + 2 :]
            if swapped != body:
                tried += 1
                passed += _is_handle(swapped)
    assert passed / tried < 0.01


@pytest.mark.parametrize(
    "text",
    [
        "",
        "VC-",
        "VC-ABCDE",
        "VC-ABCDE00",
        "VC-ABCDE6",
        "VC-ABCDU5",
        "VC-ABC\x00E5",
        "VC-ÀBCDE5",
        "İ",
    ],
)
def test_what_is_no_handle(text: str) -> None:
    assert not _is_handle(text)


def _is_handle(text: str) -> bool:
    try:
        normalize_handle(text)
    except MalformedId:
        return False
    return True

"""A GeoIP file of one's own: as much of the MMDB format 2.0 as maps networks to countries.

The specification is MaxMind's (https://maxmind.github.io/MaxMind-DB/): a binary search tree over
the bits of an address, sixteen zero bytes, the data its leaves point to, and the metadata.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from pathlib import Path

_MARKER = b"\xab\xcd\xefMaxMind.com"
_SEPARATOR = 16
_EMPTY = -1

Node = list["int | Node"]


def write_countries(path: Path, countries: Mapping[str, str]) -> Path:
    """Write a file in which each network (IPv4 or IPv6) has its country's ISO code."""
    leaves: list[str] = sorted(set(countries.values()))
    root: Node = [_EMPTY, _EMPTY]
    for network, code in countries.items():
        _plant(root, _bits(network), leaves.index(code))
    data, offsets = b"", []
    for code in leaves:
        offsets.append(len(data))
        data += _map({"country": _map({"iso_code": _text(code)})})
    tree, count = _tree(root, offsets)
    path.write_bytes(tree + bytes(_SEPARATOR) + data + _MARKER + _metadata(count))
    return path


def _bits(text: str) -> str:
    network = ipaddress.ip_network(text)
    bits = format(int(network.network_address), f"0{network.max_prefixlen}b")
    before = "0" * 96 if network.version == 4 else ""
    return before + bits[: network.prefixlen]


def _plant(root: Node, bits: str, leaf: int) -> None:
    node = root
    for bit in bits[:-1]:
        below = node[int(bit)]
        if not isinstance(below, list):
            below = node[int(bit)] = [_EMPTY, _EMPTY]
        node = below
    node[int(bits[-1])] = -2 - leaf


def _tree(root: Node, offsets: list[int]) -> tuple[bytes, int]:
    nodes, at = [root], 0
    numbers = {id(root): 0}
    while at < len(nodes):
        for below in nodes[at]:
            if isinstance(below, list):
                numbers[id(below)] = len(nodes)
                nodes.append(below)
        at += 1
    count = len(nodes)

    def record(below: int | Node) -> bytes:
        if isinstance(below, list):
            number = numbers[id(below)]
        else:
            number = count if below == _EMPTY else count + _SEPARATOR + offsets[-2 - below]
        return number.to_bytes(4, "big")

    return b"".join(record(one) for node in nodes for one in node), count


def _metadata(nodes: int) -> bytes:
    return _map(
        {
            "binary_format_major_version": _number(5, 2),
            "binary_format_minor_version": _number(5, 0),
            "build_epoch": _extended(9, 1_700_000_000),
            "database_type": _text("Countries"),
            "description": _map({"en": _text("Countries of the tests")}),
            "ip_version": _number(5, 6),
            "languages": bytes([0 << 5 | 0, 11 - 7]),
            "node_count": _number(6, nodes),
            "record_size": _number(5, 32),
        }
    )


def _map(members: Mapping[str, bytes]) -> bytes:
    written = b"".join(_text(name) + value for name, value in members.items())
    return bytes([7 << 5 | len(members)]) + written


def _text(text: str) -> bytes:
    encoded = text.encode()
    assert len(encoded) < 29 + 256
    if len(encoded) < 29:
        return bytes([2 << 5 | len(encoded)]) + encoded
    return bytes([2 << 5 | 29, len(encoded) - 29]) + encoded


def _number(kind: int, value: int) -> bytes:
    raw = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return bytes([kind << 5 | len(raw)]) + raw


def _extended(kind: int, value: int) -> bytes:
    raw = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return bytes([len(raw), kind - 7]) + raw

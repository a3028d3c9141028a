"""Counters of a process that serves nobody, for whoever watches: a page of its own."""

from __future__ import annotations

import argparse

from prometheus_client import start_http_server


def add_argument(parser: argparse.ArgumentParser) -> None:
    """Let the operator say where the page is; without that there is none."""
    parser.add_argument(
        "--metrics",
        type=address,
        metavar="HOST:PORT",
        help="serve this process's counters for Prometheus there; to nobody from outside",
    )


def serve(address: tuple[str, int] | None) -> None:
    """Answer in a thread of its own as long as the process lives."""
    if address is not None:
        host, port = address
        start_http_server(port, addr=host)


def address(text: str) -> tuple[str, int]:
    """An argument that says where to listen.

    :raises ArgumentTypeError: if it is not a host and a port.
    """
    host, _, port = text.rpartition(":")
    if not host or not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        raise argparse.ArgumentTypeError("must look like 127.0.0.1:9101")
    return host, int(port)

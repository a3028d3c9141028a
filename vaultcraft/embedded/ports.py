"""Free ports, and whether a port is free."""

import errno
import socket

LOOPBACKS = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))


def free_port() -> int:
    """Return a loopback port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def loopback_addresses(*, port: int) -> list[str]:
    """Return the `host:port` addresses that a local server can listen on: IPv4, and IPv6 if any.

    :raises OSError: somebody listens there already (`errno.EADDRINUSE`), or may not listen.
    """
    found = []
    for family, host in LOOPBACKS:
        try:
            with socket.socket(family) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((host, port))
        except OSError as error:
            if family == socket.AF_INET or error.errno in (errno.EADDRINUSE, errno.EACCES):
                raise
        else:
            found.append(f"[{host}]:{port}" if family == socket.AF_INET6 else f"{host}:{port}")
    return found

"""Becomes another program, tied to its parent and, for PostgreSQL, not root.

Run as a script (`python -I launch.py --signal N --parent PID [--as-uid UID [--keep-files]] -- ...`)
and never imported: between `fork` and `exec` of a program with threads no Python is safe, a small
fresh interpreter always is.

The kernel sends the signal when the parent dies, so `kill -9` of the supervisor leaves nothing.
PostgreSQL refuses to run as root. In a user namespace of our own (`--as-uid` alone) it sees another
uid while files stay root's; where namespaces are refused, `--keep-files` changes the real uid and
keeps only the right to reach files, so that a checkout below /root still works.
"""

import argparse
import ctypes
import os
import pwd
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 47, 2
CAP_DAC_OVERRIDE = 1
CLONE_NEWUSER = 0x10000000
SYS_CAPSET = {"x86_64": 126, "aarch64": 91}
CAPABILITY_VERSION_3 = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    """Set the ties, then become the program."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--signal", type=int, required=True)
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--as-uid", type=int)
    parser.add_argument("--keep-files", action="store_true")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    if options.as_uid is not None and options.keep_files:
        _change_uid(options.as_uid)
    elif options.as_uid is not None:
        _enter_user_namespace(options.as_uid)
    _checked(_libc.prctl(PR_SET_PDEATHSIG, options.signal, 0, 0, 0))
    if os.getppid() != options.parent:
        sys.exit("the parent is gone")
    os.execv(options.command[0], options.command)  # noqa: S606


def _enter_user_namespace(uid: int) -> None:
    """Be root outside and `uid` inside."""
    outer_uid, outer_gid = os.geteuid(), os.getegid()
    _checked(_libc.unshare(CLONE_NEWUSER))
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {outer_uid} 1")
    Path("/proc/self/gid_map").write_text(f"{uid} {outer_gid} 1")


def _change_uid(uid: int) -> None:
    """Become `uid`, keeping CAP_DAC_OVERRIDE alone."""
    _checked(_libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))
    os.setgroups([])
    os.setgid(pwd.getpwuid(uid).pw_gid)
    os.setuid(uid)
    bits = 1 << CAP_DAC_OVERRIDE
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    data = (ctypes.c_uint32 * 6)(bits, bits, bits, 0, 0, 0)
    _checked(_libc.syscall(SYS_CAPSET[os.uname().machine], header, data))
    _checked(_libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0))


def _checked(result: int) -> None:
    """Turn a C error into an exit with its reason."""
    if result == -1:
        sys.exit(os.strerror(ctypes.get_errno()))


if __name__ == "__main__":
    main()

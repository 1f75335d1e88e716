"""Runs a program as on a kernel without Landlock: ``python no_landlock.py PROGRAM ARGUMENT...``.

A seccomp filter, which children inherit, answers ``landlock_create_ruleset`` with "function not implemented".
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys

_CREATE_RULESET = 444  # the same on every architecture
_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2
# Of <linux/filter.h> and <linux/seccomp.h>: code, jump if true, jump if false, operand.
_PROGRAM = (
    (0x20, 0, 0, 0),  # load the number of the system call
    (0x15, 0, 1, _CREATE_RULESET),
    (0x06, 0, 0, 0x00050000 | errno.ENOSYS),  # return the error
    (0x06, 0, 0, 0x7FFF0000),  # allow
)


class _Filter(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("program", ctypes.c_char_p))


def without_landlock() -> None:
    """Take Landlock from this process and all that it starts."""
    program = b"".join(struct.pack("=HBBI", *line) for line in _PROGRAM)
    library = ctypes.CDLL(None, use_errno=True)
    chosen = _Filter(len(_PROGRAM), program)
    if library.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or library.prctl(
        _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(chosen), 0, 0
    ):
        raise OSError(ctypes.get_errno(), "the kernel takes no filter")


if __name__ == "__main__":
    without_landlock()
    os.execvp(sys.argv[1], sys.argv[1:])

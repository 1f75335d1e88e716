"""A worker ends with the process that started it.

When that one closes its end of the pipe or ends between two tasks, the worker notices as it waits for the
next. In the middle of a task it is told by the kernel, where that is Linux.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from types import FrameType

__all__ = ["end_with_parent"]

_PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """Ask for a signal when the parent is gone.

    The kernel takes the *thread* that started this process for its parent, and one may end while its process
    goes on. Only where it was the main thread is the signal one that nothing survives; otherwise it is one
    whose handler looks whether the process is gone, which code in C can delay.
    """
    if sys.platform != "linux":
        return
    parent = os.getppid()
    if _is_child_of_main_thread(parent):
        chosen = int(signal.SIGKILL)
    else:
        chosen = signal.SIGRTMIN + 7  # used by nobody else

        def look(number: int, frame: FrameType | None) -> None:
            del number, frame
            if os.getppid() != parent:
                os._exit(1)

        signal.signal(chosen, look)
    try:
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, chosen, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        # Without it the end of the pipe is what tells.
        return
    if os.getppid() != parent:
        os._exit(1)  # it ended before the kernel was asked


def _is_child_of_main_thread(parent: int) -> bool:
    try:
        with Path(f"/proc/{parent}/task/{parent}/children").open("rb") as file:
            return str(os.getpid()).encode() in file.read().split()
    except OSError:
        return False

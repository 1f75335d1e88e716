"""Several processes that answer on one socket, and the one that watches over them.

The watching process serves nothing. It passes SIGHUP on, ends the others when it is to end, and starts
another one in the place of one that died.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import connection, get_context, parent_process
from multiprocessing.process import BaseProcess

from modelops_bundle.adapters.catalog_server.running import LAST_ANSWERS
from modelops_bundle.errors import WorkerError

__all__ = ["run_workers"]

#: Seconds; a worker that dies sooner would die again.
_SHORT_LIFE = 5.0
_ENDS = (signal.SIGINT, signal.SIGTERM)

Work = Callable[[socket.socket], int]


def run_workers(
    work: Work, taken: socket.socket, number: int, on_sighup: Callable[[], None]
) -> int:
    """Let several processes serve until SIGINT or SIGTERM.

    Args:
        work: Serves on a socket until a signal; it can be pickled.
        taken: The socket.
        number: How many processes.
        on_sighup: Called at SIGHUP, before it is passed on.

    Returns:
        The number of the signal.

    Raises:
        WorkerError: One of them died as soon as it was started.
    """
    with _signals() as (arrived, bell):
        workers = [_Worker(work, taken) for _ in range(number)]
        try:
            while not (ends := arrived.intersection(_ENDS)):
                if signal.SIGHUP in arrived:
                    arrived.discard(signal.SIGHUP)
                    on_sighup()
                    _send(workers, signal.SIGHUP)
                connection.wait([bell, *(each.process.sentinel for each in workers)])
                _silence(bell)
                if not arrived.intersection(_ENDS):
                    workers = [each.or_successor() for each in workers]
        finally:
            _end(workers)
    return min(ends)


class _Worker:
    """One process."""

    def __init__(self, work: Work, taken: socket.socket) -> None:
        self._given = work, taken
        self._begun = time.monotonic()
        # A fork would share the threads' locks of this process without its threads.
        process = get_context("spawn").Process(target=_run, args=self._given, daemon=True)
        process.start()
        self.process: BaseProcess = process

    def or_successor(self) -> _Worker:
        """Itself, or another one if it has died."""
        if self.process.is_alive():
            return self
        if time.monotonic() - self._begun < _SHORT_LIFE:
            raise WorkerError(
                "a process of the server ended as soon as it was started",
                f"exit code {self.process.exitcode}",
                "Try one alone: leave --workers out.",
            )
        return _Worker(*self._given)

    def send(self, number: int) -> None:
        """Send it a signal, unless it has died."""
        if self.process.is_alive() and self.process.pid is not None:
            os.kill(self.process.pid, number)


def _run(work: Work, taken: socket.socket) -> None:
    # Until it serves, the worker would die of a SIGHUP that is only meant to let it read the catalog.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    threading.Thread(target=_outlive_nobody, daemon=True).start()
    work(taken)


def _outlive_nobody() -> None:
    """End this process when the one that watches over it has died."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


def _send(workers: list[_Worker], number: int) -> None:
    for each in workers:
        each.send(number)


def _end(workers: list[_Worker]) -> None:
    _send(workers, signal.SIGTERM)
    for each in workers:
        each.process.join(LAST_ANSWERS + 1)
        if each.process.is_alive():
            each.process.kill()
            each.process.join()


@contextmanager
def _signals() -> Iterator[tuple[set[int], socket.socket]]:
    """Signals that arrive, and a socket that can be read from when one did."""
    arrived: set[int] = set()
    bell, rope = socket.socketpair()
    with bell, rope:
        bell.setblocking(False)
        rope.setblocking(False)
        before = {
            number: signal.signal(number, lambda number, _frame: arrived.add(number))
            for number in (*_ENDS, signal.SIGHUP)
        }
        wakened = signal.set_wakeup_fd(rope.fileno(), warn_on_full_buffer=False)
        try:
            yield arrived, bell
        finally:
            signal.set_wakeup_fd(wakened)
            for number, handler in before.items():
                signal.signal(number, handler)


def _silence(bell: socket.socket) -> None:
    try:
        bell.recv(4096)
    except BlockingIOError:
        return

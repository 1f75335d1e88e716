"""A progress bar on work that takes over a second, on a terminal and nowhere else."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, Timer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

__all__ = ["PATIENCE", "ProgressBar", "progress_bar"]

#: Seconds before anything is shown.
PATIENCE = 1.0


@contextmanager
def progress_bar(patience: float = PATIENCE) -> Iterator[ProgressBar | None]:
    """Something to tell how far work is, until the block ends; ``None`` where nobody watches."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield None
        return
    bar = ProgressBar()
    # A timer, because a single large file gives no occasion to look at the clock.
    timer = Timer(patience, bar.show)
    timer.daemon = True
    timer.start()
    try:
        yield bar
    finally:
        timer.cancel()
        bar.close()


class ProgressBar:
    """Remembers how far work is, and draws it once it is shown. Safe to use from two threads.

    Rich is loaded when there is something to draw.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._state: dict[str, tuple[int, int]] = {}
        self._progress: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._closed = False

    def __call__(self, what: str, done: int, total: int) -> None:
        """Note that ``done`` of ``total`` items are done of what is being done."""
        with self._lock:
            self._state[what] = (done, total)
            self._draw()

    def show(self) -> None:
        """Begin to draw."""
        with self._lock:
            if not self._closed and self._progress is None:
                self._progress = _started()
                self._draw()

    def close(self) -> None:
        """Take the bar away."""
        with self._lock:
            self._closed = True
            if self._progress is not None:
                self._progress.stop()
                self._progress = None

    def _draw(self) -> None:
        if self._progress is None:
            return
        for what, (done, total) in (self._state or {"working": (0, 0)}).items():
            # Without a total the bar only moves.
            if what not in self._tasks:
                self._tasks[what] = self._progress.add_task(what, total=total or None)
            self._progress.update(self._tasks[what], completed=done, total=total or None)
        if self._state and "working" in self._tasks and "working" not in self._state:
            self._progress.update(self._tasks["working"], visible=False)


def _started() -> Progress:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class _Rate(ProgressColumn):
        """Items a second, as long as that says something."""

        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:.3g}/s" if task.speed else "")

    # On standard error, so that data on standard output stays clean; gone when the work is done.
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(compact=True),
        console=Console(stderr=True),
        transient=True,
    )
    progress.start()
    return progress

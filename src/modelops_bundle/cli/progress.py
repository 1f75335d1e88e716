"""A progress bar on work that takes over a second, on a terminal and nowhere else."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

__all__ = ["ProgressBar", "progress_bar"]

PATIENCE = 1.0


@contextmanager
def progress_bar() -> Iterator[ProgressBar | None]:
    """Something to tell how far work is; ``None`` where nobody watches."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield None
        return
    bar = ProgressBar()
    try:
        yield bar
    finally:
        bar.close()


class ProgressBar:
    """Shows nothing during the first second. Rich is loaded when there is something to show.

    Args:
        now: Seconds, from any start.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._begun = now()
        self._progress: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, what: str, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` items are done of what is being done."""
        if self._progress is None:
            if self._now() - self._begun < PATIENCE:
                return
            self._progress = _started()
        if what not in self._tasks:
            self._tasks[what] = self._progress.add_task(what, total=total)
        self._progress.update(self._tasks[what], completed=done, total=total)

    def close(self) -> None:
        """Take the bar away."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None


def _started() -> Progress:
    from rich.console import Console
    from rich.progress import Progress

    # On standard error, so that data on standard output stays clean; gone when the work is done.
    progress = Progress(console=Console(stderr=True), transient=True)
    progress.start()
    return progress

"""A watch over files while a model runs: were they, at any time, other than when the run began?

Stamps are looked at every second, and where one has changed the whole model is. So a file that is edited and
put back is noticed as well, unless both fall into the same second.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from threading import Event, Lock, Thread
from types import TracebackType

from modelops_bundle.errors import MopsError

__all__ = ["PolledInputs", "Stamp", "stamps_of"]

_SECONDS = 1.0
_SHARE = 20  # polling takes at most one part in so many of one processor's time

Stamp = tuple[int, int, int, int] | None


class PolledInputs:
    """Watches until its block ends; what had changed before counts as well.

    Args:
        paths: Absolute paths of the files.
        look: Looks at everything again and says what has changed, in words.
        seconds: Time between two looks at the stamps.
    """

    def __init__(
        self, paths: Sequence[str], look: Callable[[], Sequence[str]], seconds: float = _SECONDS
    ) -> None:
        self._paths = paths
        self._look = look
        self._seconds = seconds
        self._lock = Lock()
        self._end = Event()
        self._thread = Thread(target=self._poll, name="input-guard", daemon=True)
        self._stamps: list[Stamp] = []
        self._found: Sequence[str] = ()

    def __enter__(self) -> PolledInputs:
        # Looked at after the stamps are taken: something may have changed since the digest was made.
        self._look_again()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end.set()
        self._thread.join()

    def changed(self) -> Sequence[str]:
        """What has changed since the block began, at any time, in words; empty when nothing has."""
        with self._lock:
            self._look_again()
            return self._found

    def _poll(self) -> None:
        while not self._end.wait(max(self._seconds, len(self._paths) * _SHARE * 2e-6)):
            with self._lock:
                if not self._found and self._present() != self._stamps:
                    self._look_again()

    def _look_again(self) -> None:
        stamps = self._present()
        if self._found:
            return
        try:
            self._found = self._look()
        except MopsError as error:
            self._found = (error.summary,)
        self._stamps = stamps

    def _present(self) -> list[Stamp]:
        return stamps_of(self._paths)


def stamps_of(paths: Sequence[str]) -> list[Stamp]:
    """What the file system says of files, without reading them: another stamp for every change."""
    return [_stamp(path) for path in paths]


def _stamp(path: str) -> Stamp:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns

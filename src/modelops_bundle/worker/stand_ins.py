"""Stand for functions of ``os`` that have no audit event, or one that lacks something."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Protocol

__all__ = ["stand_in"]


class Watching(Protocol):
    """Who is told; see :class:`modelops_bundle.worker.watch.Watcher`."""

    def looked_for(self, path: Any, *, there: bool) -> None:
        """Take a look at a path."""
        ...

    def open_below(self, open_: Callable[..., int], folder: int, *values: Any) -> int:
        """Open a path that is relative to an open folder."""
        ...


def stand_in(watcher: Watching) -> None:
    """Take the places of ``os.open``, ``os.stat``, ``os.lstat`` and ``os.access`` in this process."""
    os.open = _Open(watcher, os.open)
    os.supports_dir_fd.add(os.open)
    for name in ("stat", "lstat", "access"):
        asked = getattr(os, name)
        asking = _Ask(watcher, asked)
        for able in (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks):
            able.update([asking] if asked in able else [])
        setattr(os, name, asking)


class _Ask:
    """Stands for ``os.stat`` and its like, which have no event."""

    def __init__(self, watcher: Watching, ask: Callable[..., Any]) -> None:
        self._watcher = watcher
        self._ask = ask
        self.__name__ = ask.__name__

    def __call__(self, path: Any, *values: Any, **named: Any) -> Any:
        try:
            answer = self._ask(path, *values, **named)
        except (FileNotFoundError, NotADirectoryError):
            self._watcher.looked_for(path, there=False)
            raise
        # `os.access` says so of what is not there, and of what is there and may not be done.
        if answer is False:
            os.path.exists(path)
        else:
            self._watcher.looked_for(path, there=True)
        return answer


class _Open:
    """Stands for ``os.open``. As that is no function, it does not become a method in a class either."""

    def __init__(self, watcher: Watching, open_: Callable[..., int]) -> None:
        self._watcher = watcher
        self._open = open_
        self.__name__ = "open"

    def __call__(
        self, path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None
    ) -> int:
        if dir_fd is None:
            return self._open(path, flags, mode)
        return self._watcher.open_below(self._open, dir_fd, path, flags, mode)

"""Notes connections to other machines, by the names that were looked up for them."""

from __future__ import annotations

import os
from _thread import _local
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any, Protocol

from .places import Places
from .variables import reader

__all__ = ["Connections"]

_DATAGRAMS = 2  # SOCK_DGRAM, the same everywhere


class Noting(Protocol):
    """Keeps what was found; see :class:`modelops_bundle.worker.watch.Watcher`."""

    def note(self, kind: str, name: str, frame: FrameType | None) -> None:
        """Note a connection."""
        ...

    def innermost(self) -> FrameType | None:
        """The innermost code of the user."""
        ...


class Connections:
    """Takes the events of sockets.

    Args:
        places: Whose a source is.
        noting: Who is told.

    Attributes:
        events: What takes each event.
    """

    def __init__(self, places: Places, noting: Noting) -> None:
        self._places = places
        self._noting = noting
        self._thread = _local()
        self.events: Mapping[str, Callable[[tuple[Any, ...]], None]] = {
            "socket.connect": self._connected,
            "socket.sendto": self._connected,
            "socket.sendmsg": self._connected,
            "socket.getaddrinfo": self._looked_up,
            "socket.gethostbyname": self._looked_up,
            "socket.gethostbyaddr": self._looked_up,
        }

    def _connected(self, values: tuple[Any, ...]) -> None:
        link, address = values[:2]
        # Anything else is no network: a socket of this machine has a path.
        if not isinstance(address, tuple) or not address or not isinstance(address[0], str):
            return
        # To learn the address of this machine, packages connect without sending anything.
        if link.type == _DATAGRAMS and reader(self._places) is None:
            return
        host, port = address[:2]
        known = getattr(self._thread, "lookup", ("", ""))
        name = f"{known[0] if known[1] == str(port) else host}:{port}"
        self._noting.note("network", name, self._noting.innermost())

    def _looked_up(self, values: tuple[Any, ...]) -> None:
        host, port = values[0], values[1] if len(values) > 1 else None
        if not host:
            return
        text = os.fsdecode(host)
        if port:
            self._thread.lookup = (text, str(port))
        if (port and text != "localhost") or reader(self._places) is not None:
            name = f"{text}:{port}" if port else text
            self._noting.note("network", name, self._noting.innermost())

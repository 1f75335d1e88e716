"""Takes connections to other machines, by the names that were looked up for them.

Those that are declared are none of a digest's business. Others are noted; where the kernel cannot tell them
apart from those that are declared, since it knows ports alone, they are refused here.
"""

from __future__ import annotations

import _socket
import errno
import os
from _thread import _local
from collections.abc import Callable, Iterable, Mapping
from types import FrameType
from typing import Any, Protocol

from .places import Places
from .variables import reader

__all__ = ["ConnectionRefusal", "Connections", "ports_of"]

_DATAGRAMS = 2  # SOCK_DGRAM, the same everywhere
#: This machine under all its names: who declares one of them means it.
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0", "::"})
_MOST_ADDRESSES = 10_000


class ConnectionRefusal(PermissionError):  # noqa: N818 - to the model it is a PermissionError
    """A connection that is not declared, at a port where another one is."""


class Noting(Protocol):
    """Keeps what was found; see :class:`modelops_bundle.worker.watch.Watcher`."""

    def note(self, kind: str, name: str, frame: FrameType | None) -> None:
        """Note a connection."""
        ...

    def innermost(self) -> FrameType | None:
        """The innermost code of the user."""
        ...


def ports_of(hosts: Iterable[str]) -> list[int]:
    """Ports of places ``host:port``, sorted."""
    return sorted({int(each.rpartition(":")[2]) for each in hosts})


class Connections:
    """Takes the events of sockets.

    Args:
        places: Whose a source is.
        noting: Who is told.
        spec: The specification of the run.

    Attributes:
        events: What takes each event.
    """

    def __init__(self, places: Places, noting: Noting, spec: Mapping[str, Any]) -> None:
        self._places = places
        self._noting = noting
        self._declared = {_canonical(*_parted(each)) for each in spec["hosts"]}
        self._ports = {port for _, port in self._declared}
        self._refuses = spec["level"] == "hermetic"
        self._thread = _local()
        self._addresses: dict[str, set[str]] = {}
        events: dict[str, Callable[[tuple[Any, ...]], None]] = {
            "socket.connect": self._connected,
            "socket.sendto": self._connected,
            "socket.sendmsg": self._connected,
            "socket.getaddrinfo": self._looked_up,
            "socket.gethostbyname": self._looked_up,
            "socket.gethostbyaddr": self._looked_up,
        }
        # Where the configuration allows all, nothing is told.
        self._is_open = spec["network"]
        self.events: Mapping[str, Callable[[tuple[Any, ...]], None]] = (
            {} if self._is_open else events
        )

    def learn(self) -> None:
        """Take note of what names are answered with, from now on.

        Who connects may be another thread than who has looked the name up, as with ``asyncio``.
        """
        if self._is_open or not self._declared:
            return
        answer = _socket.getaddrinfo

        def getaddrinfo(host: Any, *values: Any, **named: Any) -> Any:
            found = answer(host, *values, **named)
            if isinstance(host, str | bytes) and len(self._addresses) < _MOST_ADDRESSES:
                for each in found:
                    self._addresses.setdefault(str(each[4][0]), set()).add(_name_of(host))
            return found

        _socket.getaddrinfo = getaddrinfo

    def _connected(self, values: tuple[Any, ...]) -> None:
        link, address = values[:2]
        # Anything else is no network: a socket of this machine has a path.
        if not isinstance(address, tuple) or not address or not isinstance(address[0], str):
            return
        # To learn the address of this machine, packages connect without sending anything.
        if link.type == _DATAGRAMS and reader(self._places) is None:
            return
        host, port = address[:2]
        names = self._names(host, str(port))
        if any(self._is_declared(name, port) for name in names):
            return
        name = f"{min(names)}:{port}"
        self._noting.note("network", name, self._noting.innermost())
        if self._refuses and str(port) in self._ports:
            raise ConnectionRefusal(errno.EACCES, f"a connection to {name} is not declared")

    def _names(self, host: str, port: str) -> set[str]:
        """The names that an address was looked up under, the last one of this thread if it is among them."""
        name, its_port = getattr(self._thread, "lookup", ("", ""))
        found = self._addresses.get(host)
        if found is None:
            # Where answers are learnt, what was not looked up is no other host's.
            return {name} if its_port == port and not self._declared else {host}
        return {name} if its_port == port and name in found else found

    def _looked_up(self, values: tuple[Any, ...]) -> None:
        host, port = values[0], values[1] if len(values) > 1 else None
        if not host:
            return
        text = _name_of(host)
        if port:
            self._thread.lookup = (text, str(port))
        if self._is_declared(text, port):
            return
        if (port and text != "localhost") or reader(self._places) is not None:
            name = f"{text}:{port}" if port else text
            self._noting.note("network", name, self._noting.innermost())

    def _is_declared(self, host: str, port: Any) -> bool:
        """Whether a place is declared; without a port, whether anything of a host is."""
        name, port_ = _canonical(host, str(port))
        if port:
            return (name, port_) in self._declared
        return any(each == name for each, _ in self._declared)


def _parted(place: str) -> tuple[str, str]:
    host, _, port = place.rpartition(":")
    return host, port


def _canonical(host: str, port: str) -> tuple[str, str]:
    name = host.lower().strip("[]").rstrip(".")
    return ("localhost" if name in _LOOPBACK else name), port


def _name_of(host: str | bytes) -> str:
    return os.fsdecode(host)

"""Connections that are cut when time is up, and of which nothing secret is logged.

The time-outs of sockets are for one read or write: a server that sends a byte now and then never runs into
them. So each request has a watch, which cuts its connection.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from contextvars import ContextVar
from typing import Any

from urllib3 import connection, connectionpool

__all__ = ["WATCH", "HTTPPool", "HTTPSPool", "Watch"]


class Watch:
    """Cuts a connection when time is up: a server that sends a byte now and then never times out."""

    def __init__(self, seconds: float, sending: float) -> None:
        self.sending = sending
        self._socket: socket.socket | None = None
        self.is_over = False
        self._timer = threading.Timer(max(seconds, 0.001), self._cut)
        self._timer.daemon = True
        self._timer.start()

    def over(self, sock: object) -> None:
        """Watch over a socket."""
        if isinstance(sock, socket.socket):
            self._socket = sock
            if self.is_over:
                self._cut()

    def end(self) -> None:
        """Watch no more."""
        self._timer.cancel()
        self._socket = None

    def _cut(self) -> None:
        self.is_over = True
        if (sock := self._socket) is not None:
            with contextlib.suppress(OSError):
                # Not the method of TLS sockets, which takes the encryption from under a reader.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)


WATCH: ContextVar[Watch | None] = ContextVar("WATCH", default=None)
"""Over what this thread sends just now."""


class _WatchedHTTP(connection.HTTPConnection):
    def connect(self) -> None:
        super().connect()
        _connected(self)

    def request(self, *args: Any, **kwargs: Any) -> None:
        _about_to_send(self)
        super().request(*args, **kwargs)


class _WatchedHTTPS(connection.HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        _connected(self)

    def request(self, *args: Any, **kwargs: Any) -> None:
        _about_to_send(self)
        super().request(*args, **kwargs)


class HTTPPool(connectionpool.HTTPConnectionPool):
    """Connections that are watched over."""

    ConnectionCls = _WatchedHTTP


class HTTPSPool(connectionpool.HTTPSConnectionPool):
    """Connections that are watched over."""

    ConnectionCls = _WatchedHTTPS


def _connected(conn: connection.HTTPConnection) -> None:
    """Watch over a new connection, and give what is sent on it more time than the library does.

    To urllib3, sending is a part of connecting. Registries may stop reading for a while, when they hand on
    what they got.
    """
    if (watch := WATCH.get()) is not None:
        watch.over(conn.sock)
        if isinstance(conn.sock, socket.socket):
            conn.sock.settimeout(watch.sending)


def _about_to_send(conn: connection.HTTPConnection) -> None:
    """The same for a connection that was kept; one that is still to be made keeps its own time."""
    if (watch := WATCH.get()) is not None and conn.sock is not None:
        watch.over(conn.sock)
        conn.timeout = watch.sending


class _NoQueries(logging.Filter):
    """Keeps the queries of our addresses, which may be signed, out of what urllib3 logs."""

    def filter(self, record: logging.LogRecord) -> bool:
        if WATCH.get() is not None:
            # The pool is as large as it should be; that it overflows concerns nobody.
            if record.levelno >= logging.WARNING:
                return False
            if isinstance(record.args, tuple):
                record.args = tuple(
                    f"{each.partition('?')[0]}?..."
                    if isinstance(each, str) and "?" in each
                    else each
                    for each in record.args
                )
        return True


logging.getLogger(connectionpool.__name__).addFilter(_NoQueries())

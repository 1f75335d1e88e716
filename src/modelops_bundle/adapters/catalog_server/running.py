"""The server itself: a socket, the process that answers on it, and how it ends."""

from __future__ import annotations

import errno
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn
from fastapi import FastAPI

from modelops_bundle.errors import UsageError

__all__ = ["LAST_ANSWERS", "CatalogServer", "address_of", "listening", "run_app"]

_BACKLOG = 2048
#: Seconds that answers under way get when the server is to end.
LAST_ANSWERS = 5


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that takes connections until the block ends.

    Args:
        host: Address or name to listen at.
        port: 0 for any that is free.

    Raises:
        UsageError: It is in use, not permitted, or no address of this machine.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        taken = socket.socket(family, kind, protocol)
    except OSError as error:
        raise _refused(host, port, error) from error
    with taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(address)
            taken.listen(_BACKLOG)
        except OSError as error:
            raise _refused(host, port, error) from error
        yield taken


def _refused(host: str, port: int, error: OSError) -> UsageError:
    mends = {
        errno.EADDRINUSE: ("it is in use", "Choose another one with --port; 0 takes any."),
        errno.EACCES: ("it is not permitted", "Choose a --port from 1024 on."),
    }
    reason = error.strerror or str(error)
    default = (reason, "Name an address of this machine with --host.")
    why, mend = mends.get(error.errno or 0, default)
    return UsageError(f"cannot listen at port {port} of {host}", why, mend)


def address_of(taken: socket.socket) -> str:
    """The URL of a server on a socket."""
    host, port = taken.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def run_app(app: FastAPI, taken: socket.socket) -> int:
    """Serve until SIGINT or SIGTERM; answers under way are sent.

    Returns:
        The number of the signal.
    """
    server = CatalogServer(app)
    server.run(sockets=[taken])
    return server.ended_by


class CatalogServer(uvicorn.Server):
    """A server that tells which signal ended it, rather than to send it to itself once more.

    Attributes:
        ended_by: Number of the signal.
    """

    def __init__(self, app: FastAPI) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                # Who asks is who is connected: a header could say anything.
                proxy_headers=False,
                lifespan="off",
                timeout_graceful_shutdown=LAST_ANSWERS,
            )
        )
        self.ended_by: int = signal.SIGTERM

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Remember the signal, and end; at a second SIGINT at once."""
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True
        self.ended_by = sig

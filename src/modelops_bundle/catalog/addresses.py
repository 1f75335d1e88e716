"""Addresses as variables say them: completed as programs complete them, and the server that they name."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

__all__ = ["completed", "server_of"]

_PORTS = {"http": 80, "https": 443}
#: Addresses to listen at that say "all of this machine" are none to ask; programs ask this machine then.
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}


def completed(text: str, usual: str | None) -> str:
    """A whole address from what a variable holds: ``localhost:11434`` and ``:11434`` are addresses too.

    What it lacks is taken from ``usual``, the address that holds without the variable. A text with a scheme
    lacks nothing. Nothing is checked.
    """
    base = _split(usual or "")
    head, mark, tail = text.strip().partition("://")
    scheme, rest = (head, tail) if mark else ("", head)
    server, slash, path = rest.partition("/")
    host, port = _parted(server)
    if not scheme:
        scheme = base.scheme or "http"
        port = port or _port_text(base)
        host = host or base.hostname or ""
    host = _EVERYWHERE.get(host, host)
    return f"{scheme}://{host}{port}{slash}{path}"


def server_of(url: str) -> str:
    """``host:port`` of a whole address, in small letters; empty where nobody can connect to it."""
    parts = _split(url)
    try:
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return ""
    return f"{parts.hostname}:{port}" if parts.hostname and port else ""


def _parted(server: str) -> tuple[str, str]:
    """What stands before a port, and the port with its colon."""
    host, colon, port = server.rpartition(":")
    is_port = bool(colon) and "]" not in port
    return (host, colon + port) if is_port else (server, "")


def _port_text(base: SplitResult) -> str:
    try:
        return f":{base.port}" if base.port else ""
    except ValueError:
        return ""


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")
